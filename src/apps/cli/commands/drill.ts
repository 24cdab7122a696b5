import { randomInt } from 'node:crypto';

import { limits } from '../../../core/model/limits.js';
import { findLogs, type FoundLog } from '../../drill/copied-logs.js';
import { drillLines, exitCodeOf, reportDrill } from '../../drill/drill-report.js';
import { faultKinds, type FaultKind } from '../../drill/faults.js';
import { DrillFailed, runDrill, type DrillListener, type DrillProgress } from '../../drill/run-drill.js';
import { onEndingSignal } from '../../input/ending-signals.js';
import { counted } from '../../output/message-text.js';
import { jsonLine } from '../../output/printable.js';
import { CommandFailed } from '../command-failed.js';
import { writeData, writeNote } from '../console.js';

/** As the command line gives them. */
export interface DrillCommandOptions {
  readonly servers: string;
  readonly clients: string;
  readonly minutes: string;
  readonly every: string;
  readonly seed?: string;
  readonly faults: string;
  readonly data?: string;
  readonly json?: true;
}

const SEED_MAX = 2 ** 32 - 1;
const CLIENTS_MAX = 200;
const USUAL_WIDTH = 80;

/** `holdfast drill` */
export async function drill(given: DrillCommandOptions): Promise<number> {
  const logs = given.data === undefined ? [] : await logsIn(given.data);
  const seed = given.seed === undefined ? randomInt(SEED_MAX) : wholeNumber('--seed', given.seed, 0, SEED_MAX);
  const stop = new AbortController();
  const stopListening = onEndingSignal((exitCode) => {
    // Asked again, it ends at once; what it started ends with it.
    if (stop.signal.aborted) process.exit(exitCode);
    stop.abort();
  });
  const options = {
    ids: idsOf(wholeNumber('--servers', given.servers, 1, limits.membersMax), logs),
    clients: wholeNumber('--clients', given.clients, 2, CLIENTS_MAX),
    lastsMs: positive('--minutes', given.minutes) * 60_000,
    everyMs: positive('--every', given.every) * 1000,
    seed,
    kinds: kindsOf(given.faults),
    logs,
    names: `drill-${randomInt(SEED_MAX).toString(36)}`,
    signal: stop.signal,
  };
  const progress = process.stderr.isTTY ? new RenewedLine() : new PlainLines();
  writeNote(`A drill of ${given.minutes} min with the seed ${seed}. ctrl-C ends it early.`);
  try {
    const report = reportDrill(options, await runDrill(options, progress));
    progress.end();
    if (given.json === true) writeData(jsonLine(report));
    else for (const line of drillLines(report, widthOf(process.stdout) ?? Infinity)) writeData(line);
    return exitCodeOf(report);
  } catch (error) {
    throw error instanceof DrillFailed ? new CommandFailed('NO_SERVER', error.message) : error;
  } finally {
    progress.end();
    stopListening();
  }
}

async function logsIn(folder: string): Promise<readonly FoundLog[]> {
  let logs: readonly FoundLog[];
  try {
    logs = await findLogs(folder);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing ? 'does not exist' : `cannot be read: ${(error as Error).message}`;
    throw new CommandFailed('USAGE', `${folder} ${why}.`);
  }
  const [first] = logs;
  if (first === undefined) throw new CommandFailed('USAGE', `${folder} is no data directory, and there is none in it.`);
  const twice = logs.find(({ server }, index) => logs[index + 1]?.server === server);
  if (twice !== undefined) {
    throw new CommandFailed('USAGE', `${folder} has two data directories of server ${twice.server}.`);
  }
  return logs;
}

/** The servers whose data there is, and the first that are missing to so many. */
function idsOf(count: number, logs: readonly FoundLog[]): number[] {
  const ids = new Set(logs.map(({ server }) => server));
  for (let id = 1; ids.size < count; id += 1) ids.add(id);
  return [...ids].toSorted((one, other) => one - other);
}

function kindsOf(text: string): FaultKind[] {
  return text.split(',').map((name) => {
    const kind = faultKinds.find((each) => each === name);
    if (kind === undefined) {
      throw new CommandFailed('USAGE', `--faults has "${name}"; give some of ${faultKinds.join(',')}.`);
    }
    return kind;
  });
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (/^[0-9]+$/.test(text) && number >= min && number <= max) return number;
  throw new CommandFailed('USAGE', `${name} is "${text}"; it is a whole number from ${min} to ${max}.`);
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (/^[0-9]+(\.[0-9]+)?$/.test(text) && number > 0) return number;
  throw new CommandFailed('USAGE', `${name} is "${text}"; it is a number above 0.`);
}

/** Undefined where it is not known, as in a pipe or a terminal that does not tell. */
function widthOf({ columns }: { readonly columns?: number }): number | undefined {
  return columns === 0 ? undefined : columns;
}

/** One line that is written anew, for a terminal. */
class RenewedLine implements DrillListener {
  #isShown = false;

  progress({ elapsedMs, acked, faults, now }: DrillProgress): void {
    this.#isShown = true;
    const text = `${timeText(elapsedMs)}  ${acked.toLocaleString('en-US')} acknowledged  ${counted(faults, 'fault')}  ${now}`;
    process.stderr.write(`\r\u001b[K${text.slice(0, (widthOf(process.stderr) ?? USUAL_WIDTH) - 1)}`);
  }

  fault(): void {}

  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K');
    this.#isShown = false;
  }
}

/** A line for each fault, for a file or a pipe. */
class PlainLines implements DrillListener {
  #last = '';

  progress({ elapsedMs, now, faults }: DrillProgress): void {
    if (now === this.#last || faults === 0) return;
    this.#last = now;
    writeNote(`${timeText(elapsedMs)}  ${now}`);
  }

  fault(text: string, elapsedMs: number, acked: number): void {
    this.#last = text;
    writeNote(`${timeText(elapsedMs)}  ${text} after ${acked.toLocaleString('en-US')} acknowledged`);
  }

  end(): void {}
}

function timeText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
