/**
 * Whether the disk still answers. A disk may hang while its process goes on: then nothing that a client asks of this
 * server gets done, and nothing tells the client, since the server answers every Ping.
 */
import { limits } from '../model/limits.js';
import type { Log } from '../store/log.js';

export class DiskWatch {
  readonly #log: Log;
  #write = 0;
  #sinceMs = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** To be called with every tick. After a pause of this process the disk is not to blame for its silence. */
  isStalled(nowMs: number, wasPaused: boolean): boolean {
    const { writeInFlight } = this.#log;
    if (writeInFlight !== this.#write || wasPaused) {
      this.#write = writeInFlight;
      this.#sinceMs = nowMs;
    }
    return writeInFlight !== 0 && nowMs - this.#sinceMs > limits.diskStallMs;
  }
}
