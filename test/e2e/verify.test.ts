import assert from 'node:assert/strict';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { runProgram } from '#src/apps/cli/run-program.testing.js';
import { Cluster } from './cluster.js';

interface VerifyJson {
  readonly servers: readonly {
    readonly id: number;
    readonly records: number | null;
    readonly damaged: number | null;
    readonly mended: number | null;
    readonly left: readonly unknown[] | null;
    readonly agrees: boolean | null;
  }[];
  readonly isWell: boolean;
  readonly verdict: string;
}

/** Three servers, and messages of alice to bob on all of them. */
async function setting(t: TestContext) {
  const cluster = await Cluster.start(t);
  const alice = await cluster.client(t);
  await alice.createAccount('alice', 'secret a');
  await alice.createAccount('bob', 'secret b');
  await alice.login('alice', 'secret a');
  await Promise.all(Array.from({ length: 500 }, (_, index) => alice.send('bob', `message ${index}`)));
  await cluster.converged();
  const file = (id: number): string => join(cluster.dataDirectory(id), 'log', '00000001.log');
  const verify = async (): Promise<{ readonly exitCode: number | null; readonly report: VerifyJson }> => {
    const { exitCode, stdout } = await runProgram(['verify', cluster.configPath, '--json']);
    return { exitCode, report: JSON.parse(stdout) as VerifyJson };
  };
  return { cluster, alice, file, verify };
}

/** Changes bytes of a file, as a disk may. */
async function flip(path: string, ...offsets: number[]): Promise<void> {
  const handle = await open(path, 'r+');
  for (const offset of offsets) {
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, offset);
    await handle.write(Buffer.of(buffer[0]! ^ 0x5a), 0, 1, offset);
  }
  await handle.close();
}

test('[S30] verify finds bytes that were changed under running servers, and puts back the same', async (t) => {
  const { cluster, alice, file, verify } = await setting(t);
  const before = await Promise.all([1, 2, 3].map((id) => readFile(file(id))));
  assert.equal((await verify()).exitCode, 0);
  await flip(file(1), 5, 10_000, 10_001, 20_000);
  await flip(file(2), 30_000);
  const { exitCode, report } = await verify();
  assert.equal(exitCode, 0, report.verdict);
  assert.deepEqual(
    report.servers.map(({ damaged, mended, left, agrees }) => [damaged, mended, left?.length, agrees]),
    [
      [3, 3, 0, true],
      [1, 1, 0, true],
      [0, 0, 0, true],
    ],
  );
  for (const [index, bytes] of before.entries()) assert.deepEqual(await readFile(file(index + 1)), bytes);
  const { stdout } = await runProgram(['verify', cluster.configPath]);
  assert.match(stdout, /^server +records +damaged +mended +left +agrees/);
  assert.match(stdout, /\nWell: [0-9]+ records on 3 disks checked\.\n$/);
  await alice.send('bob', 'goes on');
});

test('[S33] verify says which servers it could not ask and what is left, and status tells of it', async (t) => {
  const { cluster, alice, file, verify } = await setting(t);
  await cluster.kill(2);
  await cluster.kill(3);
  await flip(file(1), 30_000);
  const { exitCode, report } = await verify();
  assert.equal(exitCode, 8);
  assert.deepEqual(
    report.servers.map(({ left }) => left?.length),
    [1, undefined, undefined],
  );
  assert.match(report.verdict, /Server 1 has 1 damaged place that no server within reach could mend/);
  assert.match(report.verdict, /Server 2 .*cannot be reached: .*Server 3 .*cannot be reached: /);
  const { stdout } = await runProgram(['status', cluster.configPath]);
  assert.match(stdout, /The log of server 1 is damaged in 1 place\./);
  await alice.send('bob', 'goes on');
  await cluster.start(2);
  await cluster.start(3);
  await cluster.converged();
  assert.equal((await verify()).exitCode, 0);
  const nobody = await Cluster.start(t, { servers: 1 });
  await nobody.kill(1);
  assert.equal((await runProgram(['verify', nobody.configPath])).exitCode, 6);
});

test('[S33] a message whose record was damaged on the disk is shown all the same', async (t) => {
  const { cluster, file } = await setting(t);
  await flip(file(1), 30_000, 40_000);
  const bob = await cluster.client(t, 1);
  await bob.login('bob', 'secret b');
  const texts: string[] = [];
  for await (const { text } of bob.messages()) if (texts.push(text) === 500) break;
  assert.deepEqual(texts.toSorted(), Array.from({ length: 500 }, (_, index) => `message ${index}`).toSorted());
});
