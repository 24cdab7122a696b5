/**
 * Measures the log on this machine's disk: records a second for batches of several sizes, the median time of a commit of
 * one record, and how long a start takes with and without a position to start from. `node dist/bench/log.js --help`
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';

import { Log } from '#src/core/store/log.js';
import type { Position } from '#src/core/model/position.js';
import { encodeRecord, readRecord, type RecordHeader } from '#src/core/model/record.js';
import { NodeDisk } from '#src/io/node/disk.js';
import { readOptions, refuse } from './support/options.js';
import { temporaryDirectory } from './support/temporary-directory.js';

const options = readOptions(
  `Measures the log alone: records a second for batches of several sizes, two seconds each, with the median time until one is
on the disk, and how long it takes to open a log of a million records, from its beginning and from near its end.`,
  { directory: { value: os.tmpdir(), meaning: 'a directory on the disk that is measured' } },
);
if (!fs.existsSync(options.directory)) refuse(`--directory takes one that is there, not "${options.directory}".`);

const RECORD_BYTES = 250;
const ORIGIN = 5;

interface OpenedLog {
  readonly log: Log;
  readonly visited: number;
  /** Resolves when everything appended before is durable. */
  readonly durable: () => Promise<void>;
}

function open(disk: NodeDisk, from: { logId: number; position: Position } | undefined): OpenedLog {
  let told: (() => void) | undefined;
  const opening = Log.open({
    disk,
    newLogId: 1,
    from,
    begin: () => undefined,
    visit: () => undefined,
    events: {
      durable: (end) => {
        if (end === log.end) told?.();
      },
      failed: (failure) => {
        throw new Error(JSON.stringify(failure));
      },
    },
  });
  if (opening.state !== 'open') throw new Error('the log is of another version');
  const { log, report } = opening;
  const durable = (): Promise<void> =>
    new Promise((resolve) => {
      told = resolve;
      log.flush();
    });
  return { log, visited: report.visited, durable };
}

/** A record that continues what the log holds. */
function appendOne(log: Log, body: Uint8Array): void {
  const head = log.head(ORIGIN);
  const seq = (head?.seq ?? 0) + 1;
  const fields = { origin: ORIGIN, seq, time: seq, previous: head?.checksum ?? 0, kind: 1 };
  const bytes = encodeRecord(fields, body);
  const reading = readRecord(bytes, 0);
  if (reading.state !== 'whole') throw new Error('a record just made is whole');
  const header: RecordHeader = reading.header;
  log.append(bytes, header);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function measureBatches({ log, durable }: OpenedLog, batch: number, seconds: number): Promise<void> {
  const body = new Uint8Array(RECORD_BYTES - 40).fill(97);
  const times: number[] = [];
  const start = performance.now();
  const cpuBefore = process.cpuUsage();
  while (performance.now() - start < seconds * 1000) {
    const began = performance.now();
    for (let index = 0; index < batch; index += 1) appendOne(log, body);
    await durable();
    times.push(performance.now() - began);
  }
  const cpu = process.cpuUsage(cpuBefore);
  const records = times.length * batch;
  const perSecond = Math.round((records / (performance.now() - start)) * 1000);
  const cpuMicros = ((cpu.user + cpu.system) / records).toFixed(2);
  console.log(
    `batch ${String(batch).padStart(5)}: ${String(perSecond).padStart(8)} records/s, ` +
      `p50 ${median(times).toFixed(3)} ms a batch, ${cpuMicros} µs CPU a record`,
  );
}

function measureStart(directory: string, from: { logId: number; position: Position } | undefined): void {
  const began = performance.now();
  const { visited, log } = open(new NodeDisk(directory), from);
  const ms = (performance.now() - began).toFixed(0);
  console.log(
    `start ${from ? 'near the end' : 'from the beginning'}: ${ms} ms, ${visited} of ${log.head(ORIGIN)?.seq}`,
  );
}

const root = temporaryDirectory(options.directory);
for (const batch of [1, 16, 64, 512, 4096]) {
  const disk = new NodeDisk(path.join(root, `batch-${batch}`));
  await measureBatches(open(disk, undefined), batch, 2);
  disk.close();
}
const directory = path.join(root, 'starts');
const disk = new NodeDisk(directory);
const opened = open(disk, undefined);
let nearEnd: Position = 0;
for (let index = 0; index < 1_000_000; index += 1) {
  if (index === 999_000) nearEnd = opened.log.end;
  appendOne(opened.log, new Uint8Array(RECORD_BYTES - 40));
  if (index % 10_000 === 0) await opened.durable();
}
await opened.durable();
disk.close();
measureStart(directory, undefined);
measureStart(directory, { logId: opened.log.id, position: nearEnd });
