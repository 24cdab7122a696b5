import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hashSync } from '@node-rs/argon2';

import { limits } from '../../core/model/limits.js';
import { NodePasswords } from './passwords.js';

type Verdict = 'right' | 'wrong' | 'busy';

const hash = (passwords: NodePasswords, password: string): Promise<string> =>
  new Promise((resolve) =>
    passwords.hash(password, (result) => resolve(result.state === 'hashed' ? result.hash : result.state)),
  );
const verify = (passwords: NodePasswords, hashed: string, password: string): Promise<Verdict> =>
  new Promise((resolve) => passwords.verify(hashed, password, resolve));

test('a hash is argon2id with the cost that we chose, and has its own salt', async () => {
  const passwords = new NodePasswords();
  const [first, second] = await Promise.all([hash(passwords, 'same'), hash(passwords, 'same')]);
  assert.match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$[^$]{43}$/);
  assert.notEqual(first, second);
});

test('only the password that was hashed is right', async () => {
  const passwords = new NodePasswords();
  for (const password of ['x', 'pass word', 'ünïcödé 🔑', 'a\0b', 'y'.repeat(limits.passwordBytesMax)]) {
    const hashed = await hash(passwords, password);
    assert.equal(await verify(passwords, hashed, password), 'right');
    assert.equal(await verify(passwords, hashed, `${password} `), 'wrong');
  }
});

test('a hash of another cost is verified with its own', async () => {
  const passwords = new NodePasswords();
  const cheaper = hashSync('password', { memoryCost: 64, timeCost: 1 });
  assert.equal(await verify(passwords, cheaper, 'password'), 'right');
  assert.equal(await verify(passwords, cheaper, 'Password'), 'wrong');
});

test('what is no hash is nobody’s password, and the next one is served', async () => {
  const passwords = new NodePasswords();
  for (const hashed of ['', 'plain', '$argon2id$', '$2b$10$abcdefghijklmnopqrstuv']) {
    assert.equal(await verify(passwords, hashed, hashed), 'wrong');
  }
});

for (const { cores, atOnce } of [
  { cores: 1, atOnce: 1 },
  { cores: 3, atOnce: 1 },
  { cores: 4, atOnce: 2 },
  { cores: 64, atOnce: 2 },
]) {
  test(`with ${cores} cores, those who wait are served in order, and beyond the limit they are told at once`, async () => {
    const passwords = new NodePasswords({ cores });
    const accepted = atOnce + limits.passwordHashesWaitingMax;
    const answers: (readonly [number, Verdict])[] = [];
    const all: Promise<void>[] = [];
    for (let index = 0; index < accepted + 2; index += 1) {
      all.push(
        new Promise((resolve) => {
          // No hash at all is answered without the cost, so that a thousand take no time.
          passwords.verify('none', 'password', (verdict) => {
            answers.push([index, verdict]);
            resolve();
          });
        }),
      );
    }
    assert.equal(answers.length, 0, 'nobody is told before the call returns');
    await Promise.all(all);
    assert.deepEqual(answers.slice(0, 2), [
      [accepted, 'busy'],
      [accepted + 1, 'busy'],
    ]);
    const served = answers.slice(2);
    // Where several run at once, one may overtake another.
    if (atOnce > 1) served.sort(([one], [other]) => one - other);
    assert.deepEqual(
      served,
      Array.from({ length: accepted }, (_, index) => [index, 'wrong']),
    );
    assert.equal(await verify(passwords, 'none', 'password'), 'wrong');
  });
}
