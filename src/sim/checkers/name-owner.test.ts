/** What the checker of names takes for a breach, and what not, on a scene that is set by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatDot } from '../../core/model/ids.js';
import type { MessageOf } from '../../core/wire/message-types.js';
import type { KnownOp } from '../ledger.js';
import type { MadeServer } from '../server.js';
import type { Checker, Scene } from './checker.js';
import { nameOwner } from './name-owner.js';

/** Longer than making an account takes. */
const LONG_MS = 2_000;

class HandMade {
  readonly servers = [1, 2, 3].map((id) => ({ id, isOpen: true })) as MadeServer[];
  readonly #timeline = { nowMs: 0 };
  readonly #creations: (Partial<MessageOf<'AccountCreatedOp'>> & { readonly op: KnownOp })[] = [];
  readonly #checker: Checker;

  constructor() {
    const { servers } = this;
    const ledger = {
      creations: this.#creations,
      confirmations: [],
      deletions: new Map(),
      isLost: () => false,
    };
    const world = { servers, running: servers, timeline: this.#timeline };
    this.#checker = nameOwner({ options: { faults: ['crash'] }, ledger, world } as unknown as Scene);
  }

  /** An account of the name sam is on some disk, each by a request of its own. */
  create(origin: number): KnownOp {
    const dot = { origin, seq: 1 };
    const op = { ...dot, key: formatDot(dot), time: this.#timeline.nowMs } as KnownOp;
    const operation = { client: Uint8Array.of(origin), counter: 1 };
    this.#creations.push({ op, name: 'sam', operation, seen: [], coordinator: 0 });
    return op;
  }

  later(): void {
    this.#timeline.nowMs += LONG_MS;
  }

  stored(op: KnownOp, ...ids: number[]): string | undefined {
    const on = this.servers.filter(({ id }) => ids.includes(id));
    return on.map((server) => this.#checker.stored?.(server, op)).find((breach) => breach !== undefined);
  }

  crashed(id: number): string | undefined {
    return this.#checker.diskChanged?.(id);
  }
}

test('a second account of a name that a server has held for long is a breach', () => {
  const scene = new HandMade();
  assert.equal(scene.stored(scene.create(1), 1, 2, 3), undefined);
  scene.later();
  assert.match(scene.stored(scene.create(2), 2) ?? '', /^an account sam .* was made, and server 1 held/);
});

test('an account that only the disk of a crashed server had is no breach when it comes to those who gave the name away since', () => {
  const scene = new HandMade();
  const first = scene.create(1);
  assert.equal(scene.crashed(1), undefined);
  assert.equal(scene.stored(scene.create(2), 2, 3), undefined);
  scene.later();
  assert.equal(scene.stored(first, 2, 3), undefined);
});

test('an account that is first seen on the disk of a crashed server is a breach where another held the name for long', () => {
  const scene = new HandMade();
  assert.equal(scene.stored(scene.create(2), 2, 3), undefined);
  scene.later();
  scene.create(1);
  assert.match(scene.crashed(1) ?? '', /^an account sam .* was made, and server 2 held/);
});

test('a name that a server holds whose own disk was crashed into having it is not given away once more', () => {
  const scene = new HandMade();
  const first = scene.create(1);
  assert.equal(scene.crashed(1), undefined);
  assert.equal(scene.stored(first, 2, 3), undefined);
  scene.later();
  assert.match(scene.stored(scene.create(2), 2) ?? '', /held/);
});
