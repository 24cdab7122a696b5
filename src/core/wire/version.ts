/**
 * The versions of the protocol that this program speaks, on every connection of its own or with a peer.
 *
 * A group is upgraded one server after the other, so two versions that follow each other always work together. What a
 * later version adds to the earlier is sent only where the other side knows it: a request where the version of the
 * connection says so, a push with the flag that lets it be skipped. New fields are absent, and mean zero, where the
 * other side does not send them; new kinds of ops are kept and passed on by those who do not know them.
 */
import { protocolVersion } from './schema.js';

/** From the oldest to the newest, as Hello and PeerHello say it. */
export const spokenVersions = { versionMin: 1, versionMax: protocolVersion } as const;

/** In Welcome: the server takes Search. */
export const SEARCH_CAPABILITY = 'search';

/** The highest version that both sides speak; undefined where there is none. */
export function commonVersion(theirs: {
  readonly versionMin: number;
  readonly versionMax: number;
}): number | undefined {
  const highest = Math.min(spokenVersions.versionMax, theirs.versionMax);
  return highest < spokenVersions.versionMin || highest < theirs.versionMin ? undefined : highest;
}
