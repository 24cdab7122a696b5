import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { PeerLink, ReserveAnswer } from './peer-link.js';
import { RelayedReservations } from './relayed-reservations.js';

type Link = Pick<PeerLink, 'server' | 'reserve' | 'release'>;

test('[R47] what was asked for a peer is given back once: not after the name was used, nor what was given back before', () => {
  const answers: ((answer: ReserveAnswer) => void)[] = [];
  const released: string[] = [];
  const link: Link = {
    server: 2,
    reserve: (_key, _options, _at, done) => void answers.push(done),
    release: (key) => void released.push(key),
  };
  const relayed = new RelayedReservations(() => link);
  const answered: string[] = [];
  const ask = (key: string): void => relayed.ask(1, { at: 2, key }, () => void answered.push(key));
  for (const key of ['name:used', 'name:held', 'name:early', 'name:asked']) ask(key);
  answers[0]!({ granted: true, code: 0, sessions: [] });
  answers[1]!({ granted: true, code: 0, sessions: [] });
  for (const key of ['name:used', 'name:asked']) relayed.used(key);
  answers[3]!({ granted: false, code: 0, sessions: [] });
  assert.deepEqual(answered, ['name:used', 'name:held', 'name:asked']);
  relayed.lost(1);
  assert.deepEqual(released, ['name:held', 'name:early']);
  // It was given back right behind the request; a second time would free what was granted to someone else since.
  answers[2]!({ granted: true, code: 0, sessions: [] });
  relayed.lost(1);
  assert.deepEqual(released, ['name:held', 'name:early']);
});
