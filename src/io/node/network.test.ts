import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test, type TestContext } from 'node:test';

import { WebSocket } from 'ws';

import { limits } from '../../core/model/limits.js';
import { describeNetwork, FIRST_BYTE, NetworkRecorder } from '../../core/ports/network.contract.js';
import type { NetworkEvents } from '../../core/ports/network.js';
import { DiallingNetwork } from './dialling-network.js';
import { holdTimers } from './held-timers.testing.js';
import type { ListenResult } from './listener.js';
import { NodeNetwork, type Room } from './network.js';

const host = '127.0.0.1';

function portOf(result: ListenResult): number {
  assert.equal(result.state, 'listening');
  return result.port;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

for (const [name, Dialler] of [
  ['a server', NodeNetwork],
  ['a client', DiallingNetwork],
] as const) {
  describeNetwork(
    `the network of Node, dialled by ${name}`,
    async (dialling: NetworkEvents, accepting: NetworkEvents) => {
      const dialler = new Dialler(dialling);
      const acceptor = new NodeNetwork(accepting);
      const port = portOf(await acceptor.listen({ host, port: 0 }));
      return {
        dialler,
        acceptor,
        transport: 'tcp',
        address: { host, port },
        deadAddress: { host, port: await freePort() },
        tellsReasons: true,
        stop: async () => {
          await Promise.all([dialler.stop(), acceptor.stop()]);
        },
      };
    },
  );
}

interface Listening {
  readonly network: NodeNetwork;
  readonly recorder: NetworkRecorder;
  readonly port: number;
}

async function listening(t: TestContext, room: Room = {}): Promise<Listening> {
  const recorder = new NetworkRecorder();
  const network = new NodeNetwork(recorder);
  const port = portOf(await network.listen({ host, port: 0 }, room));
  t.after(() => network.stop());
  return { network, recorder, port };
}

async function connected(port: number): Promise<net.Socket> {
  const socket = net.connect({ host, port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function webSocketTo(port: number, path = '/holdfast'): Promise<WebSocket> {
  const webSocket = new WebSocket(`ws://${host}:${port}${path}`, { perMessageDeflate: true });
  await once(webSocket, 'open');
  return webSocket;
}

test('a port in use, and an address of another machine, are told as such', async (t) => {
  const { port } = await listening(t);
  const second = new NodeNetwork(new NetworkRecorder());
  assert.deepEqual(await second.listen({ host, port }), { state: 'addressInUse' });
  assert.deepEqual(await second.listen({ host: '192.0.2.1', port: 0 }), { state: 'addressUnknown' });
  // After a failure it can still listen elsewhere.
  assert.equal((await second.listen({ host, port: 0 })).state, 'listening');
  await second.stop();
});

test('HTTP on the same port is answered in plain text', async (t) => {
  const { port, recorder } = await listening(t);
  for (const path of ['/', '/holdfast', '/some/page?x=1']) {
    const [response] = (await once(http.get({ host, port, path }), 'response')) as [http.IncomingMessage];
    assert.equal(response.statusCode, 404);
    assert.match(response.headers['content-type'] ?? '', /^text\/plain/);
    const text = (await response.toArray()).join('');
    assert.match(text, /^[^\n]+\n$/);
  }
  assert.deepEqual(recorder.told, []);
});

test('who asks for a WebSocket where there is none is answered, and holds no connection', async (t) => {
  const { port, recorder } = await listening(t, { connectionsMax: 1 });
  const stranger = net.connect({ host, port, allowHalfOpen: true });
  t.after(() => stranger.destroy());
  stranger.write('GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  const answer: Buffer[] = [];
  stranger.on('data', (bytes: Buffer) => answer.push(bytes));
  await once(stranger, 'end');
  assert.match(Buffer.concat(answer).toString(), /^HTTP\/1.1 404 /);
  // The stranger's side is still open.
  const accepted = recorder.accepted();
  const other = await connected(port);
  t.after(() => other.destroy());
  other.write(Uint8Array.of(FIRST_BYTE));
  const outcome = await Promise.race([accepted.then(() => 'taken'), once(other, 'close').then(() => 'refused')]);
  assert.equal(outcome, 'taken');
});

test('what is neither our protocol nor HTTP is refused as bad HTTP', async (t) => {
  const { port, recorder } = await listening(t);
  for (const bytes of [Uint8Array.of(0, 1, 2, 3), Uint8Array.of(0x16, 3, 1), Buffer.from('SSH-2.0-x\r\n\r\n')]) {
    const socket = await connected(port);
    socket.write(bytes);
    assert.match((await socket.toArray()).join(''), /^HTTP\/1.1 400 /);
  }
  assert.deepEqual(recorder.told, []);
});

test('a WebSocket is the same stream of bytes, one message for each turn', async (t) => {
  const { network, port, recorder } = await listening(t);
  const accepted = recorder.accepted();
  const webSocket = await webSocketTo(port);
  assert.equal(webSocket.extensions, '', 'nothing is compressed');
  const id = await accepted;
  assert.deepEqual(recorder.told, [{ event: 'opened', connection: id, side: 'accepted', transport: 'websocket' }]);
  webSocket.send(Uint8Array.of(1, 2));
  webSocket.send(Uint8Array.of(3));
  await recorder.until(() => recorder.byteCount(id) === 3);
  assert.deepEqual([...recorder.bytes(id)], [1, 2, 3]);
  const message = once(webSocket, 'message');
  network.send(id, Uint8Array.of(4, 5));
  network.send(id, Uint8Array.of(6));
  assert.equal(network.backlogBytes(id), 3);
  assert.deepEqual(await message, [Buffer.of(4, 5, 6), true]);
  await recorder.until(() => recorder.has('drained', id));
  webSocket.close();
  await recorder.until(() => recorder.has('closed', id));
});

test('a WebSocket that we close gets what was sent before', async (t) => {
  const { network, port, recorder } = await listening(t);
  const accepted = recorder.accepted();
  const webSocket = await webSocketTo(port);
  const id = await accepted;
  const messages: Buffer[] = [];
  webSocket.on('message', (data: Buffer) => messages.push(data));
  network.send(id, Uint8Array.of(1, 2, 3));
  network.close(id);
  await once(webSocket, 'close');
  assert.deepEqual(messages, [Buffer.of(1, 2, 3)]);
  await recorder.until(() => recorder.has('closed', id));
});

test('a text message, and one that is too long, close the WebSocket', async (t) => {
  const { port, recorder } = await listening(t);
  for (const [message, code] of [
    ['text', 1003],
    [new Uint8Array(limits.webSocketMessageBytesMax + 1), 1009],
  ] as const) {
    const accepted = recorder.accepted();
    const webSocket = await webSocketTo(port);
    const id = await accepted;
    webSocket.send(message);
    const [closedWith] = (await once(webSocket, 'close')) as [number];
    assert.equal(closedWith, code);
    await recorder.until(() => recorder.has('closed', id));
    assert.equal(recorder.byteCount(id), 0);
  }
});

test('nothing is received behind a text message, and who does not close after it is cut off after a while', async (t) => {
  const timers = holdTimers(t, limits.lingerMs);
  const { port, recorder } = await listening(t);
  const accepted = recorder.accepted();
  const socket = await connected(port);
  const key = 'AAAAAAAAAAAAAAAAAAAAAA==';
  socket.write(
    `GET /holdfast HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  const id = await accepted;
  await once(socket, 'data');
  const frame = (opcode: number, byte: number) => [0x80 | opcode, 0x81, 0, 0, 0, 0, byte];
  const text = frame(1, 0x78);
  const binary = frame(2, 5);
  socket.write(Uint8Array.from([...binary, ...text, ...binary]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.deepEqual([...answer.subarray(0, 4)], [0x88, 2, 1003 >> 8, 1003 & 0xff]);
  socket.write(Uint8Array.from(binary));
  timers.fire();
  await recorder.until(() => recorder.has('closed', id));
  assert.deepEqual([...recorder.bytes(id)], [5]);
});

test('a WebSocket at another path is refused', async (t) => {
  const { port, recorder } = await listening(t);
  const webSocket = new WebSocket(`ws://${host}:${port}/other`);
  const [, response] = (await once(webSocket, 'unexpected-response')) as [unknown, http.IncomingMessage];
  assert.equal(response.statusCode, 404);
  webSocket.on('error', () => undefined);
  webSocket.terminate();
  assert.deepEqual(recorder.told, []);
});

test('a connection that is reset closes, and the others go on', async (t) => {
  const { network, port, recorder } = await listening(t);
  const reset = await connected(port);
  const firstAccepted = recorder.accepted();
  reset.write(Uint8Array.of(FIRST_BYTE));
  const first = await firstAccepted;
  network.send(first, new Uint8Array(5_000_000));
  await once(reset, 'readable');
  reset.resetAndDestroy();
  await recorder.until(() => recorder.has('closed', first));
  network.send(first, new Uint8Array(10));

  const other = await connected(port);
  const secondAccepted = recorder.accepted();
  other.write(Uint8Array.of(FIRST_BYTE));
  const second = await secondAccepted;
  network.send(second, Uint8Array.of(5));
  const [bytes] = (await once(other, 'data')) as [Buffer];
  assert.deepEqual([...bytes], [5]);
  other.destroy();
});

test('a connection that does not say what it is is closed after the time for a handshake', async (t) => {
  const timers = holdTimers(t, limits.handshakeMs);
  const { port, recorder } = await listening(t);
  const other = await connected(port);
  const accepted = recorder.accepted();
  other.write(Uint8Array.of(FIRST_BYTE));
  await accepted;
  const silent = await connected(port);
  // An answer over HTTP shows that the server has taken the silent one, which came before.
  await once(http.get({ host, port }), 'response');
  const closed = once(silent, 'close');
  timers.fire();
  await closed;
  assert.equal(recorder.told.length, 1, 'the one that spoke is still there');
  other.destroy();
});

test('a connection that we closed and that goes on not reading is cut off after a while', async (t) => {
  const timers = holdTimers(t, limits.lingerMs);
  const { network, port, recorder } = await listening(t);
  const deaf = net.connect({ host, port, allowHalfOpen: true });
  deaf.on('error', () => undefined);
  const accepted = recorder.accepted();
  deaf.write(Uint8Array.of(FIRST_BYTE));
  const id = await accepted;
  network.send(id, new Uint8Array(50_000_000));
  network.close(id);
  timers.fire();
  await recorder.until(() => recorder.has('closed', id));
  deaf.destroy();
});

test('more connections than allowed are closed at once, which is told', async (t) => {
  let refused = 0;
  const { port, recorder } = await listening(t, { connectionsMax: 2, refused: () => (refused += 1) });
  const sockets = [await connected(port), await connected(port)];
  for (const socket of sockets) {
    const accepted = recorder.accepted();
    socket.write(Uint8Array.of(FIRST_BYTE));
    await accepted;
  }
  const third = await connected(port);
  await once(third, 'close');
  assert.equal(refused, 1);
  for (const socket of sockets) socket.destroy();
});

test('stop closes everything, whatever it is, and frees the port', async () => {
  const recorder = new NetworkRecorder();
  const network = new NodeNetwork(recorder);
  const port = portOf(await network.listen({ host, port: 0 }));
  const silent = await connected(port);
  const accepted = recorder.accepted();
  const webSocket = await webSocketTo(port);
  await accepted;
  const http1 = await connected(port);
  http1.write('GET / HTTP/1.1\r\n');
  const ours = await connected(port);
  const alsoAccepted = recorder.accepted();
  ours.write(Uint8Array.of(FIRST_BYTE));
  await alsoAccepted;
  const closed = [silent, http1, ours, webSocket].map((socket) => once(socket, 'close'));
  for (const socket of [silent, http1, ours]) socket.resume();
  await network.stop();
  await Promise.all(closed);
  assert.equal(recorder.told.filter(({ event }) => event === 'closed').length, 2);
  const next = new NodeNetwork(new NetworkRecorder());
  assert.deepEqual(await next.listen({ host, port }), { state: 'listening', port });
  await next.stop();
});
