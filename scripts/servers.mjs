/**
 * Runs the servers of a group as child processes and shows what they print.
 *
 * A server that ends by itself is reported and the others go on. Each server has a process group of its own, so that a
 * ctrl-C in the terminal reaches only this process, which then asks every server once to stop and waits for it.
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A server that has not stopped this long after it was asked to is killed: its log is safe at any point. */
const stopWithinMs = 15_000;

/** What a server prints once it accepts connections. */
const startedText = 'Server started';

export class Servers {
  #say;
  /** @type {Map<number, import('node:child_process').ChildProcess>} */
  #runningById = new Map();
  /** @type {Set<number>} */
  #startedIds = new Set();
  #stopping = false;
  /** @type {() => void} */
  #settleStarted = () => {};
  /** @type {() => void} */
  #settleEnded = () => {};

  /** Settles as soon as every server has started or ended, with the ids of those that started and still run. */
  started = /** @type {Promise<number[]>} */ (
    new Promise((settle) => {
      this.#settleStarted = () => settle([...this.#startedIds].toSorted((one, other) => one - other));
    })
  );

  /** Settles when no server runs any more. */
  ended = /** @type {Promise<void>} */ (
    new Promise((settle) => {
      this.#settleEnded = settle;
    })
  );

  /**
   * Starts `node ...parameters` for each server. Every line that a server prints goes to `say`, marked with the server.
   *
   * @param {ReadonlyMap<number, readonly string[]>} parametersById
   * @param {(line: string) => void} say
   */
  constructor(parametersById, say) {
    this.#say = say;
    for (const [id, parameters] of parametersById) this.#start(id, parameters);
  }

  /** Asks every server to stop; asked a second time, kills them. `ended` tells when it is done. */
  stop() {
    const signal = this.#stopping ? 'SIGKILL' : 'SIGTERM';
    this.#stopping = true;
    for (const child of this.#runningById.values()) child.kill(signal);
    if (signal === 'SIGTERM') setTimeout(() => this.stop(), stopWithinMs).unref();
  }

  #start(/** @type {number} */ id, /** @type {readonly string[]} */ parameters) {
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#runningById.set(id, child);
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', (line) => {
        const hasStarted = line.includes(startedText);
        // Whoever wants to see what the loss of a server does needs its number.
        this.#say(`server ${id}: ${line.trimEnd()}${hasStarted ? ` (process ${child.pid})` : ''}`);
        if (hasStarted) this.#onStarted(id);
      });
    }
    child.on('error', (error) => this.#say(`server ${id}: ${error.message}`));
    child.on('close', (code, signal) => this.#onEnded(id, signal ?? `exit code ${code}`));
  }

  #onStarted(/** @type {number} */ id) {
    this.#startedIds.add(id);
    this.#checkStarted();
  }

  #onEnded(/** @type {number} */ id, /** @type {string} */ how) {
    this.#runningById.delete(id);
    this.#startedIds.delete(id);
    if (this.#stopping) this.#say(`server ${id} stopped`);
    else this.#say(`server ${id} ended (${how})${this.#runningById.size > 0 ? '; the others go on' : ''}`);
    this.#checkStarted();
    if (this.#runningById.size === 0) this.#settleEnded();
  }

  #checkStarted() {
    if ([...this.#runningById.keys()].every((id) => this.#startedIds.has(id))) this.#settleStarted();
  }
}
