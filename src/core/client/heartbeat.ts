/**
 * When to ask a server whether it is there, and when to give it up.
 *
 * - Nothing was sent for the interval that the server told: Ping, so that the server does not give up the client.
 * - A request or such a Ping waits and nothing at all was heard for `clientSuspectAfterMs`: Ping, and if nothing is heard
 *   for another `clientProbeMs`, the connection is lost. A server that hangs is left soon though its connection stays open.
 * - Nothing was heard for `clientSilenceMs`: lost, whether or not anything waits.
 *
 * Anything heard counts, so a request that takes long on a busy server does not make it suspect.
 */
import { limits } from '../model/limits.js';

export class Heartbeat {
  readonly #intervalMs: number;
  #heardAtMs: number;
  #sentAtMs: number;
  #waitsSinceMs: number | undefined;
  /** When the latest Ping of the interval was sent, where nothing was heard since. */
  #pingedAtMs: number | undefined;
  #probedAtMs: number | undefined;

  constructor(nowMs: number, intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#heardAtMs = nowMs;
    this.#sentAtMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
    this.#pingedAtMs = undefined;
    this.#probedAtMs = undefined;
  }

  sent(nowMs: number): void {
    this.#sentAtMs = nowMs;
  }

  /** Whether a request waits for its answer. */
  waits(nowMs: number, isWaiting: boolean): void {
    if (!isWaiting) this.#waitsSinceMs = undefined;
    else this.#waitsSinceMs ??= nowMs;
  }

  /** What to do now. After `ping` the caller sends one. */
  check(nowMs: number): 'nothing' | 'ping' | 'lost' {
    if (nowMs >= this.#lostAtMs()) return 'lost';
    if (this.#probedAtMs === undefined && nowMs >= this.#suspectAtMs()) {
      this.#probedAtMs = nowMs;
      return 'ping';
    }
    if (nowMs < this.#sentAtMs + this.#intervalMs) return 'nothing';
    this.#pingedAtMs ??= nowMs;
    return 'ping';
  }

  /** When {@link check} has something to say, if nothing happens before. */
  get wakeAtMs(): number {
    const probeAtMs = this.#probedAtMs === undefined ? this.#suspectAtMs() : Infinity;
    return Math.min(this.#lostAtMs(), probeAtMs, this.#sentAtMs + this.#intervalMs);
  }

  #lostAtMs(): number {
    const silentAtMs = this.#heardAtMs + limits.clientSilenceMs;
    return this.#probedAtMs === undefined ? silentAtMs : Math.min(silentAtMs, this.#probedAtMs + limits.clientProbeMs);
  }

  #suspectAtMs(): number {
    const waitsSinceMs = Math.min(this.#waitsSinceMs ?? Infinity, this.#pingedAtMs ?? Infinity);
    return Math.max(this.#heardAtMs, waitsSinceMs) + limits.clientSuspectAfterMs;
  }
}
