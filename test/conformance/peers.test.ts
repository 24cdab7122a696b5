/** A stranger who poses as a server, with and without the key of the group. */
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';

import { limits } from '#src/core/model/limits.js';
import { decode } from '#src/core/wire/codec.js';
import { FrameDecoder, preface, typeOf } from '#src/core/wire/frame.js';
import type { MessageOf } from '#src/core/wire/message-types.js';
import { makePeerProof, type PeerProofFacts } from '#src/core/wire/peer-proof.js';

import { frameOf, messageFrame, type RawClient } from './raw-client.js';
import { Service } from './service.js';

const key = randomBytes(32);
const group = 'holdfast';
const crypto = {
  hmacSha256: (secret: Uint8Array, bytes: Uint8Array) => createHmac('sha256', secret).update(bytes).digest(),
  randomBytes: (count: number) => randomBytes(count),
  sha256: () => assert.fail('a proof needs no such hash'),
};

function helloOf(fields: Partial<MessageOf<'PeerHello'>> = {}): MessageOf<'PeerHello'> {
  return {
    versionMin: 1,
    versionMax: 1,
    group,
    server: 2,
    nonce: randomBytes(32),
    proof: new Uint8Array(0),
    capabilities: [],
    ...fields,
  };
}

interface Greeted {
  readonly client: RawClient;
  readonly facts: PeerProofFacts;
  /** What the server says of itself, with its proof. */
  readonly answer: MessageOf<'PeerHello'>;
}

describe('servers prove themselves to each other', () => {
  const service = Service.shared({ servers: 2, groupKey: key.toString('hex') });

  /** Begins as server 2, which does not run. */
  async function greet(t: TestContext, nonce = randomBytes(32)): Promise<Greeted> {
    await service.group.kill(2);
    const client = await service.connect(t);
    client.write(preface, messageFrame('PeerHello', helloOf({ nonce })));
    const answer = await client.push('PeerHello');
    const facts = { group, dialler: 2, acceptor: 1, diallerNonce: nonce, acceptorNonce: answer.nonce };
    return { client, facts, answer };
  }

  test('[W91] whoever holds the key is taken as a server, and hears what the other holds', async (t) => {
    const { client, facts, answer } = await greet(t);
    assert.ok(Buffer.from(answer.proof).equals(makePeerProof(crypto, key, 'acceptor', facts)));
    client.send('PeerProof', { proof: makePeerProof(crypto, key, 'dialler', facts) }, 0);
    assert.equal((await client.push('PeerState')).open, true);
  });

  test('[W91] a wrong proof closes: none, of another key, of the other side, of another time', async (t) => {
    const before = await greet(t);
    const old = makePeerProof(crypto, key, 'dialler', before.facts);
    const nonce = new Uint8Array(before.facts.diallerNonce);
    for (const proofOf of [
      () => new Uint8Array(0),
      () => new Uint8Array(32),
      ({ facts }: Greeted) => makePeerProof(crypto, new Uint8Array(0), 'dialler', facts),
      ({ facts }: Greeted) => makePeerProof(crypto, randomBytes(32), 'dialler', facts),
      ({ facts }: Greeted) => makePeerProof(crypto, key, 'dialler', facts).subarray(0, 31),
      ({ facts }: Greeted) => makePeerProof(crypto, key, 'dialler', { ...facts, group: 'other' }),
      ({ facts }: Greeted) => makePeerProof(crypto, key, 'dialler', { ...facts, dialler: 1, acceptor: 2 }),
      ({ answer }: Greeted) => answer.proof,
      () => old,
    ]) {
      const greeted = await greet(t, Buffer.from(nonce));
      greeted.client.send('PeerProof', { proof: proofOf(greeted) }, 0);
      assert.equal(await greeted.client.ending(), 'GROUP_KEY_WRONG');
      assert.ok(!greeted.client.left().includes('PeerState'));
    }
  });

  test('[W91] another group, the server itself, and what is no id of a server are refused', async (t) => {
    for (const fields of [{ group: 'other' }, { group: '' }, { server: 70_000 }, { server: 1 }]) {
      const client = await service.connect(t);
      client.write(preface, messageFrame('PeerHello', helloOf(fields)));
      assert.equal(await client.ending(), 'GROUP_MISMATCH');
    }
  });

  test('[W91] a server that is no member is told so once it has proved itself, unless it vouches', async (t) => {
    for (const vouches of [false, true]) {
      const client = await service.connect(t);
      const nonce = randomBytes(32);
      client.write(preface, messageFrame('PeerHello', helloOf({ server: 9, nonce, vouches })));
      const answer = await client.push('PeerHello');
      const facts = { group, dialler: 9, acceptor: 1, diallerNonce: nonce, acceptorNonce: answer.nonce };
      client.send('PeerProof', { proof: makePeerProof(crypto, key, 'dialler', facts) }, 0);
      if (vouches) await client.push('PeerState');
      else assert.equal(await client.ending(), 'MEMBER_NOT_FOUND');
    }
  });

  test('[W90] a nonce of another length is refused', async (t) => {
    for (const length of [0, 31, 33]) {
      const client = await service.connect(t);
      client.write(preface, messageFrame('PeerHello', helloOf({ nonce: randomBytes(length) })));
      assert.equal(await client.ending(), 'MALFORMED');
    }
  });

  test('[W92] before the proof nothing else is taken, and nothing long', async (t) => {
    const vector = [{ origin: 1, seq: 1 }];
    for (const frame of [
      messageFrame('PeerState', { origin: 0, vector, links: [], open: true, time: 0, full: false, minCopies: 1 }),
      messageFrame('Want', { wants: vector }),
      messageFrame('Ops', { records: new Uint8Array(64) }),
      messageFrame('Reserve', { key: 'name:root', at: 0 }, 1),
      messageFrame('PeerHello', helloOf()),
      messageFrame('Hello', { versionMin: 1, versionMax: 1, capabilities: [], software: '' }, 1),
      messageFrame('AskStatus', {}, 1),
      frameOf(0x7f00, new Uint8Array(0), { flags: 1 }),
    ]) {
      const { client } = await greet(t);
      client.write(frame);
      assert.equal(await client.ending(), 'OUT_OF_ORDER');
    }
    const { client } = await greet(t);
    client.write(frameOf(typeOf('Ops'), new Uint8Array(limits.frameBytesBeforeLoginMax + 1)).subarray(0, 12));
    assert.equal(await client.ending(), 'FRAME_TOO_LARGE');
  });

  test('[W91] a server that dialled a stranger sends no proof and closes', async (t) => {
    await service.group.kill(2);
    const stranger = createServer();
    t.after(() => stranger.close());
    stranger.listen(service.address(2).port, '127.0.0.1');
    const [socket] = (await once(stranger, 'connection')) as [Socket];
    t.after(() => socket.destroy());
    const decoder = new FrameDecoder({ bodyBytesMax: limits.peerFrameBytesMax, expectsPreface: true });
    const types: number[] = [];
    for await (const bytes of socket as AsyncIterable<Buffer>) {
      for (const { type, body } of decoder.feed(bytes)) {
        types.push(type);
        if (type === typeOf('Failed')) assert.equal(decode('Failed', body.slice()).code, 304);
        if (type !== typeOf('PeerHello')) continue;
        const hello = decode('PeerHello', body.slice());
        assert.equal(hello.proof.length, 0);
        // What it would prove itself with, sent back to it.
        const proof = makePeerProof(crypto, randomBytes(32), 'acceptor', {
          group,
          dialler: 1,
          acceptor: 2,
          diallerNonce: hello.nonce,
          acceptorNonce: hello.nonce,
        });
        socket.write(messageFrame('PeerHello', helloOf({ nonce: Buffer.from(hello.nonce), proof })));
      }
    }
    assert.deepEqual(types, [typeOf('PeerHello'), typeOf('Failed')]);
  });

  test('[W132] a command of an operator proves the key as server 0, gets no link, and may ask nothing that servers ask', async (t) => {
    const nonce = randomBytes(32);
    const prove = async (secret: Uint8Array): Promise<RawClient> => {
      const client = await service.connect(t);
      client.write(preface, messageFrame('PeerHello', helloOf({ server: 0, nonce })));
      const answer = await client.push('PeerHello');
      const facts = { group, dialler: 0, acceptor: 1, diallerNonce: nonce, acceptorNonce: answer.nonce };
      assert.ok(Buffer.from(answer.proof).equals(makePeerProof(crypto, key, 'acceptor', facts)));
      client.send('PeerProof', { proof: makePeerProof(crypto, secret, 'dialler', facts) }, 0);
      return client;
    };
    const operator = await prove(key);
    await operator.ask('Ping', {}, 'Pong');
    assert.deepEqual(operator.left(), []);
    operator.send('Want', { wants: [] }, 7);
    assert.equal(await operator.ending(), 'OUT_OF_ORDER');

    const stranger = await prove(randomBytes(32));
    stranger.send('Drain', {}, 1);
    assert.equal(await stranger.ending(), 'GROUP_KEY_WRONG');
    const hasty = await service.connect(t);
    hasty.write(preface, messageFrame('PeerHello', helloOf({ server: 0 })), messageFrame('Drain', {}, 1));
    assert.equal(await hasty.ending(), 'OUT_OF_ORDER');
    const guest = await service.greet(t);
    guest.send('Drain', {}, 5);
    assert.equal(await guest.ending(), 'OUT_OF_ORDER');
  });

  test('[W133] nobody is a server or an operator over WebSocket, which every page in a browser can open', async (t) => {
    const page = await service.connect(t, { transport: 'websocket' });
    page.write(messageFrame('PeerHello', helloOf({ server: 0 })));
    assert.equal(await page.ending(), 'OUT_OF_ORDER');
    const posing = await service.connect(t, { transport: 'websocket' });
    posing.write(messageFrame('PeerHello', helloOf()));
    assert.equal(await posing.ending(), 'OUT_OF_ORDER');
  });

  test('strangers change nothing for the people of the service', async (t) => {
    await service.checkAlive(t);
    await service.group.start(2);
    await service.group.converged();
  });
});

describe('a group without a key', () => {
  const service = Service.shared({ servers: 2 });

  test('[W93] proves with the empty key', async (t) => {
    await service.group.kill(2);
    const client = await service.connect(t);
    const nonce = randomBytes(32);
    client.write(preface, messageFrame('PeerHello', helloOf({ nonce })));
    const answer = await client.push('PeerHello');
    const facts = { group, dialler: 2, acceptor: 1, diallerNonce: nonce, acceptorNonce: answer.nonce };
    client.send('PeerProof', { proof: makePeerProof(crypto, new Uint8Array(0), 'dialler', facts) }, 0);
    await client.push('PeerState');
  });
});
