/**
 * Who owns a name.
 *
 * Every account claims its name for good. A claim says which earlier claims its maker knew of. Of two claims that did
 * not know of each other, which only a split can make, the later in (time, id) is displaced for good, even if the
 * earlier account is deleted afterwards. But where one request made both, on two sides of a split, the earlier is displaced:
 * its client went on with the later, which was its last answer. Against others the later is as early as the earlier: else of
 * three claims each could displace the next, and nobody would have the name. The owner is the claim that is neither displaced
 * nor deleted: there is at most one, because a name is only taken again when its maker has seen all other claims displaced or
 * deleted.
 *
 * A claim that has to be confirmed takes no part in this before it is. Until then it only keeps others from claiming the
 * name, and its confirmation counts as having known of every claim that the coordinator knew by then.
 */
import { compareDots } from '../model/ids.js';
import type { Account } from './account.js';
import { sameOperation } from './operation-id.js';

export class Names {
  readonly #claimsByName = new Map<string, Account[]>();
  readonly #tentative = new Set<Account>();

  /** Every account that ever claimed the name, deleted ones included. */
  claims(name: string): readonly Account[] {
    return this.#claimsByName.get(name) ?? [];
  }

  /** Adds the claim of an account that became known, and settles who is displaced. Returns of whom that is different now. */
  claim(account: Account): Account[] {
    const name = account.creation!.name;
    const claims = this.#claimsByName.get(name);
    if (claims === undefined) this.#claimsByName.set(name, [account]);
    else claims.push(account);
    if (account.isFinal) return this.#settle(account);
    if (account.isTentative) this.#tentative.add(account);
    return [];
  }

  /** A claim that is known was confirmed, or once more by one who knew of more claims. The same. */
  confirmed(account: Account): Account[] {
    this.#tentative.delete(account);
    return this.#settle(account);
  }

  /** Claims, alive, that their coordinators have yet to confirm or to give up. */
  get tentative(): readonly Account[] {
    const tentative = [...this.#tentative].filter((account) => account.isTentative);
    if (tentative.length < this.#tentative.size) {
      for (const account of this.#tentative) if (!account.isTentative) this.#tentative.delete(account);
    }
    return tentative;
  }

  /** Accounts that contend for the name with this one: neither maker knew of the other, and each may have the name yet. */
  rivals(account: Account): Account[] {
    return this.claims(account.creation!.name).filter((other) => {
      const mayHaveName = other.isTentative || (other.alive && !other.displaced);
      return other !== account && mayHaveName && areApart(account, other);
    });
  }

  owner(name: string): Account | undefined {
    const claims = this.claims(name);
    // Nearly every name has one claim.
    if (claims.length > 1) return this.#living(name, false)[0];
    const [only] = claims;
    return only !== undefined && only.alive && !only.displaced ? only : undefined;
  }

  /** Somebody has the name, or may have it yet. */
  isHeld(name: string): boolean {
    return this.owner(name) !== undefined || this.claims(name).some((account) => account.isTentative);
  }

  /** Accounts that lost the name in a split and are alive, the earliest first. */
  displaced(name: string): Account[] {
    return this.#living(name, true);
  }

  /** The account that is shown under this text: a plain name, or the name of a displaced account with its suffix. */
  shownAs(text: string): Account | undefined {
    const at = text.indexOf('~');
    if (at < 0) return this.owner(text);
    return this.displaced(text.slice(0, at)).find((account) => account.displayName === text);
  }

  /** Settles a claim that counts from now on with the others that do. */
  #settle(account: Account): Account[] {
    const claims = this.claims(account.creation!.name).filter(({ isFinal }) => isFinal);
    // Be it that the two are apart, or were before more was known of one.
    const isRepeated = claims.some((other) => other !== account && isOfSameRequest(account, other));
    const renamed: Account[] = [];
    for (const other of claims) {
      // One that another of the same request joins may stand before more than before, and so may that.
      const mayDiffer = isRepeated || other === account || other.displaced || areApart(account, other);
      if (!mayDiffer) continue;
      const isDisplaced = claims.some((winner) => displaces(winner, other, claims));
      if (other.displaced === isDisplaced) continue;
      other.displaced = isDisplaced;
      renamed.push(other);
    }
    return renamed;
  }

  #living(name: string, displaced: boolean): Account[] {
    const living = this.claims(name).filter((account) => account.alive && account.displaced === displaced);
    return living.sort((a, b) => (isEarlier(a, b) ? -1 : 1));
  }
}

/** The claims did not know of each other. */
function areApart(one: Account, other: Account): boolean {
  return !one.knew(other) && !other.knew(one);
}

function isOfSameRequest(one: Account, other: Account): boolean {
  return sameOperation(one.creation!.operation, other.creation!.operation);
}

/** One request made both, on two sides of a split. */
function isTwin(one: Account, other: Account): boolean {
  return one !== other && isOfSameRequest(one, other) && areApart(one, other);
}

function displaces(winner: Account, loser: Account, claims: readonly Account[]): boolean {
  if (winner === loser || !areApart(winner, loser)) return false;
  if (isTwin(winner, loser)) return isEarlier(loser, winner);
  return isEarlier(firstOf(winner, claims), firstOf(loser, claims));
}

/** The first claim that the same request made. */
function firstOf(account: Account, claims: readonly Account[]): Account {
  return claims.reduce((first, other) => (isTwin(account, other) && isEarlier(other, first) ? other : first), account);
}

/** In (time, id). */
export function isEarlier(account: Account, other: Account): boolean {
  return (account.creation!.time - other.creation!.time || compareDots(account.id, other.id)) < 0;
}
