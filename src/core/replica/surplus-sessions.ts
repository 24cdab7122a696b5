/**
 * Ends the sessions that an account has too many after a split: each side let it log in without knowing of the other.
 *
 * A login ends every session that is attached nowhere, so an account has more open sessions than are allowed only where
 * servers could not ask each other. Where such an account has a session attached here, this server asks all others how
 * many it has, under the same reservation as a login, and ends those attached to itself that are among the oldest too
 * many. Every server that has one does the same, one after the other: so exactly the surplus ends, and the latest stay.
 */
import type { Account } from '../chat/account.js';
import type { Grant, ServerContext } from '../chat/context.js';
import { run, wait, type Steps } from '../chat/steps.js';
import { failure } from '../model/errors.js';
import { sameDot, type Dot } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { AttachedSessions } from './attached-sessions.js';
import type { Reporter } from './reporter.js';

const WHY_IT_ENDED =
  'The account was logged in on both sides while servers could not reach each other. The later session goes on.';

export interface SurplusSessionsOptions {
  readonly attached: AttachedSessions;
  readonly allowed: number;
  readonly reserve: ServerContext['reserve'];
  /** Writes that the session has ended. */
  readonly close: (account: Account, session: Dot) => void;
  readonly mayWrite: () => boolean;
  /** So many sessions of the account have ended here, and these go on. */
  readonly ended: (count: number, staying: readonly Dot[]) => void;
  readonly reporter: Reporter;
}

export class SurplusSessions {
  readonly #options: SurplusSessionsOptions;
  /** To be asked about; of these, those that someone else was asking about. */
  readonly #suspects = new Set<Account>();
  readonly #contended = new Set<Account>();
  #asking = 0;

  constructor(options: SurplusSessionsOptions) {
    this.#options = options;
  }

  /** Some account is still asked about. */
  get isBusy(): boolean {
    return this.#suspects.size + this.#contended.size + this.#asking > 0;
  }

  /** Sessions of the account have been opened or closed. */
  look(account: Account): void {
    if (account.sessionCount <= this.#options.allowed || this.#options.attached.of(account).length === 0) return;
    this.#suspects.add(account);
  }

  /** Another server can be asked from now on. */
  lookAtAll(): void {
    for (const account of this.#options.attached.accounts) this.look(account);
  }

  /** Asks again about those whose sessions were reserved by someone else. */
  tick(): void {
    for (const account of this.#contended) this.#suspects.add(account);
    this.#contended.clear();
  }

  /** Begins to ask about those that are suspected. To be called once in each turn. */
  pump(): void {
    if (!this.#options.mayWrite()) return;
    for (const account of this.#suspects) {
      if (this.#asking >= limits.surplusChecksAtOnce) return;
      this.#suspects.delete(account);
      this.#asking += 1;
      run(this.#check(account), () => {
        this.#asking -= 1;
      });
    }
  }

  *#check(account: Account): Steps<void> {
    const grant: Grant | { readonly refusedBy: string } = yield* wait(
      this.#options.reserve(`session:${account.key}`, {}),
    );
    if ('refusedBy' in grant) {
      this.#contended.add(account);
      return;
    }
    // One whose client has moved may be attached in two places for a moment, and is one all the same.
    const sessions = grant.sessions.filter((id, index, all) => all.findIndex((other) => sameDot(id, other)) === index);
    const surplus = Math.max(0, sessions.length - this.#options.allowed);
    this.#end(account, sessions.slice(0, surplus), sessions.slice(surplus));
    grant.release();
  }

  #end(account: Account, surplus: readonly Dot[], staying: readonly Dot[]): void {
    const { attached, close, ended, reporter } = this.#options;
    let count = 0;
    for (const client of attached.of(account)) {
      const { session } = client.attached!;
      if (!surplus.some((id) => sameDot(id, session.id))) continue;
      client.endSession(failure('SESSION_REPLACED', WHY_IT_ENDED));
      close(account, session.id);
      count += 1;
    }
    if (count === 0) return;
    ended(count, staying);
    reporter.report('info', 'Ended sessions of an account that was logged in on both sides of a split.', {
      account: account.displayName,
      sessions: count,
    });
  }
}
