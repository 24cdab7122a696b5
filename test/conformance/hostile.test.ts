/** Whatever anyone sends, or does not send or read, the server goes on for all others, within bounds of memory. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';

import { limits } from '#src/core/model/limits.js';
import { preface, typeOf } from '#src/core/wire/frame.js';

import { frameOf, helloMessage, messageFrame, RawClient } from './raw-client.js';
import { resumeOf, Service, type Person } from './service.js';
import { MutatedFrames } from './mutated-frames.js';

const MIB = 1024 * 1024;
const frameCount = Number(process.env['HOLDFAST_HOSTILE_FRAMES'] ?? 100_000);
const seed = Number(process.env['HOLDFAST_SEED'] ?? Date.now() % 1_000_000_000);

/** Bytes of memory that the process of a server has in use. */
function residentBytes(service: Service): number {
  const status = readFileSync(`/proc/${service.group.process(1).pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

async function rawSocket(t: TestContext, service: Service): Promise<Socket> {
  const socket = connectSocket(service.address());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  t.after(() => socket.destroy());
  return socket;
}

/** Someone who goes on writing to themselves until told to stop, and then has got everything once and in order. */
async function bystander(person: Person, until: () => boolean): Promise<void> {
  const { client, name } = person;
  client.send('Receive', { cursor: [], credit: 1 });
  for (let counter = 2; !until(); counter += 1) {
    await client.ask('Send', { to: name, text: `${counter}`, counter }, 'Sent');
    assert.equal((await client.push('Deliver')).message.text, `${counter}`);
    client.send('Credit', { credit: 1 }, 0);
  }
}

describe('a server that strangers talk to', () => {
  const service = Service.shared({ servers: 1 });

  test('[W1] [W15] closes what is no stream of frames, and says why where it can', async (t) => {
    const notUtf8 = Uint8Array.of(0x0a, 0x02, 0xc3, 0x28);
    const hello = messageFrame('Hello', helloMessage, 1);
    const cases: [what: string, bytes: Uint8Array[], ending: string][] = [
      ['a preface with a wrong end', [preface.subarray(0, 7), Uint8Array.of(0)], 'MALFORMED'],
      ['the preface over and over', [preface, preface, preface], 'FRAME_TOO_LARGE'],
      ['a Hello that is cut short', [preface, frameOf(1, Uint8Array.of(0x22, 9), { correlation: 1 })], 'MALFORMED'],
      ['a Hello of garbage', [preface, frameOf(typeOf('Hello'), notUtf8, { correlation: 1 })], 'MALFORMED'],
      ['a header of ones', [preface, hello, new Uint8Array(12).fill(255)], 'FRAME_TOO_LARGE'],
      ['a name that is not UTF-8', [preface, hello, frameOf(0x10, notUtf8, { correlation: 2 })], 'MALFORMED'],
      [
        'an integer of 2^64',
        [preface, hello, frameOf(0x1a, Buffer.from(`18${'ff'.repeat(9)}01`, 'hex'), { correlation: 2 })],
        'MALFORMED',
      ],
    ];
    for (const [what, bytes, ending] of cases) {
      const client = await service.connect(t);
      client.write(...bytes);
      assert.equal(await client.ending(), ending, what);
    }
    await service.checkAlive(t);
  });

  test('answers what is neither HTTP nor ours as bad HTTP, and ends it', async (t) => {
    for (const bytes of ['\u0016\u0003\u0001\u0002', 'HELO example\r\n\r\n', 'GET /\u0000 HTTP/9.9\r\n\r\n']) {
      const socket = await rawSocket(t, service);
      socket.write(bytes, 'latin1');
      assert.match((await socket.toArray()).join(''), /^HTTP\/1\.1 4\d\d /);
    }
    await service.checkAlive(t);
  });

  test('ends HTTP whose header is too long, be it that the reset of what it did not read overtakes its answer', async (t) => {
    const socket = await rawSocket(t, service);
    socket.on('error', () => undefined);
    socket.write(`GET / HTTP/1.1\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 'latin1');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    await service.checkAlive(t);
  });

  test('forgets those who leave in the middle of anything', async (t) => {
    const hello = messageFrame('Hello', helloMessage, 1);
    const long = frameOf(0x10, new Uint8Array(limits.frameBytesBeforeLoginMax), { correlation: 2 });
    const whole = Buffer.concat([preface, hello, long]);
    for (let cut = 1; cut < whole.length; cut += cut < 80 ? 1 : 997) {
      const socket = await rawSocket(t, service);
      socket.write(whole.subarray(0, cut));
      if (cut % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    const client = await service.greet(t);
    for (;;) {
      // The others have gone when the server counts this one alone.
      const { clients } = await client.ask('AskStatus', {}, 'Status');
      if (clients === 0) break;
    }
    await service.checkAlive(t);
  });

  test('serves others while thousands connect and say nothing', async (t) => {
    const before = residentBytes(service);
    const silent: Socket[] = [];
    while (silent.length < 3_000) {
      silent.push(...(await Promise.all(Array.from({ length: 100 }, () => rawSocket(t, service)))));
    }
    for (const [index, socket] of silent.entries()) if (index % 3 === 0) socket.write(preface);
    await service.checkAlive(t);
    assert.ok(residentBytes(service) - before < 200 * MIB);
    for (const socket of silent) socket.destroy();
  });

  test('[W44] [W43] lets go of someone who asks and does not read, and keeps little for them', async (t) => {
    const [deaf, other] = [await service.person(t, 'deaf'), await service.greet(t)];
    const { sessions } = await other.ask('AskStatus', {}, 'Status');
    const before = residentBytes(service);
    deaf.client.pause();
    const asks = Buffer.concat(Array.from({ length: 10_000 }, () => messageFrame('AskStatus', {}, 9)));
    let most = 0;
    for (let written = 0; ; written += asks.length) {
      if ((await other.ask('AskStatus', {}, 'Status')).sessions < sessions) break;
      if (written < 16 * MIB) deaf.client.write(asks);
      most = Math.max(most, residentBytes(service));
    }
    assert.ok(most - before < 300 * MIB, `${Math.round((most - before) / MIB)} MiB more than before`);
    deaf.client.resume();
    assert.equal(await deaf.client.ending(), 'TOO_SLOW');
    await service.checkAlive(t);
  });
});

describe('a server that gets frames with mistakes in them', () => {
  const service = Service.shared({ servers: 1 });

  test(`[W15] goes on after ${frameCount} of them (seed ${seed})`, async (t) => {
    const frames = new MutatedFrames(seed);
    const [victim, other] = [await service.person(t, 'victim'), await service.person(t, 'other')];
    const hello = messageFrame('Hello', helloMessage, 1);
    const before = residentBytes(service);
    const perConnection = 20;
    let sent = 0;
    const attack = async (): Promise<void> => {
      while (sent < frameCount) {
        sent += perConnection;
        const client = await RawClient.connect(service.address());
        const resume = frames.chance(0.5) ? [messageFrame('Resume', resumeOf(victim), 2)] : [];
        const mutated = Array.from({ length: perConnection }, () => frames.next());
        // The last is of a type that nobody knows, so each connection comes to an end.
        client.write(preface, hello, ...resume, ...mutated, frameOf(0x7f01, new Uint8Array(0)));
        client.end();
        await client.ending();
        client.close();
      }
    };
    let isOver = false;
    const watched = bystander(other, () => isOver);
    await Promise.all(Array.from({ length: 16 }, attack));
    isOver = true;
    await watched;
    assert.ok(residentBytes(service) - before < 250 * MIB);
    assert.doesNotMatch(service.group.stderr(1), /mistake|error/);
    await service.checkAlive(t);
  });
});
