import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';

import { LinkProxy } from './link-proxy.js';

/** A server that answers each text with the same in capitals, the proxy before it, and what was heard on both sides. */
async function setUp(t: TestContext) {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => socket.write(bytes.toString().toUpperCase()));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const proxy = await LinkProxy.start({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const dialled: Socket[] = [];
  t.after(async () => {
    for (const socket of [...dialled, ...accepted]) socket.destroy();
    await proxy.stop();
    server.close();
  });
  const dial = async () => {
    const socket = connect(proxy.port, '127.0.0.1');
    socket.on('error', () => undefined);
    dialled.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  return { server, accepted, proxy, dial };
}

async function read(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString();
}

/** Whatever was on its way to the server or from it has arrived: others go there and back meanwhile. */
async function settled({ server }: Awaited<ReturnType<typeof setUp>>): Promise<void> {
  const direct = connect((server.address() as AddressInfo).port, '127.0.0.1');
  for (let times = 0; times < 10; times += 1) {
    direct.write('x');
    await read(direct);
  }
  direct.destroy();
  await once(direct, 'close');
}

test('what is said passes in both directions', async (t) => {
  const { dial } = await setUp(t);
  const socket = await dial();
  socket.write('hello');
  assert.equal(await read(socket), 'HELLO');
});

test('a cut holds back what is said in its direction, and it arrives when the cut has healed', async (t) => {
  for (const [direction, heard] of [
    ['both', ''],
    ['sent', ''],
    ['received', 'two'],
  ] as const) {
    const setting = await setUp(t);
    const socket = await setting.dial();
    socket.write('one');
    assert.equal(await read(socket), 'ONE');
    let heardThere = '';
    setting.accepted[0]!.on('data', (bytes: Buffer) => (heardThere += bytes.toString()));
    let heardHere = '';
    socket.on('data', (bytes: Buffer) => (heardHere += bytes.toString()));
    setting.proxy.cut(direction);
    socket.write('two');
    await settled(setting);
    assert.deepEqual({ heardThere, heardHere }, { heardThere: heard, heardHere: '' }, direction);
    setting.proxy.heal();
    await once(socket, 'data');
    assert.deepEqual({ heardThere, heardHere }, { heardThere: 'two', heardHere: 'TWO' }, direction);
  }
});

test('a connection that ends during a cut ends for the other side when the cut has healed', async (t) => {
  const setting = await setUp(t);
  const socket = await setting.dial();
  socket.write('one');
  await read(socket);
  const there = setting.accepted[0]!;
  let hasEnded = false;
  there.once('close', () => (hasEnded = true));
  setting.proxy.cut('both');
  socket.destroy();
  await settled(setting);
  assert.equal(hasEnded, false);
  setting.proxy.heal();
  await once(there, 'close');
});

test('what is dialled during a cut comes about when it has healed, if it is still wanted', async (t) => {
  const setting = await setUp(t);
  setting.proxy.cut('received');
  const wanted = await setting.dial();
  wanted.write('still here');
  const unwanted = await setting.dial();
  unwanted.write('gone');
  unwanted.destroy();
  await settled(setting);
  const before = setting.accepted.length;
  assert.equal(before, 1, 'none but the one that went past the proxy');
  setting.proxy.heal();
  assert.equal(await read(wanted), 'STILL HERE');
  assert.equal(setting.accepted.length, before + 1);
});

test('a server that is not there breaks what was dialled', async (t) => {
  const { server, proxy, dial } = await setUp(t);
  server.close();
  const socket = await dial();
  await once(socket, 'close');
  await proxy.stop();
  await assert.rejects(dial());
});
