/**
 * Batches in the form in which they cross between threads: one array of numbers, one text, one piece of memory.
 *
 * Cloning the objects themselves costs the main thread more than twice as much, and the server's throughput hangs on the
 * main thread. Packed and unpacked by the same build in one process, so there is no version.
 */
import { assert } from '../../core/lib/assert.js';
import type { Entity, ViewBatch } from '../../core/ports/view.js';

export interface PackedBatch {
  readonly numbers: Float64Array<ArrayBuffer>;
  /** All texts, one behind the other; their lengths are among the numbers. */
  readonly text: string;
  /** The values of all entities, one behind the other; their lengths are among the numbers. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** In place of an entity's length where it is removed. */
const REMOVED = -1;

/** Packs a batch. The batch may change afterwards. */
export function packBatch(batch: ViewBatch): PackedBatch {
  const { entities, removedStreams, names, moved } = batch;
  const numbers = [batch.appliedTo, entities.length, removedStreams.length, names.length, moved.length];
  const texts: string[] = [];
  for (const entity of entities) {
    numbers.push(entity.kind, entity.key.length, entity.value?.length ?? REMOVED);
    texts.push(entity.key);
  }
  for (const stream of removedStreams) {
    numbers.push(stream.length);
    texts.push(stream);
  }
  for (const { name, visible } of names) {
    numbers.push(name.length, Number(visible));
    texts.push(name);
  }
  for (const { origin, seq, position } of moved) numbers.push(origin, seq, position);
  return { numbers: Float64Array.from(numbers), text: texts.join(''), bytes: joinValues(entities) };
}

function joinValues(entities: readonly Entity[]): Uint8Array<ArrayBuffer> {
  const length = entities.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const { value } of entities) {
    if (value === undefined) continue;
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
}

/** The batch that was packed. Values of entities share the memory of `packed`. */
export function unpackBatch(packed: PackedBatch): ViewBatch {
  const reader = new Reader(packed);
  const appliedTo = reader.number();
  const entities = reader.number();
  const removedStreams = reader.number();
  const names = reader.number();
  const moved = reader.number();
  return {
    appliedTo,
    entities: times(entities, () => unpackEntity(reader)),
    removedStreams: times(removedStreams, () => reader.text(reader.number())),
    names: times(names, () => ({ name: reader.text(reader.number()), visible: reader.number() === 1 })),
    moved: times(moved, () => ({ origin: reader.number(), seq: reader.number(), position: reader.number() })),
  };
}

function unpackEntity(reader: Reader): Entity {
  const kind = reader.number();
  const key = reader.text(reader.number());
  const length = reader.number();
  return { kind, key, value: length === REMOVED ? undefined : reader.bytes(length) };
}

function times<T>(count: number, make: () => T): T[] {
  const made: T[] = [];
  for (let index = 0; index < count; index += 1) made.push(make());
  return made;
}

class Reader {
  readonly #packed: PackedBatch;
  #numberAt = 0;
  #textAt = 0;
  #byteAt = 0;

  constructor(packed: PackedBatch) {
    this.#packed = packed;
  }

  number(): number {
    const value = this.#packed.numbers[this.#numberAt];
    assert(value !== undefined, 'a packed batch holds every number that it announces');
    this.#numberAt += 1;
    return value;
  }

  text(length: number): string {
    this.#textAt += length;
    return this.#packed.text.slice(this.#textAt - length, this.#textAt);
  }

  bytes(length: number): Uint8Array {
    this.#byteAt += length;
    return this.#packed.bytes.subarray(this.#byteAt - length, this.#byteAt);
  }
}
