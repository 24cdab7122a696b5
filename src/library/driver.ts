/** Runs a client machine: passes on what the network tells, and wakes it when it wants to be woken. */
import type { ClientListener } from '../core/client/client-listener.js';
import { ClientMachine } from '../core/client/client-machine.js';
import type { ConnectorSettings } from '../core/client/connector.js';
import type { Counters } from '../core/client/session.js';
import type { Platform } from './platform.js';

/** A timer is set no further ahead, so that a wait without end is none of its business. */
const SLEEP_MAX_MS = 60_000;

export class Driver {
  readonly #platform: Platform;
  readonly #machine: ClientMachine;
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined;

  constructor(platform: Platform, settings: ConnectorSettings, counters: Counters, listener: ClientListener) {
    this.#platform = platform;
    const network = platform.network({
      opened: (id, side, transport) => this.run((machine) => machine.opened(id, side, transport)),
      received: (id, bytes) => this.run((machine) => machine.received(id, bytes)),
      drained: () => {},
      closed: (id, reason) => this.run((machine) => machine.closed(id, reason)),
    });
    const world = { network, clock: platform.clock, random: platform.random };
    this.#machine = new ClientMachine(world, settings, counters, listener);
  }

  /** Everything that is done to the machine is done in here, since it may change when it wants to be woken. */
  run<Value>(action: (machine: ClientMachine) => Value): Value {
    const value = action(this.#machine);
    this.#schedule();
    return value;
  }

  #schedule(): void {
    const { wakeAtMs } = this.#machine;
    if (this.#timer !== undefined && this.#timer.atMs <= wakeAtMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (wakeAtMs === Infinity) return;
    const delayMs = Math.max(0, Math.ceil(wakeAtMs - this.#platform.clock.monotonicMs()));
    const cancel = this.#platform.after(Math.min(delayMs, SLEEP_MAX_MS), () => {
      this.#timer = undefined;
      this.run((machine) => machine.tick());
    });
    this.#timer = { atMs: wakeAtMs, cancel };
  }
}
