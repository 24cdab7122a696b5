/** What the tests of search indexes share: messages in the making, as chunks of a log, and shorter ways to ask. */
import type { Dot } from '../model/ids.js';
import { encodeRecord, readRecord } from '../model/record.js';
import { nothingIndexed, type IndexedTo, type LogHead, type ReadTo } from '../ports/log-sink.js';
import type { Search, SearchAnswer, SearchQuery } from '../ports/search.js';
import { encode } from './codec.js';
import { schema } from './schema.js';

export interface SearchFixture {
  readonly search: Search;
  /** Closes the index and opens it again. Gives how far it is made. */
  reopen(): Promise<{ readonly search: Search; readonly indexed: IndexedTo | undefined }>;
  close(): Promise<void>;
}

export interface SearchDraft extends Dot {
  readonly time: number;
  readonly from: Dot;
  readonly to: Dot;
  readonly text: string;
}

/** Accounts are ops too, of an origin of their own. */
export const [anna, ben, carla] = [1, 2, 3].map((seq): Dot => ({ origin: 77, seq })) as [Dot, Dot, Dot];

/** A log that grows by chunks. */
export class DraftLog {
  readonly #checksumByOrigin = new Map<number, number>();
  #position = 64;

  get end(): ReadTo {
    return { ...nothingIndexed, position: this.#position };
  }

  /** The records of these messages, each the next of its origin. */
  records(drafts: readonly SearchDraft[]): Uint8Array[] {
    return drafts.map(({ origin, seq, time, from, to, text }) => {
      const direct = from.seq === to.seq ? [from] : [from, to].sort((a, b) => a.seq - b.seq);
      const operation = { client: new Uint8Array(16), counter: seq };
      const body = encode('MessageSentOp', { sender: from, conversation: { direct }, operation, text });
      const previous = this.#checksumByOrigin.get(origin) ?? 0;
      const record = encodeRecord({ origin, seq, time, previous, kind: schema.MessageSentOp.op }, body);
      this.#checksumByOrigin.set(origin, checksumOf(record));
      return record;
    });
  }

  async index(search: Pick<Search, 'index'>, records: readonly Uint8Array[]): Promise<readonly LogHead[]> {
    const length = records.reduce((sum, record) => sum + record.length, 0);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const record of records) {
      bytes.set(record, at);
      at += record.length;
    }
    const chunk = { position: this.#position, bytes };
    this.#position += length;
    return new Promise((resolve) => search.index(chunk, this.end, resolve));
  }
}

export function checksumOf(record: Uint8Array): number {
  const reading = readRecord(record, 0);
  if (reading.state !== 'whole') throw new Error('A record in the making is whole.');
  return reading.header.checksum;
}

export async function askSearch(search: Search, query: Partial<SearchQuery>): Promise<SearchAnswer> {
  return new Promise((resolve) => search.query(searchOf(query), resolve));
}

/** Anna's search, as far as nothing else is said. */
export function searchOf(query: Partial<SearchQuery>): SearchQuery {
  const all = { account: anna, from: undefined, with: undefined, terms: [], after: 0, before: undefined, limit: 100 };
  return { ...all, ...query };
}

/** A term as people type it, without quotation marks: `-word`, `begin*`, or words of a phrase. */
export function term(typed: string): SearchQuery['terms'][number] {
  const excluded = typed.startsWith('-');
  const prefix = typed.endsWith('*');
  return { text: typed.slice(excluded ? 1 : 0, prefix ? -1 : undefined), prefix, excluded };
}
