import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ByteWriter } from '../lib/byte-writer.js';
import { limits } from '../model/limits.js';
import { encodeFrame, FLAG_IGNORABLE, preface, PUSH } from '../wire/frame.js';
import { World } from './world.testing.js';

function alone(): World {
  const world = new World({ servers: 1 });
  world.start();
  return world;
}

test('[W31] a client that is silent is let go after its time, and one that answers is not', () => {
  const world = alone();
  const [silent, alive] = [world.person('silent'), world.person('alive')].map((person) => person.at(1).client);
  const beginMs = world.timeline.nowMs;
  while (silent!.isConnected) {
    alive!.send('Ping', {});
    world.advance(limits.clientHeartbeatMs / 2);
  }
  const waitedMs = world.timeline.nowMs - beginMs;
  assert.ok(waitedMs >= limits.clientSilenceMs && waitedMs < limits.clientSilenceMs + limits.clientHeartbeatMs);
  assert.equal(silent!.closedWith, 'SILENT');
  assert.equal(alive!.isConnected, true);
  assert.equal(world.server(1).status.clients, 0);
});

test('[W30] whatever a client sends shows that it is there, also what the server does not know', () => {
  const world = alone();
  const { client } = world.person('talker').at(1);
  const unknown = Uint8Array.of(0, 0, 0, 0, 0x0f, 0xff, 0, FLAG_IGNORABLE, 0, 0, 0, 0);
  const endMs = world.timeline.nowMs + 3 * limits.clientSilenceMs;
  while (world.timeline.nowMs < endMs) {
    client.sendBytes(unknown.slice());
    world.advance(limits.clientHeartbeatMs);
  }
  assert.equal(client.isConnected, true);
});

test('[W24] who connects and says nothing whole is let go after the time for a handshake', () => {
  const world = alone();
  for (const beginning of [new Uint8Array(0), preface.subarray(0, 3), preface]) {
    const host = world.network.host(`nobody-${beginning.length}`);
    let closedMs = 0;
    host.events = {
      opened: () => undefined,
      received: () => undefined,
      drained: () => undefined,
      closed: () => {
        closedMs = world.timeline.nowMs;
      },
    };
    const beginMs = world.timeline.nowMs;
    host.send(host.dial(world.addressOf(1)), beginning.slice());
    world.until('it is let go', () => closedMs > 0);
    assert.ok(closedMs - beginMs > limits.handshakeMs);
    assert.ok(closedMs - beginMs < limits.handshakeMs + 4 * limits.tickMs);
  }
});

test('[W91] servers with different keys do not link, and tell their operators', () => {
  const world = new World({ servers: 2 });
  world.server(2).groupKey = new Uint8Array(32).fill(8);
  world.start();
  assert.equal(world.server(1).peer(2), undefined);
  assert.equal(world.server(2).peer(1), undefined);
  for (const [one, other] of [
    [1, 2],
    [2, 1],
  ] as const) {
    assert.deepEqual(
      world
        .server(one)
        .reports.filter(({ level }) => level === 'error')
        .map(({ facts }) => facts['server']),
      [other],
    );
  }
});

test('[W91] who poses as a server that is down, again and again, fills no log', () => {
  const world = new World({ servers: 2 });
  world.start(1);
  const before = world.server(1).reports.length;
  for (let turn = 0; turn < 40; turn += 1) {
    const host = world.network.host(`posing-${turn}`);
    let isClosed = false;
    host.events = {
      opened: () => undefined,
      received: () => undefined,
      drained: () => undefined,
      closed: () => {
        isClosed = true;
      },
    };
    const group = `${turn}`.repeat(turn % 2 === 0 ? 1 : 4_000);
    const nonce = new Uint8Array(32);
    const hello = { versionMin: 1, versionMax: 1, group, server: 2, nonce, proof: new Uint8Array(0), capabilities: [] };
    const writer = new ByteWriter();
    writer.bytes(preface);
    encodeFrame(writer, 'PeerHello', hello, PUSH);
    host.send(host.dial(world.addressOf(1)), writer.take());
    world.until('it is sent away', () => isClosed);
  }
  const told = world.server(1).reports.slice(before);
  assert.equal(told.length, limits.refusalsLoggedMax);
  assert.ok(told.every((report) => JSON.stringify(report).length < 500));
});

test('[W91] servers of different groups do not link', () => {
  const world = new World({ servers: 2 });
  world.server(2).config = { ...world.config, group: 'another' };
  world.start();
  assert.equal(world.server(1).peer(2), undefined);
  assert.ok(world.server(2).reports.some(({ facts }) => JSON.stringify(facts).includes('is group \\"another\\"')));
});

test('[W91] a server that is not a member by the config of another does not link to it', () => {
  const world = new World({ servers: 3 });
  world.server(1).config = { ...world.config, servers: world.config.servers.slice(0, 2) };
  world.start();
  assert.equal(world.server(3).peer(1), undefined);
  assert.equal(world.server(3).peer(2)?.linked, true);
});

test('[W74] a server keeps nothing for a reader that grants nothing, and goes on when it is granted more', () => {
  const world = new World();
  world.startInSync();
  const [alice, bob] = ['alice', 'bob'].map((name) => world.person(name).at(1));
  for (const person of [alice!, bob!]) {
    person.create();
    person.login();
  }
  bob!.at(2).resume();
  bob!.ask('Receive', { cursor: [], credit: 3 });
  for (let index = 0; index < 50; index += 1) alice!.send('bob', `message ${index}`);
  world.advance(1_000);
  assert.equal(bob!.texts.length, 3);
  bob!.client.send('Credit', { credit: 10 });
  world.advance(1_000);
  assert.equal(bob!.texts.length, 13);
  bob!.client.send('Credit', { credit: 100 });
  world.until('bob has all', () => bob!.texts.length === 50);
  alice!.send('bob', 'message 50');
  world.until('bob has the live one', () => bob!.texts.length === 51);
  assert.deepEqual(
    bob!.texts,
    Array.from({ length: 51 }, (_, index) => `message ${index}`),
  );
});

test('[W44] a reader that asks for much and does not read is let go, and loses nothing', () => {
  const world = new World();
  world.startInSync();
  const [alice, bob] = ['alice', 'bob'].map((name) => world.person(name).at(1));
  for (const person of [alice!, bob!]) {
    person.create();
    person.login();
  }
  bob!.at(2).resume();
  bob!.receive();
  const text = 'x'.repeat(limits.textBytesMax);
  const messages = limits.creditMax + 10;
  for (let index = 0; index < messages; index += 100) {
    const batch = Array.from({ length: Math.min(100, messages - index) }, (_, more) => index + more);
    const sent = batch.map((number) =>
      alice!.client.request('Send', alice!.sending('bob', `${number} ${text.slice(10)}`)),
    );
    world.until('they are sent', () => sent.every((reply) => reply.isThere));
  }
  const pages = Math.ceil(limits.clientBacklogBytesMax / (3 * limits.textBytesMax)) + 50;
  for (let page = 0; page < pages; page += 1) {
    bob!.client.request('ReadHistory', { with: 'alice', beforeTime: 0, limit: 0 });
  }
  world.advance(20);
  bob!.client.host.freeze();
  world.until('the server lets bob go', () => world.server(2).status.sessions === 0, limits.clientSilenceMs);
  bob!.client.host.thaw();
  world.until('bob is gone', () => !bob!.client.isConnected);
  bob!.at(3).resume();
  while (bob!.texts.length < messages) bob!.receive();
  assert.deepEqual(
    bob!.texts.map((received) => Number.parseInt(received, 10)),
    Array.from({ length: messages }, (_, index) => index),
  );
});
