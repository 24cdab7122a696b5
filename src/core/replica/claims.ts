/**
 * Sees the names that this server began to give away through to their end, where a name is to stay unique through any
 * split: where `minCopies` is a majority of the servers.
 *
 * Having the majority's grant when the claim is written is not enough: a link may break before the claim arrives, and the
 * grant is free with it. So a claim is tentative until its coordinator, the server that took the request, confirms it, and
 * nobody else does. It confirms a claim once
 *
 * - a majority has it durably, itself included;
 * - it has applied all that each of these servers had made durable up to the claim; and
 * - it knows of no rival, alive, that it must fear: a claim whose maker did not know of this one, nor this one's of it.
 *
 * Of two rivals that were both confirmed, some server would have made both durable, one after the other. The coordinator of
 * the second then knew of the first, and did not confirm. So there are no such two, and an account that was acknowledged is
 * never displaced.
 *
 * Of two rivals that are both tentative, the later in (time, id) is given up by its coordinator as soon as that learns of
 * the earlier; the earlier waits until it has learned of that. Against one that was confirmed, any is given up.
 *
 * A coordinator that was started anew decides on what it began before only when it is sure to know what it did: when every
 * other member has shown all that it holds, and that has been applied here. On what a server began that was removed since the
 * member with the smallest id decides, when it is sure to know what that server did, or one that decided for it: when every other
 * member has shown what it held once it knew of the same changes of members, and that has been applied here.
 */
import type { Account } from '../chat/account.js';
import type { ServerContext } from '../chat/context.js';
import { isEarlier } from '../chat/names.js';
import type { Outcome } from '../chat/steps.js';
import { failure } from '../model/errors.js';
import { formatDot, type ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { Vector } from '../model/vector.js';
import type { MessageOf } from '../wire/message-types.js';
import type { OwnOrigin } from './own-origin.js';
import type { PeerLink } from './peer-link.js';
import type { Writing, WritingOptions } from './writing.js';

type ClaimsOptions = Pick<WritingOptions, 'minCopies' | 'members' | 'state' | 'clock'> & {
  readonly origin: Pick<OwnOrigin, 'current' | 'hasHeard' | 'shown'>;
  readonly peers: { readonly linkedMembers: readonly Pick<PeerLink, 'server' | 'durable'>[] };
  readonly mayWrite: () => boolean;
};

type Settled = (outcome: Outcome<MessageOf<'StoredOn'>>) => void;

interface Waiting {
  readonly account: Account;
  readonly sinceMs: number;
  readonly settled: Settled;
}

export class Claims {
  readonly #options: ClaimsOptions;
  readonly #writing: Pick<Writing, 'anyhow' | 'context'>;
  /** By account: servers that have its claim durably, each with what it had made durable when that was learned. */
  readonly #witnessesByAccount = new Map<Account, Map<ServerId, Vector>>();
  /** Confirmed or given up in this run; the op that does so may not be applied yet. */
  readonly #decided = new Set<Account>();
  /** By server: what it had made durable when it was first seen to know of these changes of members. */
  #shownAfter: { readonly changes: string; readonly byServer: Map<ServerId, Vector> } | undefined;
  #waiting: Waiting[] = [];

  constructor(options: ClaimsOptions, writing: Pick<Writing, 'anyhow' | 'context'>) {
    this.#options = options;
    this.#writing = writing;
  }

  /** What the rules of chat are given. */
  get context(): Pick<ServerContext, 'coordinator' | 'whenSettled'> {
    const { minCopies, members, clock } = this.#options;
    return {
      coordinator: () => (2 * minCopies > members.list.length ? members.self : 0),
      whenSettled: (account) => (settled) => {
        this.#waiting.push({ account, sinceMs: clock.monotonicMs(), settled });
        this.advance();
      },
    };
  }

  /** To be called when anything has changed of what the servers hold. */
  advance(): void {
    const { state } = this.#options;
    for (const account of state.names.tentative) {
      if (this.#coordinates(account.creation!.coordinator) && !this.#decided.has(account)) this.#tryToDecide(account);
    }
    for (const account of this.#witnessesByAccount.keys()) if (!account.isTentative) this.#forget(account);
    if (this.#waiting.some(({ account }) => !account.isTentative)) this.#tellSettled();
  }

  /** Nobody is kept waiting for long: another server may know more, and asking again does no harm. */
  tick(nowMs: number): void {
    const late = this.#waiting.filter(({ sinceMs }) => nowMs - sinceMs > limits.claimAnswerMs);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter((waiting) => !late.includes(waiting));
    const text = 'Whether the name is free cannot be told by the servers that can be reached now.';
    const failed = { ...failure('NOT_ENOUGH_COPIES', text), mayHaveHappened: true };
    for (const { settled } of late) settled({ state: 'refused', failure: failed });
  }

  #tryToDecide(account: Account): void {
    const { state, minCopies, members, mayWrite } = this.#options;
    const witnesses = this.#learnWitnesses(account);
    if (!mayWrite() || !this.#knowsWhatWasDecided(account)) return;
    const rivals = state.names.rivals(account);
    if (rivals.some((rival) => rival.isFinal || isEarlier(rival, account))) {
      this.#decided.add(account);
      this.#writing.anyhow('AccountDeletedOp', { account: account.id }, () => undefined);
      return;
    }
    const needed = Math.max(minCopies, Math.floor(members.list.length / 2) + 1);
    const own = members.has(members.self) ? 1 : 0;
    if (rivals.length > 0 || own + witnesses.size < needed) return;
    for (const durable of witnesses.values()) if (!state.applied.coversAll(durable)) return;
    const others = state.names.claims(account.creation!.name).filter((claim) => claim !== account);
    const seen = new Vector(others.map(({ id }) => id)).entries();
    this.#decided.add(account);
    this.#writing.anyhow('AccountConfirmedOp', { account: account.id, seen }, () => undefined);
  }

  /** What a server has told of a claim stays true when its link breaks. */
  #learnWitnesses(account: Account): ReadonlyMap<ServerId, Vector> {
    let witnesses = this.#witnessesByAccount.get(account);
    if (witnesses === undefined) {
      witnesses = new Map();
      this.#witnessesByAccount.set(account, witnesses);
    }
    for (const { server, durable } of this.#options.peers.linkedMembers) {
      if (!witnesses.has(server) && durable.covers(account.id)) witnesses.set(server, durable.clone());
    }
    for (const server of witnesses.keys()) if (!this.#options.members.has(server)) witnesses.delete(server);
    return witnesses;
  }

  #coordinates(coordinator: ServerId): boolean {
    const { members } = this.#options;
    return coordinator === members.self || (!members.has(coordinator) && members.ids[0] === members.self);
  }

  #knowsWhatWasDecided(account: Account): boolean {
    const { origin, members, state } = this.#options;
    if (account.creation!.coordinator !== members.self) return this.#knowsWhatOthersDid();
    if (account.id.origin === origin.current) return true;
    return origin.hasHeard(members.others) && state.applied.coversAll(origin.shown);
  }

  /** Whoever decided before the changes of members that are known here decides no more, and all that they did is known. */
  #knowsWhatOthersDid(): boolean {
    const { members, peers, state } = this.#options;
    const changes = members.changes.map(formatDot).join(' ');
    if (this.#shownAfter?.changes !== changes) this.#shownAfter = { changes, byServer: new Map() };
    const { byServer } = this.#shownAfter;
    for (const { server, durable } of peers.linkedMembers) {
      const knowsChanges = members.changes.every((change) => durable.covers(change));
      if (knowsChanges && !byServer.has(server)) byServer.set(server, durable.clone());
    }
    return members.others.every(({ id }) => {
      const shown = byServer.get(id);
      return shown !== undefined && state.applied.coversAll(shown);
    });
  }

  #forget(account: Account): void {
    this.#decided.delete(account);
    this.#witnessesByAccount.delete(account);
  }

  #tellSettled(): void {
    const settled = this.#waiting.filter(({ account }) => !account.isTentative);
    this.#waiting = this.#waiting.filter(({ account }) => account.isTentative);
    const { whenStored } = this.#writing.context;
    for (const { account, settled: tell } of settled) {
      // Confirmed by its own op; where that is missing, it was given up.
      if (account.confirmation === undefined) tell({ state: 'refused', failure: failure('NAME_TAKEN') });
      else whenStored(account.confirmation)(tell);
    }
  }
}
