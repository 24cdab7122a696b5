/**
 * What is known of the ops of a made world by looking at its disks from outside: every op that was ever durable anywhere,
 * what each disk holds now, and what people were told to be stored. No server is asked for any of it.
 *
 * An acknowledged op is given up where a fault took the last disk that held it, or one before it of the same origin: the
 * promise does not cover that.
 */
import { recipientsOf } from '../core/model/conversation.js';
import { formatDot, type Dot, type Origin, type ServerId } from '../core/model/ids.js';
import { bodyOf, readRecord } from '../core/model/record.js';
import { Vector } from '../core/model/vector.js';
import { decodeSegmentHeader } from '../core/store/segment.js';
import { decode } from '../core/wire/codec.js';
import type { MessageOf } from '../core/wire/message-types.js';
import { schema } from '../core/wire/schema.js';
import type { MemoryDisk, WriteKind } from './disk.js';

export interface KnownOp extends Dot {
  readonly key: string;
  readonly time: number;
  readonly kind: number;
  readonly checksum: number;
  readonly previous: number;
  readonly record: Uint8Array;
  /** The first server that was seen to hold it. */
  readonly foundOn: ServerId;
}

export interface KnownMessage extends MessageOf<'MessageSentOp'> {
  readonly op: KnownOp;
  /** The accounts that it is for. */
  readonly readers: readonly string[];
}

export type AckedKind = 'account' | 'session' | 'message' | 'deletion';

export interface AckedOp extends Dot {
  readonly key: string;
  readonly kind: AckedKind;
  readonly what: string;
  readonly atMs: number;
  /** No disk holds it any more. */
  isLost: boolean;
}

/** What one server's disk holds. */
class Store {
  /** The ops that are there, by dot; also such as stand behind a gap. */
  #ops = new Map<string, KnownOp>();
  /** Of each origin, what is there without a gap. */
  held = new Vector();
  /**
   * Of each origin, the last that the log of the process counts: what it appends continues these. A start on a damaged disk
   * counts less than stands there, and what other servers or its own disk close the gap with is appended, so that after
   * a repair a record stands twice (S17, S36). Headers from then say so in later starts, too (S15). How far such a start
   * counts is shown by the first append of the origin; until then there is no entry.
   */
  readonly heads = new Map<Origin, number>();
  /** A start has found this disk damaged, so that it may count less than stands here, even once all is mended. */
  mayCountLess = false;
  /** Everything that was ever confirmed to be there. */
  readonly ever = new Set<string>();

  /** Returns what was there. */
  empty(): Map<string, KnownOp> {
    const before = this.#ops;
    this.#ops = new Map();
    this.held = new Vector();
    return before;
  }

  has({ key, checksum }: KnownOp): boolean {
    return this.#ops.get(key)?.checksum === checksum;
  }

  add(op: KnownOp): void {
    const { origin } = op;
    this.#ops.set(op.key, op);
    let held = this.held.get(origin);
    while (this.#ops.has(formatDot({ origin, seq: held + 1 }))) held += 1;
    this.held.raise(origin, held);
  }
}

/** Reads the records of a segment from `offset` on. Behind a bad place it goes on where the record there says. */
function* recordsIn(bytes: Uint8Array, offset: number): Generator<KnownOp | 'bad'> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = offset;
  while (at + 4 <= bytes.length) {
    const reading = readRecord(bytes, at);
    if (reading.state === 'whole') {
      const { header } = reading;
      const record = bytes.slice(at, at + header.length);
      yield { ...header, key: formatDot(header), record, foundOn: 0 };
    } else {
      yield 'bad';
    }
    const length = view.getUint32(at);
    if (length === 0) return;
    at += length;
  }
}

/** The records of a file begin behind its header, which says how long it is. */
function headerLengthOf(bytes: Uint8Array): number {
  return bytes.length < 12 ? bytes.length : new DataView(bytes.buffer, bytes.byteOffset).getUint32(8);
}

export class Ledger {
  /** Every op that a disk ever held, by dot. */
  readonly ops = new Map<string, KnownOp>();
  messages: KnownMessage[] = [];
  /** Accounts that were deleted, by the dot of the deletion. */
  readonly deletions = new Map<string, MessageOf<'AccountDeletedOp'> & { readonly op: KnownOp }>();
  creations: (MessageOf<'AccountCreatedOp'> & { readonly op: KnownOp })[] = [];
  confirmations: (MessageOf<'AccountConfirmedOp'> & { readonly op: KnownOp })[] = [];
  marks: (MessageOf<'DeliveredOp'> & { readonly op: KnownOp })[] = [];
  readonly acked: AckedOp[] = [];
  /** Two ops under one dot. */
  clash: string | undefined;
  /** A record that does not continue what its disk held. */
  gap: string | undefined;
  /** An op that was durable on a disk, and that a start took away. */
  cut: string | undefined;
  readonly #stores = new Map<ServerId, Store>();
  /** Servers whose disk was damaged: on it, records may stand behind a gap. */
  readonly #damaged = new Set<ServerId>();

  constructor(servers: readonly ServerId[]) {
    for (const server of servers) this.#stores.set(server, new Store());
  }

  held(server: ServerId): Vector {
    return this.#storeOf(server).held;
  }

  isDamaged(server: ServerId): boolean {
    return this.#damaged.has(server);
  }

  /** On how many servers the op was durable at some time. */
  everHeldBy(dot: Dot): ServerId[] {
    const key = formatDot(dot);
    return [...this.#stores].filter(([, store]) => store.ever.has(key)).map(([server]) => server);
  }

  heldBy(dot: Dot): ServerId[] {
    return [...this.#stores].filter(([, store]) => store.held.covers(dot)).map(([server]) => server);
  }

  /** Somebody was told that the op is stored. */
  acknowledged(kind: AckedKind, dot: Dot, what: string, atMs: number): void {
    const isLost = this.heldBy(dot).length === 0;
    this.acked.push({ ...dot, key: formatDot(dot), kind, what, atMs, isLost });
  }

  isLost(dot: Dot): boolean {
    return this.heldBy(dot).length === 0;
  }

  /** A disk confirmed a write. Returns the ops in it. */
  written(server: ServerId, file: string, bytes: Uint8Array, kind: WriteKind, disk: MemoryDisk): KnownOp[] {
    if (!file.endsWith('.log')) return [];
    const isHeader = bytes.length >= 8 && bytes[0] === 0x48 && bytes[1] === 0x4f;
    // Only mending overwrites, or makes a segment that has records. The place may be one of several.
    if (kind === 'overwrite' || (isHeader && bytes.length > headerLengthOf(bytes))) {
      this.diskChanged(server, disk, 'mend');
    }
    if (isHeader) return [];
    const ops: KnownOp[] = [];
    for (const op of recordsIn(bytes, 0)) {
      if (op === 'bad') this.gap ??= `server ${server} wrote something that is no record`;
      else {
        if (kind === 'append') this.#appended(server, op);
        ops.push(this.#found(server, op));
      }
    }
    return ops;
  }

  /** The disk is not what it was: it is read anew. Returns acknowledged ops that are lost by it. */
  diskChanged(server: ServerId, disk: MemoryDisk, cause: 'fault' | 'start' | 'mend'): AckedOp[] {
    const store = this.#storeOf(server);
    const before = store.empty();
    this.#damaged.delete(server);
    const files = disk.list().filter((file) => file.endsWith('.log'));
    // Segments are numbered from 1 without a gap.
    if (files.some((file, index) => Number.parseInt(file, 10) !== index + 1)) this.#damaged.add(server);
    for (const file of files) {
      const bytes = disk.look(file);
      // Where the header is damaged there is no telling where the records begin.
      if (decodeSegmentHeader(bytes, Number.parseInt(file, 10)).state !== 'whole') this.#damaged.add(server);
      for (const op of recordsIn(bytes, headerLengthOf(bytes))) {
        if (op === 'bad') this.#damaged.add(server);
        else this.#found(server, op);
      }
    }
    const taken = [...before].find(([key, op]) => !store.has(op) && this.ops.get(key)?.checksum === op.checksum);
    if (cause !== 'fault' && taken !== undefined)
      this.cut ??= `${taken[0]} was durable on server ${server}, until it ${cause === 'start' ? 'started' : 'mended its log'}`;
    if (files.length === 0) store.mayCountLess = false;
    if (cause === 'start') this.#started(store, this.#damaged.has(server));
    const lost = this.acked.filter((op) => !op.isLost && this.isLost(op));
    for (const op of lost) op.isLost = true;
    return lost;
  }

  #started(store: Store, isDamaged: boolean): void {
    store.heads.clear();
    store.mayCountLess ||= isDamaged;
    if (store.mayCountLess) return;
    for (const { origin, seq } of store.held.entries()) store.heads.set(origin, seq);
  }

  /** The log takes of each origin only the next, whatever its disk has gone through since the process began. */
  #appended(server: ServerId, { origin, seq, key }: KnownOp): void {
    const store = this.#storeOf(server);
    const head = store.heads.get(origin) ?? (store.mayCountLess ? undefined : 0);
    store.heads.set(origin, seq);
    const held = store.held.get(origin);
    const isNext = head === undefined ? this.#damaged.has(server) || seq <= held + 1 : seq === head + 1;
    if (!isNext) this.gap ??= `server ${server} wrote ${key}, and held ${head ?? held} of that origin`;
  }

  #found(server: ServerId, op: KnownOp): KnownOp {
    const store = this.#storeOf(server);
    const known = this.ops.get(op.key);
    if (known !== undefined && known.checksum !== op.checksum) this.#clashed(known, op, server);
    store.add(op);
    store.ever.add(op.key);
    if (known?.checksum === op.checksum) return known;
    const added = { ...op, foundOn: server };
    this.ops.set(op.key, added);
    this.#read(added, known !== undefined);
    return added;
  }

  /**
   * Where the first op of a dot is on no disk any more, nobody could know that the dot was used. Another then has its
   * place. Where that is a message, whoever was shown the first takes it for that, so nobody is expected to get it.
   */
  #clashed(known: KnownOp, op: KnownOp, server: ServerId): void {
    const holders = [...this.#stores].filter(([, store]) => store.has(known)).map(([id]) => id);
    if (holders.length > 0) {
      this.clash ??= `${op.key} is one op on server ${holders.join(', ')} and another on server ${server}`;
    }
    const isOther = ({ op: { key } }: { readonly op: KnownOp }): boolean => key !== op.key;
    this.messages = this.messages.filter(isOther);
    this.creations = this.creations.filter(isOther);
    this.confirmations = this.confirmations.filter(isOther);
    this.marks = this.marks.filter(isOther);
    this.deletions.delete(op.key);
  }

  #read(op: KnownOp, isSecond: boolean): void {
    const body = bodyOf(op.record);
    if (op.kind === schema.MessageSentOp.op) {
      if (isSecond) return;
      const message = decode('MessageSentOp', body);
      const readers = recipientsOf(message.conversation, message.sender).map(formatDot);
      this.messages.push({ ...message, op, readers });
    } else if (op.kind === schema.AccountCreatedOp.op) this.creations.push({ ...decode('AccountCreatedOp', body), op });
    else if (op.kind === schema.AccountConfirmedOp.op)
      this.confirmations.push({ ...decode('AccountConfirmedOp', body), op });
    else if (op.kind === schema.DeliveredOp.op) this.marks.push({ ...decode('DeliveredOp', body), op });
    else if (op.kind === schema.AccountDeletedOp.op) {
      this.deletions.set(op.key, { ...decode('AccountDeletedOp', body), op });
    }
  }

  #storeOf(server: ServerId): Store {
    const store = this.#stores.get(server);
    if (store === undefined) throw new Error(`There is no server ${server}.`);
    return store;
  }
}
