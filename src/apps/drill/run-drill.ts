/**
 * A drill: real servers under load, a fault every few seconds, and in the end a comparison of everything that clients
 * sent, were told and saw with what each server holds.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { HoldfastError } from '../../library/node.js';
import { check, type PairRecord, type Verdict } from './check.js';
import { copyLogs, type FoundLog } from './copied-logs.js';
import { DrillGroup } from './drill-group.js';
import { describeFault, FaultPlan, type Fault, type FaultKind } from './faults.js';
import { hasConverged, statusesOf, withHistories } from './group-view.js';
import { Outages, type Outage } from './outages.js';
import { People } from './people.js';

const PASSWORD = 'correct horse battery staple';
/** Until everything is answered, seen and the same everywhere, once the faults are over. */
const SETTLE_MS = 60_000;
const PROGRESS_EVERY_MS = 1_000;
const ALL_UP = 'all links and servers up';

export interface DrillOptions {
  readonly ids: readonly number[];
  readonly clients: number;
  readonly lastsMs: number;
  readonly everyMs: number;
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  /** Logs that the servers begin with a copy of. */
  readonly logs: readonly FoundLog[];
  /** What the names of the drill's accounts begin with. */
  readonly names: string;
  /** Ends the drill early, in good order. */
  readonly signal: AbortSignal;
}

/** What is told while it runs. */
export interface DrillListener {
  progress(state: DrillProgress): void;
  fault(text: string, elapsedMs: number, acked: number): void;
}

export interface DrillProgress {
  readonly elapsedMs: number;
  readonly acked: number;
  readonly faults: number;
  /** What lasts at this moment, or what is being done. */
  readonly now: string;
}

export interface DrillResult extends Verdict {
  readonly faults: readonly Fault[];
  readonly outages: readonly Outage[];
  /** All servers ended in sync and with the same state. */
  readonly statesEqual: boolean;
  /** What else went wrong, in sentences: a send that failed, a session or a server that ended by itself. */
  readonly troubles: readonly string[];
  readonly elapsedMs: number;
  /** What the servers held before the clients came. */
  readonly opsBefore: number;
  /** Where the servers' data and logs are; undefined where all was well and they were removed. */
  readonly folder: string | undefined;
}

export function isWell({
  findings,
  statesEqual,
  troubles,
}: Pick<DrillResult, 'findings' | 'statesEqual' | 'troubles'>): boolean {
  return findings.length === 0 && statesEqual && troubles.length === 0;
}

/** The drill did not come to its end. The message says why, and where the servers' data and logs are. */
export class DrillFailed extends Error {
  override readonly name = 'DrillFailed';
}

/** Runs a drill and ends everything that it started. @throws DrillFailed */
export async function runDrill(options: DrillOptions, listener: DrillListener): Promise<DrillResult> {
  const died: string[] = [];
  const group = await DrillGroup.make(options.ids, { died: (_id, reason) => died.push(reason) });
  let keepFolder = true;
  try {
    const drill = new Drill(options, listener, group, died);
    const result = await drill.run();
    keepFolder = !isWell(result);
    return { ...result, folder: keepFolder ? group.folder : undefined };
  } catch (error) {
    if (!(error instanceof HoldfastError || error instanceof DrillFailed)) throw error;
    const kept = `The data and logs of the servers are kept in ${group.folder}`;
    throw new DrillFailed(`${error.message}\n${kept}`, { cause: error });
  } finally {
    await group.stop(keepFolder);
  }
}

class Drill {
  readonly #options: DrillOptions;
  readonly #listener: DrillListener;
  readonly #group: DrillGroup;
  readonly #died: readonly string[];
  readonly #outages = new Outages();
  readonly #faults: Fault[] = [];
  readonly #restarts: Promise<void>[] = [];
  #startedMs = 0;
  #now: string = ALL_UP;

  constructor(options: DrillOptions, listener: DrillListener, group: DrillGroup, died: readonly string[]) {
    this.#options = options;
    this.#listener = listener;
    this.#group = group;
    this.#died = died;
  }

  async run(): Promise<Omit<DrillResult, 'folder'>> {
    const group = this.#group;
    await copyLogs(this.#options.logs, (id) => group.dataDirectory(id));
    await group.startAll();
    if (this.#died.length > 0 || !(await hasConverged(group.config, SETTLE_MS))) {
      throw new DrillFailed(['The servers did not come up.', ...this.#died].join('\n'));
    }
    const [first] = await statusesOf(group.config);
    const people = await People.start({
      config: group.config,
      clients: this.#options.clients,
      names: this.#options.names,
      password: PASSWORD,
      acked: (name, sentMs, nowMs) => this.#outages.acked(name, sentMs, nowMs),
    });
    const telling = setInterval(() => this.#tell(people), PROGRESS_EVERY_MS);
    try {
      this.#startedMs = performance.now();
      people.write();
      await this.#breakThings(people);
      const elapsedMs = performance.now() - this.#startedMs;
      people.pause();
      return { ...(await this.#finish(people)), elapsedMs, opsBefore: first?.ops ?? 0 };
    } finally {
      clearInterval(telling);
      await people.close();
    }
  }

  /** One fault after the other until the time is over. */
  async #breakThings(people: People): Promise<void> {
    const { everyMs, lastsMs, seed, kinds, signal } = this.#options;
    const plan = new FaultPlan(seed, kinds, this.#group.ids, everyMs);
    for (let atMs = everyMs; atMs < lastsMs; atMs += everyMs) {
      await this.#until(atMs);
      if (signal.aborted) return;
      const fault = plan.next(this.#group.up);
      if (fault !== undefined) await this.#cause(fault, people);
    }
    await this.#until(lastsMs);
  }

  async #cause(fault: Fault, people: People): Promise<void> {
    const sinceMs = performance.now() - this.#startedMs;
    this.#begin(fault, people);
    this.#faults.push(fault);
    this.#now = describeFault(fault);
    this.#listener.fault(this.#now, sinceMs, people.acked);
    const begun = [fault];
    if (fault.kind === 'split' && fault.within !== undefined) {
      await this.#until(sinceMs + fault.within.afterMs);
      this.#begin(fault.within.fault, people);
      begun.push(fault.within.fault);
    }
    await this.#until(sinceMs + fault.lastsMs);
    // Nobody waits for a server that starts: the next fault comes when it is due.
    for (const each of begun) this.#restarts.push(this.#group.end(each));
    this.#now = ALL_UP;
  }

  #begin(fault: Fault, people: People): void {
    this.#outages.begin(fault, people.serverByName, performance.now());
    this.#group.begin(fault);
  }

  /** Waits for a time since the start, or for the signal. */
  async #until(sinceStartMs: number): Promise<void> {
    const delayMs = Math.max(0, this.#startedMs + sinceStartMs - performance.now());
    await sleep(delayMs, undefined, { signal: this.#options.signal }).catch(() => undefined);
  }

  async #finish(people: People): Promise<Omit<DrillResult, 'folder' | 'elapsedMs' | 'opsBefore'>> {
    this.#now = 'waiting for what is on its way';
    await Promise.all(this.#restarts);
    const troubles: string[] = [];
    const isSettled = await people.settled(SETTLE_MS);
    if (people.acked === 0 && !this.#options.signal.aborted) troubles.push('No message was acknowledged.');
    if (!isSettled) troubles.push('Not everything that was sent was answered and seen in time.');
    this.#now = 'waiting until the servers agree';
    const statesEqual = await hasConverged(this.#group.config, SETTLE_MS);
    this.#now = 'comparing with what each server holds';
    await people.close();
    let pairs = people.pairs.map((pair): PairRecord => ({ ...pair, storedByServer: new Map<number, number[]>() }));
    try {
      pairs = await withHistories(this.#group.config, people.pairs, PASSWORD);
    } catch (error) {
      troubles.push(`Not every server told what it holds: ${error instanceof Error ? error.message : String(error)}`);
    }
    troubles.push(...people.troubles, ...this.#died);
    return { ...check(pairs), faults: this.#faults, outages: this.#outages.all, statesEqual, troubles };
  }

  #tell(people: People): void {
    const elapsedMs = performance.now() - this.#startedMs;
    this.#listener.progress({ elapsedMs, acked: people.acked, faults: this.#faults.length, now: this.#now });
  }
}
