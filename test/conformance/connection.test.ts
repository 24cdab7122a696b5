/** The beginning of a connection, frames, heartbeats and the limits on both, on TCP and on WebSocket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { limits } from '#src/core/model/limits.js';
import { FLAG_IGNORABLE, preface, typeOf } from '#src/core/wire/frame.js';
import { protocolVersion } from '#src/core/wire/schema.js';
import { WebSocket } from 'ws';

import { frameOf, helloMessage, messageFrame, transports } from './raw-client.js';
import { freshOperation, loginOf, PASSWORD, resumeOf, Service } from './service.js';

const UNKNOWN_TYPE = 0x7f00;
const nothing = new Uint8Array(0);

for (const transport of transports) {
  describe(`a connection over ${transport}`, () => {
    const service = Service.shared({ servers: 1 });

    test('[W20] [W21] Hello is answered with Welcome, which tells the limits and the members', async (t) => {
      const client = await service.connect(t, { transport });
      client.write(client.beginning(), messageFrame('Hello', { ...helloMessage, versionMax: 7 }, 4_294_967_295));
      const welcome = await client.answer(4_294_967_295, 'Welcome');
      assert.equal(welcome.version, protocolVersion);
      assert.deepEqual(welcome.limits, {
        frameBytesBeforeLogin: limits.frameBytesBeforeLoginMax,
        frameBytes: limits.frameBytesMax,
        textBytes: limits.textBytesMax,
        requestsInFlight: limits.requestsInFlightMax,
        credit: limits.creditMax,
      });
      assert.deepEqual(
        welcome.members,
        service.group.config.servers.map(({ id, host, port }) => ({ server: id, host, port })),
      );
    });

    test('[W20] what comes before Hello, a second Hello, and a Hello without a correlation id close', async (t) => {
      const hello = messageFrame('Hello', helloMessage, 1);
      for (const first of [
        [messageFrame('AskStatus', {}, 1)],
        [messageFrame('Ping', {}, 1)],
        [frameOf(UNKNOWN_TYPE, nothing, { flags: FLAG_IGNORABLE })],
        [hello, hello],
        [messageFrame('Hello', helloMessage, 0)],
      ]) {
        const client = await service.connect(t, { transport });
        client.write(client.beginning(), ...first);
        assert.equal(await client.ending(), 'OUT_OF_ORDER');
      }
    });

    test('[W21] a client of other versions is told so', async (t) => {
      for (const [versionMin, versionMax] of [
        [protocolVersion + 1, 9],
        [0, 0],
      ] as const) {
        const client = await service.connect(t, { transport });
        client.write(client.beginning(), messageFrame('Hello', { ...helloMessage, versionMin, versionMax }, 1));
        assert.equal(await client.ending(), 'VERSION_UNSUPPORTED');
      }
    });

    test('[W22] [W41] everything from Hello to Receive may be sent in one write', async (t) => {
      const person = await service.person(t, 'hasty', { transport });
      await person.client.ask('Send', { to: person.name, text: 'before', counter: 2 }, 'Sent');
      person.client.close();

      const client = await service.connect(t, { transport });
      client.write(
        client.beginning(),
        messageFrame('Hello', helloMessage, 1),
        messageFrame('Resume', resumeOf(person), 2),
        messageFrame('Send', { to: person.name, text: 'after', counter: 3 }, 3),
        messageFrame('Receive', { cursor: [], credit: 8 }, 4),
      );
      assert.equal((await client.answer(1, 'Welcome')).server, 1);
      assert.equal((await client.answer(2, 'Resumed')).name, person.name);
      const { id } = await client.answer(3, 'Sent');
      await client.answer(4, 'Receiving');
      assert.equal((await client.push('Deliver')).message.text, 'before');
      assert.deepEqual((await client.push('Deliver')).message.id, id);
    });

    test('[W22] the same from the first account on, one byte at a time', async (t) => {
      const client = await service.connect(t, { transport });
      const name = service.freshName();
      const operation = freshOperation();
      const bytes = Buffer.concat([
        client.beginning(),
        messageFrame('Hello', helloMessage, 1),
        messageFrame('CreateAccount', { name, password: PASSWORD, operation }, 2),
        messageFrame('Login', loginOf(name), 3),
        messageFrame('Send', { to: name, text: 'hello', counter: 2 }, 4),
      ]);
      for (const byte of bytes) client.write(Uint8Array.of(byte));
      assert.equal((await client.answer(2, 'AccountCreated')).name, name);
      assert.equal((await client.answer(3, 'LoggedIn')).name, name);
      assert.deepEqual((await client.answer(4, 'Sent')).storedOn, { copies: 1, members: 1 });
    });

    test('[W23] capabilities that nobody knows are ignored, and those of the server are told', async (t) => {
      const client = await service.connect(t, { transport });
      const hello = { ...helloMessage, capabilities: ['x-7f3a', '', 'ü'] };
      client.write(client.beginning(), messageFrame('Hello', hello, 1));
      assert.deepEqual((await client.answer(1, 'Welcome')).capabilities, ['search']);

      const boaster = await service.connect(t, { transport });
      const many = { ...helloMessage, capabilities: Array.from({ length: limits.capabilitiesMax + 1 }, () => 'x') };
      boaster.write(boaster.beginning(), messageFrame('Hello', many, 1));
      assert.equal(await boaster.ending(), 'MALFORMED');
    });

    test('[W6] [W26] a frame of an unknown type is skipped where it says so, whatever the other flags', async (t) => {
      const client = await service.greet(t, { transport });
      client.write(frameOf(UNKNOWN_TYPE, Uint8Array.of(255), { flags: 0xffff }));
      await client.settled();
      client.write(frameOf(typeOf('Ping'), nothing, { correlation: 77, flags: 0xfffe }));
      await client.answer(77, 'Pong');
      client.write(frameOf(UNKNOWN_TYPE, nothing, { flags: 0xfffe }));
      assert.equal(await client.ending(), 'UNKNOWN_TYPE');
    });

    test('[W27] frames that a client does not send close with OUT_OF_ORDER', async (t) => {
      const welcome = messageFrame('LoggedOff', {});
      const ops = messageFrame('Ops', { records: Uint8Array.of(1, 2, 3) });
      const peerHello = frameOf(typeOf('PeerHello'), nothing);
      for (const frame of [welcome, ops, peerHello, messageFrame('Release', { key: 'name:root', at: 0 })]) {
        const client = await service.greet(t, { transport });
        client.write(frame);
        assert.equal(await client.ending(), 'OUT_OF_ORDER');
      }
    });

    test('[W27] bodies that are no messages close with MALFORMED, on every type that a client sends', async (t) => {
      for (const name of [
        'Ping',
        'Pong',
        'Credit',
        'CreateAccount',
        'Login',
        'Resume',
        'LogOff',
        'DeleteAccount',
        'ListAccounts',
        'Send',
        'Receive',
        'MarkDelivered',
        'ReadHistory',
        'AskStatus',
      ] as const) {
        const { client } = await service.person(t, 'careless', { transport });
        client.write(frameOf(typeOf(name), Uint8Array.of(255), { correlation: 9000 }));
        assert.equal(await client.ending(), 'MALFORMED', name);
      }
    });

    test('[W28] a body may be as long as Welcome says before a login, and longer from Login on', async (t) => {
      const { frameBytesBeforeLoginMax: before, frameBytesMax: after } = limits;
      const padded = (bytes: number) => frameOf(UNKNOWN_TYPE, new Uint8Array(bytes), { flags: FLAG_IGNORABLE });
      const client = await service.greet(t, { transport });
      client.write(padded(before));
      await client.settled();
      const name = service.freshName();
      const create = { name, password: PASSWORD, operation: freshOperation() };
      client.write(messageFrame('CreateAccount', create, 8001), messageFrame('Login', loginOf(name), 8002));
      client.write(padded(after));
      await client.answer(8002, 'LoggedIn');
      client.write(padded(after));
      await client.settled();
      client.write(padded(after + 1).subarray(0, 12));
      assert.equal(await client.ending(), 'FRAME_TOO_LARGE');

      const stranger = await service.greet(t, { transport });
      stranger.write(padded(before + 1).subarray(0, 12));
      assert.equal(await stranger.ending(), 'FRAME_TOO_LARGE');
    });

    test('[W32] Ping is answered with Pong and the same correlation id, and is no request in flight', async (t) => {
      const client = await service.greet(t, { transport });
      const pings = Array.from({ length: limits.framesAtOnceBeforeLoginMax }, (_, index) => index + 10);
      client.write(...pings.map((correlation) => messageFrame('Ping', {}, correlation)));
      for (const correlation of pings) await client.answer(correlation, 'Pong');
      client.write(messageFrame('Pong', {}, 5));
      await client.settled();
      assert.deepEqual(client.left(), []);
    });

    test('[W40] a request without a correlation id closes', async (t) => {
      const client = await service.greet(t, { transport });
      client.write(messageFrame('AskStatus', {}, 0));
      assert.equal(await client.ending(), 'OUT_OF_ORDER');
    });

    test('[W42] as many requests as allowed may wait for their answers, and one more closes', async (t) => {
      const { client, name } = await service.person(t, 'eager', { transport });
      const sends = Array.from({ length: limits.requestsInFlightMax }, (_, index) =>
        messageFrame('Send', { to: name, text: 'x', counter: index + 2 }, index + 1000),
      );
      client.write(...sends);
      for (const [index] of sends.entries()) await client.answer(index + 1000, 'Sent');

      const impatient = await service.greet(t, { transport });
      const login = messageFrame('Login', loginOf(name), 1);
      const asks = sends.map((_, index) => messageFrame('AskStatus', {}, index + 2));
      impatient.write(login, ...asks);
      assert.equal(await impatient.ending(), 'TOO_MANY_IN_FLIGHT');
    });
  });
}

describe('what only one of the transports has', () => {
  const service = Service.shared({ servers: 1 });

  test('[W2] on WebSocket there is no preface, and a text message closes', async (t) => {
    const { host, port } = service.address();
    const greeting = await service.connect(t, { transport: 'websocket' });
    greeting.write(preface, messageFrame('Hello', helloMessage, 1));
    assert.equal(await greeting.ending(), 'FRAME_TOO_LARGE');

    const webSocket = new WebSocket(`ws://${host}:${port}/holdfast`);
    await once(webSocket, 'open');
    webSocket.send('Hello');
    const [code] = (await once(webSocket, 'close')) as [number];
    assert.equal(code, 1003);
  });

  test('[W2] [W4] a WebSocket message may hold part of a frame, or several', async (t) => {
    const client = await service.connect(t, { transport: 'websocket' });
    const bytes = Buffer.concat([messageFrame('Hello', helloMessage, 1), messageFrame('Ping', {}, 2)]);
    client.write(bytes.subarray(0, 5));
    client.write(nothing);
    client.write(bytes.subarray(5));
    await client.answer(1, 'Welcome');
    await client.answer(2, 'Pong');
  });
});

describe('a server that starts or stops', () => {
  const service = Service.shared({ servers: 2 });

  test('[W25] sends its clients elsewhere', async (t) => {
    const { client } = await service.person(t);
    const stopped = service.group.stop(1);
    assert.equal(await client.ending(), 'STOPPING');
    assert.equal(await stopped, 0);

    // With the other one down it waits for it a moment before it serves clients; the port is open by then.
    await service.group.kill(2);
    const started = service.group.start(1);
    let ending = 'without a word';
    while (ending === 'without a word') {
      const early = await untilConnected(() => service.connect(t));
      early.write(preface, messageFrame('Hello', helloMessage, 1));
      ending = await early.ending();
    }
    assert.equal(ending, 'STARTING');
    await started;
    await service.greet(t);
  });
});

/** Tries until somebody listens. */
async function untilConnected<T>(connect: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      const isEarly = error instanceof Error && 'code' in error && /^ECONN(REFUSED|RESET)$/.test(String(error.code));
      if (!isEarly) throw error;
      await setImmediate();
    }
  }
}
