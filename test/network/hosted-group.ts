/**
 * Three servers on hosts of their own, and people on a fourth who write to each other. What a test waits for are events:
 * acknowledgements, and what servers report. Everything ends with the test.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { check } from '#src/apps/drill/check.js';
import { ServerProcess } from '#src/apps/drill/server-process.js';
import type { ClientConfig } from '#src/library/node.js';
import { mountSmallDisk, unmount } from '../support/small-disk.js';
import { HostNetwork } from './host-network.js';
import type { Finished, FromPeople, ToPeople } from './people-messages.js';
import type { Contest, ContestEnd } from './rivals.js';

const peopleProgram = fileURLToPath(new URL('people-process.js', import.meta.url));

const IDS = [1, 2, 3] as const;
const PORT = 6000;
const CLIENTS = 5;
/** Nothing that is waited for takes this long; what does is a failure. */
const PATIENCE_MS = 60_000;

export const hostOf = (id: number): string => `s${id}`;
const PEOPLE = 'people';

export class HostedGroup {
  readonly network: HostNetwork;
  readonly folder: string;
  readonly config: ClientConfig;
  readonly #configPath: string;
  readonly #running = new Map<number, ServerProcess>();
  readonly #reports = new EventEmitter();
  readonly #linesById = new Map<number, string[]>();
  readonly #mounted: string[] = [];
  #people: ChildProcess | undefined;
  #acked = 0;

  private constructor(network: HostNetwork, folder: string) {
    this.network = network;
    this.folder = folder;
    this.#configPath = join(folder, 'config.json');
    this.config = { servers: IDS.map((id) => ({ id, host: network.address(hostOf(id)), port: PORT })) };
  }

  /** Starts servers and people, or skips the test and says why. */
  static async start(t: TestContext, { minCopies = 1 } = {}): Promise<HostedGroup | undefined> {
    const making = await HostNetwork.make([...IDS.map(hostOf), PEOPLE]);
    if (making.state === 'impossible') {
      t.skip(making.reason);
      return undefined;
    }
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-hosts-'));
    const group = new HostedGroup(making.network, folder);
    t.after(() => group.#end());
    await writeFile(join(folder, 'group.key'), randomBytes(32).toString('hex'), { mode: 0o600 });
    await writeFile(group.#configPath, JSON.stringify({ ...group.config, minCopies, groupKeyFile: 'group.key' }));
    return group;
  }

  dataDirectory(id: number): string {
    return join(this.folder, String(id));
  }

  /** Gives the server a small file system of its own. Returns why that cannot be done, where it cannot. */
  async mountSmallDisk(id: number): Promise<string | undefined> {
    const disk = this.dataDirectory(id);
    await mkdir(disk);
    const trouble = await mountSmallDisk(disk, '256m');
    if (trouble === undefined) this.#mounted.push(disk);
    return trouble;
  }

  /** Starts all servers, and people who write from then on. */
  async begin(): Promise<void> {
    await Promise.all(IDS.map((id) => this.startServer(id)));
    this.#people = spawn('ip', [...this.network.on(PEOPLE).slice(1), process.execPath, peopleProgram], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#people.on('message', (message: FromPeople) => {
      if (message.name === 'acked') this.#acked = message.count;
      this.#reports.emit('people', message);
    });
    await this.#ask({ name: 'start', config: this.config, clients: CLIENTS }, 'done');
    await this.more(50);
  }

  async startServer(id: number, ...options: string[]): Promise<void> {
    const lines = this.#linesById.get(id) ?? [];
    this.#linesById.set(id, lines);
    const running = new ServerProcess({
      configPath: this.#configPath,
      id,
      dataDirectory: this.dataDirectory(id),
      prefix: this.network.on(hostOf(id)),
      options,
      said: (text) => {
        lines.push(...text.split('\n'));
        this.#reports.emit('server');
      },
    });
    this.#running.set(id, running);
    await running.started;
  }

  process(id: number): ServerProcess {
    return this.#running.get(id)!;
  }

  async kill(id: number): Promise<void> {
    await this.process(id).end('SIGKILL');
  }

  /** Waits for so many more acknowledgements. */
  async more(count: number): Promise<void> {
    const target = this.#acked + count;
    await this.#until('people', () => this.#acked >= target, `${count} more acknowledgements`);
  }

  /** Waits until the server has reported this after the action was begun. */
  async reports(id: number, text: string, action: () => Promise<void> | void): Promise<void> {
    const lines = this.#linesById.get(id)!;
    const from = lines.length;
    await action();
    const isTold = (): boolean => lines.slice(from).some((line) => line.includes(text));
    await this.#until('server', isTold, `server ${id} to report "${text}"`);
  }

  /** Waits until what was sent so far is answered and seen, while more is sent after it. */
  async settled(): Promise<void> {
    const { hasSettled } = await this.#ask({ name: 'settle' }, 'settled');
    assert.ok(hasSettled, 'everything is answered and seen');
  }

  /** Makes the account that the contest is for the session of. */
  async prepareContest(contest: string): Promise<void> {
    await this.#ask({ name: 'prepare', contest }, 'done');
  }

  /** Has two people make an account of this name at the same time, and log in to one other, each on one of the servers. */
  async compete(contest: string, servers: readonly number[]): Promise<Contest> {
    const { created, loggedIn } = await this.#ask({ name: 'compete', contest, servers }, 'competed');
    return { created, loggedIn };
  }

  /** What has become of the contest, once all servers have the same state. */
  async judge(contest: string): Promise<ContestEnd> {
    const { listed, sessions } = await this.#ask({ name: 'judge', contest }, 'judged');
    return { listed, sessions };
  }

  /** Ends the writing and checks everything: what people were told and saw, and what every server holds. */
  async finish(): Promise<Finished> {
    const finished = await this.#ask({ name: 'finish' }, 'finished');
    const { findings } = check(finished.pairs);
    const { hasSettled, statesEqual, troubles } = finished;
    assert.deepEqual({ findings, troubles }, { findings: [], troubles: [] });
    assert.deepEqual({ hasSettled, statesEqual }, { hasSettled: true, statesEqual: true });
    return finished;
  }

  async #ask<N extends FromPeople['name']>(question: ToPeople, name: N): Promise<Extract<FromPeople, { name: N }>> {
    let found: FromPeople | undefined;
    const take = (message: FromPeople): void => {
      if (message.name === name || message.name === 'failed') found = message;
    };
    this.#reports.on('people', take);
    try {
      this.#people!.send(question);
      await this.#until('people', () => found !== undefined, `people to answer ${question.name}`, 3 * PATIENCE_MS);
    } finally {
      this.#reports.off('people', take);
    }
    if (found!.name === 'failed') throw new Error(found!.reason);
    return found as Extract<FromPeople, { name: N }>;
  }

  async #until(event: string, isSo: () => boolean, what: string, patienceMs = PATIENCE_MS): Promise<void> {
    const signal = AbortSignal.timeout(patienceMs);
    while (!isSo()) {
      await once(this.#reports, event, { signal }).catch(() => {
        throw new Error(`Waited in vain for ${what}. Server reports:\n${this.#allLines()}`);
      });
    }
  }

  #allLines(): string {
    return [...this.#linesById].map(([id, lines]) => `server ${id}:\n${lines.slice(-20).join('\n')}`).join('\n');
  }

  async #end(): Promise<void> {
    const people = this.#people;
    if (people !== undefined && people.exitCode === null && people.signalCode === null) {
      const ended = once(people, 'exit');
      people.kill('SIGKILL');
      await ended;
    }
    await Promise.all([...this.#running.values()].map((running) => running.end('SIGKILL')));
    this.network.remove();
    for (const disk of this.#mounted) await unmount(disk);
    await rm(this.folder, { recursive: true, force: true });
  }
}
