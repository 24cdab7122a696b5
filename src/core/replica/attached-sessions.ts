/** Which connections of this server have a session of which account, the one attached first at the front. */
import type { Account } from '../chat/account.js';
import type { Attached } from '../chat/context.js';
import type { Failure } from '../model/errors.js';
import type { Delivery } from './delivery.js';

/** A connection as those see it who look for the sessions of an account. */
export interface SessionHolder {
  readonly attached: Attached | undefined;
  readonly delivery: Delivery | undefined;
  /** Tells that the session has ended for a reason that did not come from that connection. */
  endSession(ended: Failure): void;
  /** Tells that the account is shown under another name from now on. */
  tellName(account: Account): void;
}

export class AttachedSessions {
  readonly #byAccount = new Map<string, SessionHolder[]>();
  readonly #added: (account: Account) => void;
  #size = 0;

  /** `added`: the account has one more session attached here. */
  constructor(added: (account: Account) => void) {
    this.#added = added;
  }

  get size(): number {
    return this.#size;
  }

  of(account: Account): readonly SessionHolder[] {
    return this.#byAccount.get(account.key) ?? [];
  }

  /** Each account with a session attached here. */
  get accounts(): Account[] {
    return [...this.#byAccount.values()].map(([client]) => client!.attached!.account);
  }

  add(account: Account, client: SessionHolder): void {
    const clients = this.#byAccount.get(account.key);
    if (clients === undefined) this.#byAccount.set(account.key, [client]);
    else clients.push(client);
    this.#size += 1;
    this.#added(account);
  }

  remove(account: Account, client: SessionHolder): void {
    const left = this.of(account).filter((other) => other !== client);
    this.#size += left.length - this.of(account).length;
    if (left.length === 0) this.#byAccount.delete(account.key);
    else this.#byAccount.set(account.key, left);
  }
}
