/** Helpers for tests of the log: chains of records, and a log on a disk in memory whose every step the test takes. */
import assert from 'node:assert/strict';

import { positionOf, type Position } from '../model/position.js';
import { encodeRecord, readRecord, RecordCursor, type LogChunk, type RecordHeader } from '../model/record.js';
import { MemoryDisk } from '../../sim/disk.js';
import type { DiskFailure } from '../ports/disk.js';
import { Log, type LogOptions, type LogReadResult } from './log.js';
import type { RecoveryReport, RecoveryStart } from './recovery.js';

export interface TestRecord {
  readonly bytes: Uint8Array;
  readonly header: RecordHeader;
}

/** Makes the records of any origins, each continuing its origin's chain. */
export class Chains {
  readonly #lastByOrigin = new Map<number, RecordHeader>();

  next(origin: number, body: number | Uint8Array = 20): TestRecord {
    const last = this.#lastByOrigin.get(origin);
    const seq = (last?.seq ?? 0) + 1;
    const bytes = encodeRecord(
      { origin, seq, time: 1_000_000 + seq, previous: last?.checksum ?? 0, kind: 7 },
      typeof body === 'number' ? new Uint8Array(body).fill(65 + (seq % 26)) : body,
    );
    const header = headerOf(bytes);
    this.#lastByOrigin.set(origin, header);
    return { bytes, header };
  }

  /** Goes back to where these records end, as one does who lost the later ones. */
  rewind(records: readonly TestRecord[]): void {
    this.#lastByOrigin.clear();
    for (const { header } of records) this.#lastByOrigin.set(header.origin, header);
  }
}

export function headerOf(bytes: Uint8Array): RecordHeader {
  const reading = readRecord(bytes, 0);
  assert.equal(reading.state, 'whole');
  return (reading as { header: RecordHeader }).header;
}

export const nameOf = ({ origin, seq }: { origin: number; seq: number }): string => `${origin}-${seq}`;

export function recordsIn({ bytes }: LogChunk): TestRecord[] {
  const records: TestRecord[] = [];
  for (const cursor = new RecordCursor(bytes); cursor.next();) {
    records.push({ bytes: cursor.record(), header: cursor.header() });
  }
  return records;
}

export const namesIn = (chunk: LogChunk): string[] => recordsIn(chunk).map(({ header }) => nameOf(header));

/** A disk whose operations end one by one, when the test says so. */
export class SteppedDisk {
  readonly #waiting: (() => void)[] = [];
  disk = new MemoryDisk((run) => this.#waiting.push(run));

  step(): boolean {
    const run = this.#waiting.shift();
    run?.();
    return run !== undefined;
  }

  settle(): void {
    while (this.step());
  }

  crash(chance: (below: number) => number): void {
    this.disk = this.disk.crash(chance);
  }
}

export interface OpenedLog {
  readonly log: Log;
  readonly report: RecoveryReport;
  /** Names of the records visited. */
  readonly visited: string[];
  readonly positions: Position[];
  /** What `durable` told: the end, and how many records. */
  readonly durable: (readonly [Position, number])[];
  readonly failures: DiskFailure[];
}

export function openLog(
  disk: MemoryDisk,
  options: Partial<Pick<LogOptions, 'from' | 'segmentBytes' | 'newLogId'>> = {},
): OpenedLog {
  const visited: string[] = [];
  const positions: Position[] = [];
  const durable: (readonly [Position, number])[] = [];
  const failures: DiskFailure[] = [];
  const begun: RecoveryStart[] = [];
  const opening = Log.open({
    disk,
    newLogId: 77,
    from: undefined,
    begin: (start) => begun.push(start),
    visit: (bytes, header, position) => {
      assert.equal(begun.length, 1, 'what is visited is told before it is');
      assert.deepEqual(headerOf(bytes), header);
      visited.push(nameOf(header));
      positions.push(position);
    },
    events: {
      durable: (end, records) => durable.push([end, records]),
      failed: (failure) => failures.push(failure),
    },
    ...options,
  });
  assert.equal(opening.state, 'open');
  const { log, report } = opening;
  assert.deepEqual(begun, [report.start]);
  return { log, report, visited, positions, durable, failures };
}

/** A disk with a log of these records, all durable, and where each stands. */
export function writtenLog(
  records: readonly TestRecord[],
  options: { readonly segmentBytes?: number } = {},
): { readonly world: SteppedDisk; readonly positions: Position[]; readonly end: Position } {
  const world = new SteppedDisk();
  const { log } = openLog(world.disk, options);
  const positions = records.map(({ bytes, header }) => log.append(bytes, header));
  log.flush();
  world.settle();
  return { world, positions, end: log.end };
}

/** Everything that the disk serves from the beginning on: names of records, and `damaged` for each bad place. */
export function readAll(world: SteppedDisk, log: Log, maxBytes = 65_536): string[] {
  const found: string[] = [];
  let from: Position = positionOf(0, 0);
  for (;;) {
    const recent = log.readRecent(from, maxBytes);
    if (recent !== undefined) {
      found.push(...namesIn(recent.chunk));
      if (recent.next === from || recent.chunk.bytes.length === 0) return found;
      from = recent.next;
      continue;
    }
    const results: LogReadResult[] = [];
    log.read(from, maxBytes, (result) => results.push(result));
    world.settle();
    const [result] = results;
    if (result?.state === 'read') found.push(...namesIn(result.chunk));
    else found.push(result?.state ?? 'nothing');
    if (result?.state !== 'read' && result?.state !== 'damaged') return found;
    assert.ok(result.next > from, 'a read moves on');
    from = result.next;
  }
}
