/**
 * The chat state: a function of the set of ops, whatever order they came in. It takes ops once each, when they are
 * durable, and says what each one changed for those outside. Messages themselves are not kept here: they are in the
 * log, found through the view database.
 */
import { assert } from '../lib/assert.js';
import { DotMap } from '../model/dot-map.js';
import { formatDot, parseDot, type Dot, type Origin } from '../model/ids.js';
import type { RecordHeader } from '../model/record.js';
import { Vector } from '../model/vector.js';
import type { Entity } from '../ports/view.js';
import { decode } from '../wire/codec.js';
import { readMessageSent, type MessageSentInBytes } from '../wire/hot/message-sent.js';
import type { MessageOf } from '../wire/message-types.js';
import { schema } from '../wire/schema.js';
import { Account } from './account.js';
import { recipientsOf } from '../model/conversation.js';
import { EntityBook, entityKinds } from './entities.js';
import { GroupMembers, type SettledMember } from './group-members.js';
import { LateOps } from './late-ops.js';
import { LatestMerges } from './latest-merges.js';
import { Names } from './names.js';
import { copyOperation } from './operation-id.js';
import { OriginEnd } from './origin-end.js';

/** What an op changed, for those outside the state. */
export type Change =
  | { readonly kind: 'nothing' }
  /** It had been applied: the state was saved before the log lost it. */
  | { readonly kind: 'known' }
  /** It has a name in view, and is no account yet. */
  | { readonly kind: 'nameClaimed'; readonly account: Account }
  /** `renamed`: accounts that lost the name by it, itself perhaps among them, or have it back. */
  | { readonly kind: 'accountCreated'; readonly account: Account; readonly renamed: readonly Account[] }
  | { readonly kind: 'accountDeleted'; readonly account: Account }
  | { readonly kind: 'sessionsChanged'; readonly account: Account; readonly ended: readonly Dot[] }
  | { readonly kind: 'membersChanged' }
  | MessageChange;

export interface MessageChange {
  readonly kind: 'message';
  readonly sender: Account;
  readonly recipients: readonly Account[];
  /** The op, which shares its memory with the record. */
  readonly op: MessageSentInBytes;
  /** A split made two ops of one send, and the other was applied before. */
  readonly secondCopy: boolean;
}

const nothing: Change = { kind: 'nothing' };

export class ChatState {
  readonly names = new Names();
  readonly members = new GroupMembers();
  readonly book = new EntityBook();
  readonly late = new LateOps(this.book);
  readonly merges = new LatestMerges();
  readonly #accounts = new DotMap<Account>();
  readonly #origins = new Map<Origin, OriginEnd>();
  readonly #applied = new Vector();

  /** The ops applied. */
  get applied(): Vector {
    return this.#applied;
  }

  account(id: Dot): Account | undefined {
    return this.#accounts.get(id);
  }

  /** The same for an account that an op has named, be it that the op which made it has not arrived. */
  namedAccount(id: Dot): Account {
    return this.#accountFor(id);
  }

  /** The checksum of the origin's last applied record; 0 before the first. */
  checksum(origin: Origin): number {
    return this.#origins.get(origin)?.checksum ?? 0;
  }

  /**
   * Applies the next op of its origin. One that is among those applied changes nothing. A body that cannot be read, or of a kind that is not known, changes nothing
   * but its origin's end.
   * @throws WireFault where the body cannot be read; the state is as it should be all the same.
   */
  apply(header: RecordHeader, body: Uint8Array): Change {
    if (this.#applied.covers(header)) return { kind: 'known' };
    this.#applied.raise(header.origin, header.seq);
    let end = this.#origins.get(header.origin);
    if (end === undefined) {
      end = new OriginEnd(header.origin);
      this.#origins.set(header.origin, end);
    }
    end.moveTo(header.seq, header.checksum);
    this.book.touch(end);
    switch (header.kind) {
      case schema.AccountCreatedOp.op:
        return this.#createAccount(header, decode('AccountCreatedOp', body));
      case schema.AccountConfirmedOp.op:
        return this.#confirmAccount(header, decode('AccountConfirmedOp', body));
      case schema.AccountDeletedOp.op:
        return this.#deleteAccount(decode('AccountDeletedOp', body));
      case schema.SessionOpenedOp.op:
        return this.#openSession(header, decode('SessionOpenedOp', body));
      case schema.SessionClosedOp.op:
        return this.#closeSession(decode('SessionClosedOp', body));
      case schema.MessageSentOp.op:
        return this.#sendMessage(readMessageSent(body));
      case schema.DeliveredOp.op:
        return this.#moveMark(decode('DeliveredOp', body));
      case schema.MergedOp.op:
        return this.#merge(header, decode('MergedOp', body));
      case schema.MemberSetOp.op:
        return this.#settled(this.members.set(header, decode('MemberSetOp', body)));
      case schema.MemberRemovedOp.op:
        return this.#settled(this.members.remove(header, decode('MemberRemovedOp', body)));
      default:
        return nothing;
    }
  }

  /** Takes up what was saved. To be called before any op is applied. */
  restore(entities: readonly (Entity & { readonly value: Uint8Array })[]): void {
    for (const { kind, key, value } of entities) {
      if (kind === entityKinds.origin) {
        const end = OriginEnd.restore(key, value);
        this.#origins.set(end.origin, end);
        this.#applied.raise(end.origin, end.seq);
        this.book.loaded(end, value);
      } else if (kind === entityKinds.account) {
        const account = this.#accountFor(dotOfKey(key));
        account.restore(value);
        this.book.loaded(account, value);
      } else if (kind === entityKinds.mark) {
        const { mark } = this.#accountFor(dotOfKey(key));
        mark.restore(value);
        this.book.loaded(mark, value);
      } else if (kind === entityKinds.client) {
        const saved = decode('SavedClient', value);
        this.book.loaded(this.#accountFor(saved.account).clients.restore(saved), value);
      } else if (kind === entityKinds.late) {
        this.late.restore(key, value);
      } else if (kind === entityKinds.merges) {
        this.merges.restore(value);
        this.book.loaded(this.merges, value);
      } else if (kind === entityKinds.member) {
        this.book.loaded(this.members.restore(key, value), value);
      }
    }
    for (const account of this.#accounts.values()) if (account.creation !== undefined) this.names.claim(account);
  }

  #accountFor(id: Dot): Account {
    let account = this.#accounts.get(id);
    if (account === undefined) {
      account = new Account(id);
      this.#accounts.set(id, account);
    }
    return account;
  }

  #createAccount(header: RecordHeader, op: MessageOf<'AccountCreatedOp'>): Change {
    const account = this.#accountFor({ origin: header.origin, seq: header.seq });
    account.create({
      name: op.name,
      passwordHash: op.passwordHash,
      operation: copyOperation(op.operation),
      seen: new Vector(op.seen),
      time: header.time,
      coordinator: op.coordinator,
    });
    this.#count(account, op.operation);
    const renamed = this.names.claim(account);
    this.book.touch(account);
    return account.isFinal ? { kind: 'accountCreated', account, renamed } : { kind: 'nameClaimed', account };
  }

  #confirmAccount(header: RecordHeader, op: MessageOf<'AccountConfirmedOp'>): Change {
    const account = this.#accountFor(op.account);
    account.confirm({ origin: header.origin, seq: header.seq }, new Vector(op.seen));
    this.book.touch(account);
    if (account.creation === undefined) return nothing;
    return { kind: 'accountCreated', account, renamed: this.names.confirmed(account) };
  }

  #deleteAccount(op: MessageOf<'AccountDeletedOp'>): Change {
    const account = this.#accountFor(op.account);
    account.delete();
    this.book.touch(account);
    this.book.touch(account.mark);
    return { kind: 'accountDeleted', account };
  }

  #openSession(header: RecordHeader, op: MessageOf<'SessionOpenedOp'>): Change {
    const account = this.#accountFor(op.account);
    const id = { origin: header.origin, seq: header.seq };
    this.#count(account, op.operation);
    account.openSession({
      id,
      key: formatDot(id),
      tokenHash: op.tokenHash.slice(),
      operation: copyOperation(op.operation),
      time: header.time,
    });
    for (const replaced of op.replaces) account.closeSession(replaced, this.#applied.covers(replaced));
    this.book.touch(account);
    return { kind: 'sessionsChanged', account, ended: op.replaces };
  }

  #closeSession(op: MessageOf<'SessionClosedOp'>): Change {
    const account = this.#accountFor(op.account);
    account.closeSession(op.session, this.#applied.covers(op.session));
    this.book.touch(account);
    return { kind: 'sessionsChanged', account, ended: [op.session] };
  }

  #sendMessage(op: MessageSentInBytes): Change {
    const sender = this.#accountFor(op.sender);
    const { client, counter } = op.operation;
    const counters = sender.clients.of(client);
    const secondCopy = !counters.seen.add(counter);
    this.book.touch(counters);
    return {
      kind: 'message',
      sender,
      recipients: recipientsOf(op.conversation, op.sender).map((id) => this.#accountFor(id)),
      op,
      secondCopy,
    };
  }

  #settled(member: SettledMember | undefined): Change {
    if (member === undefined) return nothing;
    this.book.touch(member);
    return { kind: 'membersChanged' };
  }

  /** Counters that were used for something else than a send are as gone, and leave no gap between those of sends. */
  #count(account: Account, { client, counter }: MessageOf<'OperationId'>): void {
    const counters = account.clients.of(client);
    if (counters.seen.add(counter)) this.book.touch(counters);
  }

  #moveMark(op: MessageOf<'DeliveredOp'>): Change {
    const account = this.#accountFor(op.account);
    if (!account.deleted && account.mark.vector.join(new Vector(op.mark))) this.book.touch(account.mark);
    return nothing;
  }

  #merge(header: RecordHeader, { late, merge }: MessageOf<'MergedOp'>): Change {
    for (const range of late) this.late.add(range);
    if (merge !== undefined) {
      const { origin, seq, time } = header;
      this.merges.add({ id: { origin, seq }, merge: { ...merge, time } });
      this.book.touch(this.merges);
    }
    return nothing;
  }
}

function dotOfKey(key: string): Dot {
  const dot = parseDot(key);
  assert(dot !== undefined, 'saved keys are dots');
  return dot;
}
