/** The processes of a system's nodes, of what helps them, and the directory of their data. All of it is gone after {@link NodeProcesses.end}. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, closeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;

/** A process that works in a directory, where its output goes into a file. */
type SpawnParameters = [command: string, args: readonly string[], directory: string, env?: NodeJS.ProcessEnv];

export class NodeProcesses {
  readonly #name: string;
  readonly #children: ChildProcess[] = [];
  readonly #nodes: ChildProcess[] = [];
  #directory: string | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Of the nodes. */
  get pids(): number[] {
    return this.#nodes.map((child) => child.pid!);
  }

  /** Makes a directory of this name for a node, on the disk that Holdfast's servers use too. */
  makeDirectory(name: string): string {
    this.#directory ??= mkdtempSync(join(tmpdir(), `holdfast-bench-${this.#name}-`));
    const directory = join(this.#directory, name);
    mkdirSync(directory);
    return directory;
  }

  spawnNode(...command: SpawnParameters): void {
    this.#nodes.push(this.#spawn(...command));
  }

  spawnHelper(...command: SpawnParameters): void {
    this.#spawn(...command);
  }

  /** Waits until this is so; an error means no. Each question has to be answered in bounded time. @throws Error where a process ends before that, or where it takes too long. */
  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + READY_TIMEOUT_MS;
    for (;;) {
      if (await isSo().catch(() => false)) return;
      if (this.#directory === undefined) throw new Error(`${this.#name}: it was ended before ${what}.`);
      const hasEnded = this.#children.some((child) => child.exitCode !== null || child.pid === undefined);
      if (hasEnded || performance.now() > deadlineMs) {
        throw new Error(`${this.#name}: ${hasEnded ? 'a node ended' : 'it took too long'} before ${what}.`);
      }
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#children.map(endProcess));
    this.#children.length = 0;
    this.#nodes.length = 0;
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
  }

  #spawn(...[command, args, directory, env = process.env]: SpawnParameters): ChildProcess {
    const output = openSync(join(directory, 'output'), 'a');
    const child = spawn(command, args, { cwd: directory, env, stdio: ['ignore', output, output], detached: true });
    closeSync(output);
    child.on('error', () => undefined);
    this.#children.push(child);
    return child;
  }
}

/** Its data is dropped, so it need not end in good order. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
