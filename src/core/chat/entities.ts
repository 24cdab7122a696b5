/**
 * The parts of the chat state that are saved in the view database, each under a kind and a key.
 *
 * Two things hang on this book. What changed since the last batch is saved with the batch, so that the saved state is
 * exactly that of the batch's position. And the hash over all replicated parts is kept up to date as they change, so
 * that servers can be compared at any moment.
 */
import { ContentHash, hash64, type Hash64 } from '../lib/content-hash.js';
import type { Entity } from '../ports/view.js';

export const entityKinds = {
  origin: 1,
  account: 2,
  mark: 3,
  client: 4,
  self: 5,
  program: 6,
  late: 7,
  merges: 8,
  member: 9,
} as const;

/** A part of the state that knows how to write itself down. */
export interface Saveable {
  readonly kind: number;
  readonly key: string;
  encode(): Uint8Array;
  /** What it contributes to the state hash at present; kept by the book. */
  hash: Hash64 | undefined;
}

export class EntityBook {
  readonly #changed = new Set<Saveable>();
  #unsaved = new Map<string, Entity>();
  readonly #hash = new ContentHash();

  /** To be called after each change of the part. */
  touch(part: Saveable): void {
    this.#changed.add(part);
  }

  /** A part that was just loaded: it counts, but need not be saved. */
  loaded(part: Saveable, value: Uint8Array): void {
    this.#count(part, value);
  }

  stateHash(): string {
    this.#settle();
    return this.#hash.toString();
  }

  /** What changed since this was last called. */
  takeUnsaved(): Entity[] {
    this.#settle();
    const entities = [...this.#unsaved.values()];
    this.#unsaved = new Map();
    return entities;
  }

  #settle(): void {
    for (const part of this.#changed) {
      const value = part.encode();
      this.#count(part, value);
      this.#unsaved.set(`${part.kind}:${part.key}`, { kind: part.kind, key: part.key, value });
    }
    this.#changed.clear();
  }

  #count(part: Saveable, value: Uint8Array): void {
    // What a server knows only of itself differs between servers by right.
    if (part.kind === entityKinds.self || part.kind === entityKinds.program) return;
    if (part.hash !== undefined) this.#hash.remove(part.hash);
    part.hash = hash64(value, hash64(new TextEncoder().encode(part.key), part.kind).low);
    this.#hash.add(part.hash);
  }
}
