/** Whether the clocks of two servers are close enough for their times to mean something to each other. */
import { wallMsOf, type HybridTime } from '../model/hybrid-time.js';
import { limits } from '../model/limits.js';
import type { PeerLink } from './peer-link.js';
import type { Reporter } from './reporter.js';

/** `theirs` is what the peer's hybrid clock showed a moment ago, 0 where it does not tell; `ours` is what this one's shows. */
export function compareClocks(link: PeerLink, theirs: HybridTime, ours: HybridTime, reporter: Reporter): void {
  const aheadMs = wallMsOf(theirs) - wallMsOf(ours);
  link.clocksDiffer = theirs !== 0 && Math.abs(aheadMs) > limits.clockSkewMs;
  if (!link.clocksDiffer) return;
  const facts = { server: link.server, aheadMs };
  reporter.report('warning', 'The clocks of a server and of this one differ by more than a minute. Set them.', facts);
}
