/** What the servers found on their disks, and whether what they hold agrees. */
import type { ConfigServer } from '../../core/model/config.js';
import type { MessageOf } from '../../core/wire/message-types.js';
import { counted } from '../output/message-text.js';
import { printable } from '../output/printable.js';

export type Verified =
  | { readonly state: 'verified'; readonly answer: MessageOf<'Verified'> }
  /** The reason is a sentence for people. */
  | { readonly state: 'failed'; readonly reason: string };

/** One server as `--json` prints it; null is what it could not be asked. */
export interface VerifiedLine {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly reason: string | null;
  readonly records: number | null;
  readonly logBytes: number | null;
  /** Damaged places: found now, mended now, and left. */
  readonly damaged: number | null;
  readonly mended: number | null;
  readonly left: readonly MessageOf<'DamagedPlace'>[] | null;
  /** Operations that its disk lost and no other server has. */
  readonly lackedOps: number | null;
  /** It holds the same as the others where it can be compared. */
  readonly agrees: boolean | null;
}

export interface VerifyReport {
  readonly servers: readonly VerifiedLine[];
  readonly isWell: boolean;
  readonly verdict: string;
}

interface Answered {
  readonly id: number;
  readonly answer: MessageOf<'Verified'>;
}

export function reportVerify(
  servers: readonly ConfigServer[],
  verifiedById: ReadonlyMap<number, Verified>,
): VerifyReport {
  const answered = servers.flatMap(({ id }): Answered[] => {
    const verified = verifiedById.get(id);
    return verified?.state === 'verified' ? [{ id, answer: verified.answer }] : [];
  });
  const lines = servers.map((server) => lineOf(server, verifiedById.get(server.id), answered));
  const troubles = lines.flatMap(troublesOf);
  const mended = lines.reduce((sum, line) => sum + (line.mended ?? 0), 0);
  const records = lines.reduce((sum, line) => sum + (line.records ?? 0), 0);
  const isWell = troubles.length === 0;
  const summary = `${counted(records, 'record')} on ${counted(answered.length, 'disk')} checked${mended > 0 ? `, ${counted(mended, 'damaged place')} mended` : ''}.`;
  return {
    servers: lines,
    isWell,
    verdict: [isWell ? `Well: ${summary}` : `Not well: ${summary}`, ...troubles].join(' '),
  };
}

function lineOf(
  { id, host, port }: ConfigServer,
  verified: Verified | undefined,
  all: readonly Answered[],
): VerifiedLine {
  const address = { id, host, port };
  if (verified?.state !== 'verified') {
    const nothing = {
      records: null,
      logBytes: null,
      damaged: null,
      mended: null,
      left: null,
      lackedOps: null,
      agrees: null,
    };
    return { ...address, reason: verified?.reason ?? null, ...nothing };
  }
  const { records, bytes, found, mended, left, lackedOps } = verified.answer;
  const agrees = all.every((other) => other.id === id || agree(verified.answer, other.answer));
  return { ...address, reason: null, records, logBytes: bytes, damaged: found, mended, left, lackedOps, agrees };
}

/** While people write, one server may be a little ahead; what both have an end of can be compared all the same. */
function agree(one: MessageOf<'Verified'>, other: MessageOf<'Verified'>): boolean {
  const endByOrigin = new Map(other.ends.map((end) => [end.origin, end]));
  const shared = one.ends.filter(({ origin, seq }) => endByOrigin.get(origin)?.seq === seq);
  if (shared.some(({ origin, checksum }) => endByOrigin.get(origin)!.checksum !== checksum)) return false;
  const isSame = shared.length === one.ends.length && shared.length === other.ends.length;
  return !isSame || one.stateHash === other.stateHash;
}

/** Most reasons begin with the server that they are about. */
function whyNotAsked(id: number, reason: string): string {
  return reason.startsWith(`Server ${id} `) ? reason : `Server ${id} could not be asked: ${reason}`;
}

function troublesOf({ id, reason, left, lackedOps, agrees }: VerifiedLine): string[] {
  if (left === null) return [whyNotAsked(id, printable(reason ?? 'it did not answer.'))];
  const troubles: string[] = [];
  const [first] = left;
  if (first !== undefined) {
    troubles.push(
      `Server ${id} has ${counted(left.length, 'damaged place')} that no server within reach could mend, the first in ${printable(first.file)} at ${first.offset}.`,
    );
  }
  if (lackedOps !== null && lackedOps > 0) {
    troubles.push(`Server ${id} has lost ${counted(lackedOps, 'operation')} that no server within reach has.`);
  }
  if (agrees === false) troubles.push(`Server ${id} does not hold the same as another; please report this.`);
  return troubles;
}
