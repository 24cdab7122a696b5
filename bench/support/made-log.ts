/**
 * Makes the log of a server that holds many messages, without servers or network: a million takes seconds. It is written with
 * the program's own codec, records and log, under one origin, and is like any other: a server opens it as its own, and
 * others catch up with it.
 *
 * What is in it: accounts with a session each, then messages in a ring (each account writes to the next) at rising times of
 * the last weeks, then a mark for each account that all of its messages were delivered. Texts have 200 bytes of made-up words,
 * of which few are frequent and most are rare. The same options give the same log, but for the password's hash and the times.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

import { ByteWriter } from '#src/core/lib/byte-writer.js';
import type { Dot } from '#src/core/model/ids.js';
import { RECORD_HEADER_BYTES, sealRecord } from '#src/core/model/record.js';
import { Log } from '#src/core/store/log.js';
import { encodeInto } from '#src/core/wire/codec.js';
import type { MessageOf, OpName } from '#src/core/wire/message-types.js';
import { schema } from '#src/core/wire/schema.js';
import { NodeDisk } from '#src/io/node/disk.js';
import { NodePasswords } from '#src/io/node/passwords.js';
import { SeededRandom } from '#src/sim/seeded-random.js';
import { makeTexts } from './made-texts.js';
import { PASSWORD } from './person.js';

const ORIGIN = 4_711;
const LOG_ID = 1_234;
const TEXTS = 2_000;
const SPAN_MS = 28 * 24 * 3_600_000;
const TICKS_PER_MS = 1024;
/** With so much waiting, the disk gets a turn; with as much as the second, all of it is waited for. */
const TURN_BYTES = 4 * 1024 * 1024;
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

export interface MadeLogOptions {
  /** Where the log's files go. */
  readonly directory: string;
  readonly messages: number;
  readonly accounts: number;
  readonly seed?: number;
}

/** Someone who is in the log, with what it takes to resume the session. */
export interface MadeAccount {
  readonly name: string;
  readonly id: Dot;
  readonly session: Dot;
  readonly token: Uint8Array;
}

export interface MadeLog {
  readonly accounts: readonly MadeAccount[];
  /** Covers every message. */
  readonly delivered: readonly Dot[];
  readonly bytes: number;
  /** Hybrid times between which its messages are. */
  readonly fromTime: number;
  readonly toTime: number;
}

/** The password of everyone in it is {@link PASSWORD}. */
export async function makeLog({ directory, messages, accounts, seed = 1 }: MadeLogOptions): Promise<MadeLog> {
  const disk = new NodeDisk(directory);
  const writer = new LogWriter(disk, Date.now() - SPAN_MS, SPAN_MS / (messages + 3 * accounts + 1));
  const passwordHash = await hashOf(PASSWORD);
  const people = Array.from({ length: accounts }, (_, index) => writer.addAccount(`person-${index}`, passwordHash));
  const texts = makeTexts(TEXTS, new SeededRandom(seed));
  const random = new SeededRandom(seed + 1);
  for (let count = 0; count < messages; count += 1) {
    const sender = people[count % accounts]!;
    const recipient = people[(count + 1) % accounts]!;
    sender.counter += 1;
    writer.write('MessageSentOp', {
      sender: sender.id,
      conversation: {
        direct: sender.id.seq < recipient.id.seq ? [sender.id, recipient.id] : [recipient.id, sender.id],
      },
      operation: { client: sender.client, counter: sender.counter },
      text: texts[random.below(TEXTS)]!,
    });
    const turn = writer.keepUp();
    if (turn !== undefined) await turn;
  }
  const delivered = [{ origin: ORIGIN, seq: writer.seq }];
  for (const { id } of people) writer.write('DeliveredOp', { account: id, mark: delivered });
  await writer.durable();
  disk.close();
  return {
    accounts: people,
    delivered,
    bytes: writer.bytes,
    fromTime: writer.timeOf(1),
    toTime: writer.timeOf(writer.seq),
  };
}

class LogWriter {
  seq = 0;
  readonly #log: Log;
  readonly #writer = new ByteWriter();
  readonly #fromMs: number;
  readonly #stepMs: number;
  #previous = 0;
  #bytesSinceTurn = 0;
  #told: () => void = () => undefined;

  constructor(disk: NodeDisk, fromMs: number, stepMs: number) {
    this.#fromMs = fromMs;
    this.#stepMs = stepMs;
    const opening = Log.open({
      disk,
      newLogId: LOG_ID,
      from: undefined,
      begin: () => undefined,
      visit: () => {
        throw new Error('There is a log already.');
      },
      events: {
        durable: () => {
          if (this.#log.waitingBytes === 0) this.#told();
        },
        failed: (failure) => {
          throw new Error(JSON.stringify(failure));
        },
      },
    });
    if (opening.state !== 'open') throw new Error('The log is of another version.');
    this.#log = opening.log;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** Lets the disk write what was appended, so that little of it is in memory. */
  keepUp(): Promise<void> | undefined {
    if (this.#bytesSinceTurn < TURN_BYTES) return undefined;
    this.#bytesSinceTurn = 0;
    if (this.#log.waitingBytes >= WAITING_BYTES_MAX) return this.durable();
    this.#log.flush();
    return setImmediate();
  }

  timeOf(seq: number): number {
    return Math.floor((this.#fromMs + seq * this.#stepMs) * TICKS_PER_MS);
  }

  write<N extends OpName>(name: N, op: MessageOf<N>): Dot {
    this.seq += 1;
    const writer = this.#writer;
    writer.reset();
    writer.bytes(roomForHeader);
    encodeInto(writer, name, op);
    const bytes = writer.view();
    const fields = {
      origin: ORIGIN,
      seq: this.seq,
      time: this.timeOf(this.seq),
      previous: this.#previous,
      kind: schema[name].op,
    };
    const header = sealRecord(bytes, fields);
    this.#previous = header.checksum;
    this.#log.append(bytes, header);
    this.#bytesSinceTurn += bytes.length;
    return { origin: ORIGIN, seq: this.seq };
  }

  addAccount(name: string, passwordHash: string): MadeAccount & { readonly client: Uint8Array; counter: number } {
    const client = digestOf(`client of ${name}`).slice(0, 16);
    const token = digestOf(`token of ${name}`);
    const creation = { name, passwordHash, operation: { client, counter: 1 }, seen: [], coordinator: 0 };
    const id = this.write('AccountCreatedOp', creation);
    const tokenHash = new Uint8Array(createHash('sha256').update(token).digest());
    const opening = { account: id, tokenHash, operation: { client, counter: 2 }, replaces: [] };
    return { name, id, session: this.write('SessionOpenedOp', opening), token, client, counter: 2 };
  }

  async durable(): Promise<void> {
    if (this.#log.waitingBytes === 0) return;
    await new Promise<void>((resolve) => {
      this.#told = resolve;
      this.#log.flush();
    });
  }
}

const roomForHeader = new Uint8Array(RECORD_HEADER_BYTES);

function digestOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

function hashOf(password: string): Promise<string> {
  return new Promise((resolve, reject) => {
    new NodePasswords().hash(password, (result) => {
      if (result.state === 'hashed') resolve(result.hash);
      else reject(new Error('No password was hashed.'));
    });
  });
}
