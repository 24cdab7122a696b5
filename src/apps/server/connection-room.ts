/**
 * How many connections a server takes at its addresses. Whoever knows an address can hold connections there, so all of them
 * together leave the files of the server enough of the descriptors that its process may have.
 */
import { limits } from '../../core/model/limits.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Address } from '../../core/ports/network.js';
import type { Reporter } from '../../core/replica/reporter.js';

interface AddressRoom {
  readonly address: Address;
  readonly connectionsMax: number;
}

/**
 * The first address is that of the clients, a second that of the other servers, which strangers at the first cannot fill.
 * `descriptors`: how many the process may have; undefined where there is no limit.
 */
export function roomAt([clients, peers]: readonly [Address, Address?], descriptors: number | undefined): AddressRoom[] {
  const all = Math.min(limits.connectionsMax, (descriptors ?? Infinity) - limits.descriptorsReserved);
  if (peers === undefined) return [{ address: clients, connectionsMax: all }];
  return [
    { address: clients, connectionsMax: all - limits.peerConnectionsMax },
    { address: peers, connectionsMax: limits.peerConnectionsMax },
  ];
}

/** To be called for each connection that is refused: reports the first, and from then on how many, now and then. */
export function refusalReport(reporter: Reporter, clock: Clock, facts: Readonly<Record<string, unknown>>): () => void {
  let refused = 0;
  let reportedMs = -Infinity;
  return () => {
    refused += 1;
    const nowMs = clock.monotonicMs();
    if (nowMs - reportedMs < limits.refusedReportMs) return;
    reportedMs = nowMs;
    const text = 'Connections are refused: there are as many as this server takes.';
    reporter.report('warning', text, { ...facts, refused });
    refused = 0;
  };
}
