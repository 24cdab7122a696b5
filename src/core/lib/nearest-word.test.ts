import assert from 'node:assert/strict';
import test from 'node:test';

import { nearestWord } from './nearest-word.js';

const words = ['servers', 'group', 'sessionsPerAccount', 'groupKeyFile', 'id'];

test('a slip of the finger finds the word that was meant', () => {
  assert.equal(nearestWord('severs', words), 'servers');
  assert.equal(nearestWord('server', words), 'servers');
  assert.equal(nearestWord('Group', words), 'group');
  assert.equal(nearestWord('sessionPerAcount', words), 'sessionsPerAccount');
});

test('a word that resembles none finds none', () => {
  assert.equal(nearestWord('colour', words), undefined);
  assert.equal(nearestWord('no', words), undefined);
  assert.equal(nearestWord('', words), undefined);
});

test('of several near words the nearest is found', () => {
  assert.equal(nearestWord('posts', ['ports', 'posts!', 'post']), 'ports');
  assert.equal(nearestWord('port', ['part', 'port']), 'port');
});
