/**
 * What Holdfast keeps up for as long as one likes. In a burst the databases of views and of search may fall behind and catch
 * up later; here people wait while one of them is too far behind, so that the rate is one that all of them can follow.
 */
import type { Holdfast } from '../peers/holdfast.js';
import { Traffic } from '../support/traffic.js';

const LAG_OPS_MAX = 50_000;
const POLL_MS = 100;

export interface Sustained {
  readonly seconds: number;
  readonly ackedPerSecond: number;
  readonly deliveredPerSecond: number;
  /** How far the database that was furthest behind ever was. */
  readonly lagOpsMax: number;
  /** From the end of the load until no database was behind. */
  readonly settleSeconds: number;
}

/** 100 clients with 32 sends under way each. */
export async function sustain(holdfast: Holdfast, warmUpSeconds: number, seconds: number): Promise<Sustained> {
  const traffic = await Traffic.start(holdfast.makePerson, { clients: 100 });
  const watch = new LagWatch(holdfast, traffic);
  try {
    const measured = await traffic.closedLoop(32, warmUpSeconds, seconds);
    const endedMs = performance.now();
    await watch.end();
    await traffic.drain();
    await holdfast.settle();
    return {
      seconds: measured.seconds,
      ackedPerSecond: measured.acked / measured.seconds,
      deliveredPerSecond: measured.delivered / measured.seconds,
      lagOpsMax: watch.lagOpsMax,
      settleSeconds: (performance.now() - endedMs) / 1000,
    };
  } finally {
    await watch.end();
    await traffic.close();
  }
}

/** Holds people back while a database is too far behind. */
class LagWatch {
  lagOpsMax = 0;
  readonly #watching: Promise<void>;
  #isOver = false;

  constructor(holdfast: Holdfast, traffic: Traffic) {
    this.#watching = this.#watch(holdfast, traffic);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#watching;
  }

  async #watch(holdfast: Holdfast, traffic: Traffic): Promise<void> {
    while (!this.#isOver) {
      const lagOps = await holdfast.lagOps();
      this.lagOpsMax = Math.max(this.lagOpsMax, lagOps);
      traffic.hold(lagOps > LAG_OPS_MAX);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
