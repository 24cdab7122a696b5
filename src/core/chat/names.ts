/**
 * Who owns a name.
 *
 * Every account claims its name for good. A claim says which earlier claims its maker knew of. Of two claims that did
 * not know of each other, which only a split can make, the later in (time, id) is displaced for good, even if the
 * earlier account is deleted afterwards. The owner is the claim that is neither displaced nor deleted: there is at most
 * one, because a name is only taken again when its maker has seen all other claims displaced or deleted.
 */
import { compareDots } from '../model/ids.js';
import type { Account } from './account.js';

export class Names {
  readonly #claimsByName = new Map<string, Account[]>();

  /** Every account that ever claimed the name, deleted ones included. */
  claims(name: string): readonly Account[] {
    return this.#claimsByName.get(name) ?? [];
  }

  /** Adds the claim of an account that became known, and settles who is displaced. Returns who was not before. */
  claim(account: Account): Account[] {
    const name = account.creation!.name;
    const claims = this.#claimsByName.get(name);
    if (claims === undefined) {
      this.#claimsByName.set(name, [account]);
      return [];
    }
    const displaced: Account[] = [];
    for (const other of claims) {
      if (knows(account, other) || knows(other, account)) continue;
      const loser = isEarlier(other, account) ? account : other;
      if (!loser.displaced) displaced.push(loser);
      loser.displaced = true;
    }
    claims.push(account);
    return displaced;
  }

  owner(name: string): Account | undefined {
    return this.#living(name, false)[0];
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

  #living(name: string, displaced: boolean): Account[] {
    const living = this.claims(name).filter((account) => account.alive && account.displaced === displaced);
    return living.sort((a, b) => (isEarlier(a, b) ? -1 : 1));
  }
}

function knows(account: Account, other: Account): boolean {
  return account.creation!.seen.covers(other.id);
}

function isEarlier(account: Account, other: Account): boolean {
  return (account.creation!.time - other.creation!.time || compareDots(account.id, other.id)) < 0;
}
