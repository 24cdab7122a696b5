/** Makes records as servers would, for tests: several origins, chained, with rising hybrid times. */
import assert from 'node:assert/strict';
import { bodyOf, encodeRecord, readRecord, type RecordHeader } from '../model/record.js';
import type { Dot } from '../model/ids.js';
import { encode } from '../wire/codec.js';
import type { MessageOf, OpName } from '../wire/message-types.js';
import { schema } from '../wire/schema.js';
import type { Change, ChatState } from './state.js';

export interface MadeOp {
  readonly name: OpName;
  readonly header: RecordHeader;
  readonly bytes: Uint8Array;
  readonly id: Dot;
}

export class OpMaker {
  readonly #heads = new Map<number, RecordHeader>();
  #time = 1_000_000;

  make<N extends OpName>(origin: number, name: N, op: MessageOf<N>, time = (this.#time += 1)): MadeOp {
    const head = this.#heads.get(origin);
    const seq = (head?.seq ?? 0) + 1;
    const bytes = encodeRecord(
      { origin, seq, time, previous: head?.checksum ?? 0, kind: schema[name].op },
      encode(name, op),
    );
    const reading = readRecord(bytes, 0);
    assert(reading.state === 'whole');
    this.#heads.set(origin, reading.header);
    return { name, header: reading.header, bytes, id: { origin, seq } };
  }
}

export function applyTo(state: ChatState, op: MadeOp): Change {
  return state.apply(op.header, bodyOf(op.bytes));
}

/** An operation id of a client that is told apart by one small number. */
export function operationOf(client: number, counter: number): MessageOf<'OperationId'> {
  return { client: new Uint8Array(16).fill(client), counter };
}
