import assert from 'node:assert/strict';
import test from 'node:test';

import {
  counted,
  foundMessageLines,
  messageLines,
  nameChangedLines,
  storedText,
  timeText,
  waitingLines,
} from './message-text.js';

const sentAt = new Date(2026, 10, 23, 10, 5);
const message = { from: 'bob', to: 'alice', text: 'hello', sentAt, fromDeleted: false, late: false, toDeleted: false };

test('a message has its time, its sender and its text', () => {
  assert.equal(timeText(new Date(2026, 0, 2, 3, 4)), '2026-01-02 03:04');
  assert.deepEqual(messageLines(message), ['[2026-11-23 10:05] bob: hello']);
  assert.deepEqual(messageLines({ ...message, fromDeleted: true }), ['[2026-11-23 10:05] bob (deleted): hello']);
  assert.deepEqual(messageLines({ ...message, late: true }), ['[2026-11-23 10:05, late] bob: hello']);
});

test('a message that was found has its recipient too', () => {
  assert.deepEqual(foundMessageLines({ ...message, text: 'hello\nyou', late: true }), [
    '[2026-11-23 10:05, late] bob to alice: hello',
    '    you',
  ]);
  assert.deepEqual(foundMessageLines({ ...message, to: 'al\u001bice', fromDeleted: true }), [
    '[2026-11-23 10:05] bob (deleted) to al␛ice: hello',
  ]);
  assert.deepEqual(foundMessageLines({ ...message, toDeleted: true }), [
    '[2026-11-23 10:05] bob to alice (deleted): hello',
  ]);
});

test('no line of a text can pose as another message, and no sign of it acts on the terminal', () => {
  const text = 'hi\n[2026-11-23 10:06] eve: fake\r\u001b[31mred';
  assert.deepEqual(messageLines({ ...message, from: 'b\u001bob', text }), [
    '[2026-11-23 10:05] b␛ob: hi',
    '    [2026-11-23 10:06] eve: fake',
    '    ␛[31mred',
  ]);
});

test('what waits is told by sender and time', () => {
  const latestAt = new Date(2026, 10, 23, 11, 0);
  assert.deepEqual(waitingLines([]), ['No new messages.']);
  assert.deepEqual(waitingLines([{ from: 'bob', count: 1, firstAt: sentAt, latestAt: sentAt }]), [
    '1 new message:',
    '  1 from bob, 2026-11-23 10:05',
  ]);
  assert.deepEqual(
    waitingLines([
      { from: 'bob', count: 2, firstAt: sentAt, latestAt },
      { from: 'eve', count: 1, firstAt: latestAt, latestAt },
    ]),
    ['3 new messages:', '  2 from bob, 2026-11-23 10:05 to 2026-11-23 11:00', '  1 from eve, 2026-11-23 11:00'],
  );
});

test('a lost name is told with the new one, and what stays', () => {
  const lines = nameChangedLines({ name: 'alice~1a2b\u001b', formerName: 'alice' });
  assert.ok(lines.every((line) => line.length <= 120));
  assert.match(
    lines.join(' '),
    /^The name alice belongs to someone else now.* called alice~1a2b␛ from now on.*password/,
  );
});

test('copies and counts are told in words', () => {
  assert.equal(storedText({ copies: 3, members: 3 }), 'Stored on 3 of 3 servers.');
  assert.equal(storedText({ copies: 1, members: 1 }), 'Stored on 1 of 1 server.');
  assert.equal(counted(0, 'account'), '0 accounts');
});
