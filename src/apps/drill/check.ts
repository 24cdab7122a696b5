/**
 * Compares what clients sent, were told and saw with what the servers hold in the end. It knows nothing of servers and
 * faults: it is given a record and says what in it breaks a promise.
 */

/** Messages from one client to one account. They are numbered from 1 in the order in which they were sent. */
export interface PairRecord {
  readonly sender: string;
  readonly reader: string;
  readonly sent: number;
  readonly acked: ReadonlySet<number>;
  /** In the order in which the reader was shown them. */
  readonly seen: readonly SeenMessage[];
  /** By server: the conversation as it is told in the end, oldest message first. */
  readonly storedByServer: ReadonlyMap<number, readonly number[]>;
}

export interface SeenMessage {
  readonly number: number;
  /** It was marked as having come by a merge, later than its place. */
  readonly late: boolean;
}

export interface Finding {
  /** `misplaced`: it stands behind a later one in a history. `outOfOrder`: it was shown after a later one, and not as late. */
  readonly kind: 'lost' | 'duplicated' | 'outOfOrder' | 'misplaced' | 'neverSent';
  readonly sender: string;
  readonly reader: string;
  readonly number: number;
  /** Where it shows: in what the reader saw, or in the history of a server. */
  readonly place: 'stream' | number;
}

export interface Verdict {
  readonly acked: number;
  readonly seen: number;
  readonly late: number;
  readonly findings: readonly Finding[];
}

export function check(pairs: readonly PairRecord[]): Verdict {
  return {
    acked: sum(pairs, ({ acked }) => acked.size),
    seen: sum(pairs, ({ seen }) => seen.length),
    late: sum(pairs, ({ seen }) => seen.filter(({ late }) => late).length),
    findings: pairs.flatMap((pair) => checkPair(pair)),
  };
}

/** How many messages a kind of finding is about; one that is missing in three places is one. */
export function messagesOf(findings: readonly Finding[], kind: Finding['kind']): number {
  const keys = findings.filter((finding) => finding.kind === kind);
  return new Set(keys.map(({ sender, reader, number }) => `${sender} ${reader} ${number}`)).size;
}

function checkPair(pair: PairRecord): Finding[] {
  const findings: Finding[] = [];
  const add = (kind: Finding['kind'], number: number, place: Finding['place']): void => {
    findings.push({ kind, sender: pair.sender, reader: pair.reader, number, place });
  };
  const inStream = pair.seen.map(({ number }) => number);
  for (const [place, numbers] of [['stream', inStream] as const, ...pair.storedByServer]) {
    const present = new Set<number>();
    for (const number of numbers) {
      if (!Number.isInteger(number) || number < 1 || number > pair.sent) add('neverSent', number, place);
      else if (present.has(number)) add('duplicated', number, place);
      present.add(number);
    }
    for (const number of pair.acked) if (!present.has(number)) add('lost', number, place);
  }
  for (const [place, numbers] of pair.storedByServer) {
    let latest = 0;
    for (const number of numbers) {
      if (number < latest) add('misplaced', number, place);
      latest = Math.max(latest, number);
    }
  }
  let latest = 0;
  for (const { number, late } of pair.seen) {
    if (number < latest && !late) add('outOfOrder', number, 'stream');
    latest = Math.max(latest, number);
  }
  return findings;
}

function sum<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
