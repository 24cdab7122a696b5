/**
 * One server as a process of its own, run with the program's own `server` command: started, killed, frozen, thawed. It has
 * a process group of its own, so that a ctrl-C in the terminal does not reach it; whoever starts one ends it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The build that this runs from, so that nothing is built anew beneath a group of servers. */
const thisProgram = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** What a server prints once it serves clients. */
const STARTED = 'Server started';
/** As much of what it says as is kept. */
const STDERR_CHARACTERS_MAX = 20_000;

export interface ServerCommand {
  readonly configPath: string;
  readonly id: number;
  readonly dataDirectory: string;
  /** Flags for Node itself. */
  readonly nodeFlags?: readonly string[];
  /** The program to run; this one if left out. */
  readonly program?: string;
  /** Is given what the server reports, as it comes. */
  readonly said?: (text: string) => void;
  /** What the command line begins with, to run the server elsewhere than here; nothing if left out. */
  readonly prefix?: readonly string[];
  /** More options of the command `server`. */
  readonly options?: readonly string[];
}

/** How the process ended: its exit code, or null where a signal ended it. */
export interface ProcessEnd {
  readonly exitCode: number | null;
}

export class ServerProcess {
  readonly child: ChildProcess;
  /** Resolves when the process has ended. */
  readonly ended: Promise<ProcessEnd>;
  /** Resolves when the server serves clients. @throws Error where it ends before that. */
  readonly started: Promise<void>;
  #stderr = '';
  #hasEnded = false;

  constructor({
    configPath,
    id,
    dataDirectory,
    program = thisProgram,
    nodeFlags = [],
    prefix = [],
    options = [],
    said,
  }: ServerCommand) {
    const server = [program, 'server', configPath, String(id), '--data', dataDirectory, ...options];
    const [command = process.execPath, ...rest] = [...prefix, process.execPath, ...nodeFlags, ...server];
    this.child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.child.stderr!.on('data', (data: Buffer) => {
      said?.(data.toString());
      this.#stderr = (this.#stderr + data.toString()).slice(-STDERR_CHARACTERS_MAX);
    });
    this.ended = once(this.child, 'exit').then(([exitCode]) => {
      this.#hasEnded = true;
      return { exitCode: exitCode as number | null };
    });
    this.started = this.#start(id);
    // Who is not waiting for the start is told of the end.
    this.started.catch(() => undefined);
  }

  get stderr(): string {
    return this.#stderr;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Sends the signal and waits until the process has ended. */
  async end(signal: NodeJS.Signals): Promise<ProcessEnd> {
    if (!this.#hasEnded) this.child.kill(signal);
    return this.ended;
  }

  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  async #start(id: number): Promise<void> {
    const { stdout } = this.child;
    for await (const line of createInterface({ input: stdout! })) {
      if (!line.includes(STARTED)) continue;
      stdout!.resume();
      return;
    }
    await this.ended;
    throw new Error(`Server ${id} ended before it served clients:\n${this.#stderr}`);
  }
}
