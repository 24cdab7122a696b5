import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { Heartbeat } from './heartbeat.js';

const suspectMs = limits.clientSuspectAfterMs;
const probeMs = limits.clientProbeMs;

test('[C10] Ping is due when nothing was sent for the interval', () => {
  const heartbeat = new Heartbeat(0, 5_000);
  heartbeat.sent(1_000);
  assert.equal(heartbeat.check(5_999), 'nothing');
  assert.equal(heartbeat.wakeAtMs, 6_000);
  assert.equal(heartbeat.check(6_000), 'ping');
});

test('[C11] [W33] while a request waits, silence leads to a Ping and then to the end', () => {
  const heartbeat = new Heartbeat(0, 60_000);
  heartbeat.heard(100);
  heartbeat.waits(100, true);
  assert.equal(heartbeat.check(99 + suspectMs), 'nothing');
  assert.equal(heartbeat.wakeAtMs, 100 + suspectMs);
  assert.equal(heartbeat.check(100 + suspectMs), 'ping');
  assert.equal(heartbeat.check(99 + suspectMs + probeMs), 'nothing');
  assert.equal(heartbeat.wakeAtMs, 100 + suspectMs + probeMs);
  assert.equal(heartbeat.check(100 + suspectMs + probeMs), 'lost');
});

test('[C11] [W30] anything heard clears the suspicion', () => {
  const heartbeat = new Heartbeat(0, 60_000);
  heartbeat.waits(0, true);
  assert.equal(heartbeat.check(suspectMs), 'ping');
  heartbeat.heard(suspectMs + 1);
  assert.equal(heartbeat.check(suspectMs + suspectMs), 'nothing');
  assert.equal(heartbeat.wakeAtMs, suspectMs + 1 + suspectMs);
  assert.equal(heartbeat.check(suspectMs + probeMs), 'ping', 'the next silence begins anew');
});

test('[C11] silence from before the request was made does not count', () => {
  const heartbeat = new Heartbeat(0, 60_000);
  heartbeat.waits(4_000, true);
  assert.equal(heartbeat.check(4_000), 'nothing');
  assert.equal(heartbeat.check(3_999 + suspectMs), 'nothing');
  heartbeat.waits(4_500, false);
  heartbeat.waits(5_000, true);
  assert.equal(heartbeat.check(4_999 + suspectMs), 'nothing');
  assert.equal(heartbeat.check(5_000 + suspectMs), 'ping');
});

test('[C12] a Ping of the interval that is not answered leads to the end as a request does', () => {
  const heartbeat = new Heartbeat(0, 5_000);
  assert.equal(heartbeat.check(5_000), 'ping');
  heartbeat.sent(5_000);
  assert.equal(heartbeat.wakeAtMs, 5_000 + suspectMs);
  assert.equal(heartbeat.check(5_000 + suspectMs), 'ping');
  heartbeat.sent(5_000 + suspectMs);
  assert.equal(heartbeat.check(4_999 + suspectMs + probeMs), 'nothing');
  assert.equal(heartbeat.check(5_000 + suspectMs + probeMs), 'lost');
});

test('[C12] a Ping of the interval that is answered leads to nothing', () => {
  const heartbeat = new Heartbeat(0, 5_000);
  assert.equal(heartbeat.check(5_000), 'ping');
  heartbeat.sent(5_000);
  heartbeat.heard(5_001);
  assert.equal(heartbeat.wakeAtMs, 10_000);
  assert.equal(heartbeat.check(9_999), 'nothing');
});

test('[C12] long silence ends the connection though nothing waits', () => {
  const heartbeat = new Heartbeat(0, 60_000);
  assert.equal(heartbeat.check(limits.clientSilenceMs - 1), 'nothing');
  assert.equal(heartbeat.check(limits.clientSilenceMs), 'lost');
});
