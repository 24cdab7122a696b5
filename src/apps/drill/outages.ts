/**
 * How long clients were without acknowledgements after each fault: from the fault to the first acknowledgement of
 * something that the client sent after it. So no acknowledgement counts that was already on its way.
 */
import type { Fault, FaultKind } from './faults.js';

/** Whether the fault hit the server that the client was connected to, or its links, or only others. */
export type Served = 'own' | 'other';

export interface Outage {
  readonly kind: FaultKind;
  readonly served: Served;
  /** Undefined where no acknowledgement came any more. */
  readonly ms: number | undefined;
}

interface Waiting {
  readonly kind: FaultKind;
  readonly served: Served;
  readonly sinceMs: number;
}

export class Outages {
  readonly #ended: Outage[] = [];
  readonly #waitingByClient = new Map<string, Waiting[]>();

  /** A fault begins. `serverByClient`: whom each client is connected to; undefined where it looks for a server. */
  begin(fault: Fault, serverByClient: ReadonlyMap<string, number | undefined>, nowMs: number): void {
    const hit = new Set(fault.kind === 'split' ? fault.cuts.flatMap(({ from, to }) => [from, to]) : fault.servers);
    for (const [client, server] of serverByClient) {
      const served = server !== undefined && hit.has(server) ? 'own' : 'other';
      const waiting = this.#waitingByClient.get(client) ?? [];
      this.#waitingByClient.set(client, [...waiting, { kind: fault.kind, served, sinceMs: nowMs }]);
    }
  }

  acked(client: string, sentMs: number, nowMs: number): void {
    const waiting = this.#waitingByClient.get(client);
    if (waiting === undefined || waiting.length === 0) return;
    const left: Waiting[] = [];
    for (const each of waiting) {
      if (sentMs < each.sinceMs) left.push(each);
      else this.#ended.push({ kind: each.kind, served: each.served, ms: nowMs - each.sinceMs });
    }
    this.#waitingByClient.set(client, left);
  }

  /** All so far; those that still last have no end. */
  get all(): Outage[] {
    const lasting = [...this.#waitingByClient.values()].flat();
    return [...this.#ended, ...lasting.map(({ kind, served }) => ({ kind, served, ms: undefined }))];
  }
}
