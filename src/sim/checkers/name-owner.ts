/**
 * NameOwner: a name has one owner. Where servers are never apart, no account is made of a name of which a server that serves
 * has held a living owner for a moment; and in the end each server lists one owner of each name that a living
 * account has, and the others under their suffixed names. Where names are to stay unique through any split, nobody who was
 * told that they have a name has lost it.
 */
import { toHex } from '../../core/lib/hex.js';
import { compareDots, formatDot } from '../../core/model/ids.js';
import { Vector } from '../../core/model/vector.js';
import type { KnownOp, Ledger } from '../ledger.js';
import { isStrict, isWhole } from '../options.js';
import type { MadeServer } from '../server.js';
import type { Breach, Checker, Scene } from './checker.js';
import { deletedAccounts } from './messages.js';

/** Longer than making an account takes, from asking the others to its first disk. */
const MOMENT_MS = 500;

export function nameOwner(scene: Scene): Checker {
  const { ledger, options, world } = scene;
  const heldSinceMs = new Map<string, number>();
  /** Creations that were on a disk at some time, and so were made by then. */
  const made = new Set<KnownOp>();

  /** To be told of a creation when it is first on a disk: those that know of an owner then must have kept it from being. */
  const wasMade = ({ name, op }: { readonly name: string; readonly op: KnownOp }): Breach => {
    if (made.has(op)) return undefined;
    made.add(op);
    const { nowMs } = world.timeline;
    const deleted = deletedAccounts(scene);
    for (const { name: other, op: before } of ledger.creations) {
      if (name !== other || before === op || deleted.has(before.key)) continue;
      const holder = world.running.find(
        (server) => server.isOpen && nowMs - (heldSinceMs.get(`${server.id} ${before.key}`) ?? nowMs) > MOMENT_MS,
      );
      if (holder === undefined || isDisplaced(before, name, ledger)) continue;
      return `an account ${name} (${op.key}) was made, and server ${holder.id} held ${before.key} of that name`;
    }
    return undefined;
  };

  const stored = ({ id }: MadeServer, op: KnownOp): Breach => {
    if (!isWhole(options)) return undefined;
    const creation = ledger.creations.find((created) => created.op === op);
    if (creation === undefined) return undefined;
    heldSinceMs.set(`${id} ${op.key}`, world.timeline.nowMs);
    return wasMade(creation);
  };

  /**
   * A server that crashes while its disk writes may leave an account there of which nobody was told, and its links, and with
   * them all that it had reserved, are gone. The others may give the name away once more, as a rule to the same request,
   * which its client repeats (R22). When the server is back, its account comes to those who have held the other for long. But
   * it was made before the crash, and is judged by who held the name then, not by when the others first see it.
   */
  const diskChanged = (): Breach => {
    if (!isWhole(options)) return undefined;
    let breach: Breach;
    for (const creation of ledger.creations) breach = wasMade(creation) ?? breach;
    return breach;
  };

  const ended = (): Breach => {
    const expected = shownNames(ledger, deletedAccounts(scene));
    for (const { id, names } of world.running) {
      const shown = names.map((name) => name.replace(/~.*/, '~')).sort();
      if (shown.join() !== expected.join()) {
        return `server ${id} lists the names ${names.join(', ')}; there should be ${expected.join(', ')}`;
      }
    }
    return isStrict(options) ? loserOfName(ledger) : undefined;
  };
  return { name: 'NameOwner', stored, diskChanged, ended };
}

/** Someone who was told that they have a name, and has lost it to another. */
function loserOfName(ledger: Ledger): Breach {
  const acked = new Set(ledger.acked.filter(({ kind }) => kind === 'account').map(({ key }) => key));
  const loser = ledger.creations.find(({ op, name }) => acked.has(op.key) && isDisplaced(op, name, ledger));
  return loser && `${loser.name} (${loser.op.key}) was acknowledged, and displaced`;
}

/** Names of the living by the rule, with `~` for the suffix of one who lost it. */
function shownNames(ledger: Ledger, deleted: ReadonlySet<string>): string[] {
  return ledger.creations
    .filter(({ op }) => !deleted.has(op.key) && counts(op, ledger))
    .map(({ name, op }) => (isDisplaced(op, name, ledger) ? `${name}~` : name))
    .sort();
}

/**
 * There is an earlier claim of the name, by (time, dot), and neither knew of the other; or a later one, where one request made
 * both. Against those of other requests a claim is as early as the first of its own.
 */
function isDisplaced(op: KnownOp, name: string, ledger: Ledger): boolean {
  const claims = ledger.creations
    .filter((creation) => creation.name === name && counts(creation.op, ledger))
    .map((creation) => creation.op);
  const rivals = claims.filter((other) => areApart(op, other, ledger));
  const isOwn = (other: KnownOp): boolean => requestOf(other, ledger) === requestOf(op, ledger);
  return rivals.some((other) =>
    isOwn(other) ? isEarlier(op, other) : isEarlier(firstOf(other, claims, ledger), firstOf(op, claims, ledger)),
  );
}

function firstOf(claim: KnownOp, claims: readonly KnownOp[], ledger: Ledger): KnownOp {
  const own = claims.filter(
    (other) => requestOf(other, ledger) === requestOf(claim, ledger) && areApart(claim, other, ledger),
  );
  return own.reduce((first, other) => (isEarlier(other, first) ? other : first), claim);
}

function areApart(one: KnownOp, other: KnownOp, ledger: Ledger): boolean {
  return one !== other && !seenBy(one, ledger).covers(other) && !seenBy(other, ledger).covers(one);
}

function isEarlier(one: KnownOp, other: KnownOp): boolean {
  return (one.time - other.time || compareDots(one, other)) < 0;
}

function requestOf(claim: KnownOp, ledger: Ledger): string | undefined {
  const operation = ledger.creations.find(({ op }) => op === claim)?.operation;
  return operation && `${toHex(operation.client)} ${operation.counter}`;
}

/** Claims of the name that were known when this one was made or confirmed. */
function seenBy(claim: KnownOp, ledger: Ledger): Vector {
  const seen = new Vector(ledger.creations.find(({ op }) => op === claim)?.seen);
  for (const { seen: more } of confirmationsOf(claim, ledger)) seen.join(new Vector(more));
  return seen;
}

/** Some disk has the claim, and its confirmation where it needs one. */
function counts(claim: KnownOp, ledger: Ledger): boolean {
  if (ledger.isLost(claim)) return false;
  const needsNone = ledger.creations.find(({ op }) => op === claim)?.coordinator === 0;
  return needsNone || confirmationsOf(claim, ledger).length > 0;
}

function confirmationsOf(claim: KnownOp, ledger: Ledger) {
  return ledger.confirmations.filter(({ account, op }) => formatDot(account) === claim.key && !ledger.isLost(op));
}
