import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { limits } from '../../core/model/limits.js';
import { Emitter } from '../../library/events.js';
import type { ClientEvents, FailedTry } from '../../library/types.js';
import { ConnectionNews } from './connection-news.js';

const server = (id: number) => ({ id, host: '127.0.0.1', port: 6000 + id });

/** A client that is connected to server 1, and who watches it, in a time that passes by `tick`. */
function watching(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const events = new Emitter<ClientEvents>();
  const failedTries: FailedTry[] = [];
  const printed: string[] = [];
  const client = {
    server: server(1),
    failedTries,
    on: <Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void) =>
      events.on(name, listener),
  };
  const news = new ConnectionNews(client, { print: (...lines) => void printed.push(...lines) });
  return {
    news,
    failedTries,
    connected: (id: number) => events.emit('connected', { server: server(id) }),
    lost: (code = 'CONNECTION_LOST') => events.emit('disconnected', { code, message: 'Gone.' }),
    emit: events.emit.bind(events),
    tick: (ms: number) => t.mock.timers.tick(ms),
    printed: () => printed.splice(0),
  };
}

test('who is without a server for a while is told once what happened at each, and how to leave', (t) => {
  const { lost, connected, tick, printed, failedTries } = watching(t);
  lost();
  assert.deepEqual(printed(), ['Lost server 1, trying others.']);
  failedTries.push({ host: '127.0.0.1', port: 6001, code: 'CONNECTION_LOST', message: 'Connection refused.' });
  failedTries.push({ host: '::1', port: 6002, code: 'GROUP_MISMATCH', message: 'Of the group "\u001b".' });
  tick(limits.chatNoServerMs - 1);
  assert.deepEqual(printed(), []);
  tick(1);
  assert.deepEqual(printed(), [
    'No server can be reached.',
    '127.0.0.1:6001: Connection refused.',
    '[::1]:6002: Of the group "␛".',
    'Still trying. Press ctrl-C to leave.',
  ]);
  tick(limits.chatNoServerMs * 10);
  assert.deepEqual(printed(), []);
  connected(2);
  lost();
  assert.deepEqual(printed(), ['Connected to Server 2.', 'Lost server 2, trying others.']);
  tick(limits.chatNoServerMs);
  assert.equal(printed().at(-1), 'Still trying. Press ctrl-C to leave.');
});

test('where another server is found in time, only the two are told of', (t) => {
  const { lost, connected, tick, printed } = watching(t);
  lost();
  tick(limits.chatNoServerMs - 1);
  connected(2);
  tick(limits.chatNoServerMs);
  assert.deepEqual(printed(), ['Lost server 1, trying others.', 'Connected to Server 2.']);
});

test('a server that was left because it cannot search is not told of as lost', (t) => {
  const { lost, connected, tick, printed } = watching(t);
  lost('SEARCH_UNAVAILABLE');
  connected(2);
  tick(limits.chatNoServerMs);
  assert.deepEqual(printed(), ['Server 1 cannot search, asking another.', 'Connected to Server 2.']);
});

test('while writes wait, going from server to server is no news, but having none is', (t) => {
  const { lost, connected, emit, tick, printed } = watching(t);
  emit('writesWait', { code: 'NOT_ENOUGH_COPIES', message: 'Too few.' });
  lost();
  connected(2);
  lost();
  assert.deepEqual(printed(), ['Too few. It is kept, and tried again until there are enough.']);
  tick(limits.chatNoServerMs);
  assert.deepEqual(printed(), ['No server can be reached.', 'Still trying. Press ctrl-C to leave.']);
  connected(3);
  assert.deepEqual(printed(), ['Connected to Server 3.']);
});

test('after the person has left, nothing is told', (t) => {
  const { news, lost, connected, tick, printed } = watching(t);
  lost();
  news.stop();
  tick(limits.chatNoServerMs);
  connected(2);
  assert.deepEqual(printed(), ['Lost server 1, trying others.']);
});
