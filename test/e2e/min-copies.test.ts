import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test, type TestContext } from 'node:test';

import { runProgram } from '#src/apps/cli/run-program.testing.js';

import { Cluster } from './cluster.js';

const program = fileURLToPath(new URL('../../../holdfast', import.meta.url));

/** Starts the chat, types the lines, and gives what it prints as it comes. */
function chat(t: TestContext, configPath: string, lines: readonly string[]) {
  const child = spawn(process.execPath, [program, 'chat', configPath]);
  t.after(() => child.kill());
  child.stdin.write(`${lines.join('\n')}\n`);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const until = async (text: string): Promise<string> => {
    while (!printed.includes(text)) await once(child.stdout, 'data');
    return printed;
  };
  return { child, until };
}

test('[C29] where too few servers run, people are told, and what they wrote is stored as soon as enough do', async (t) => {
  const cluster = await Cluster.start(t, { minCopies: 2 });
  const alice = await cluster.client(t);
  await alice.createAccount('alice', 'secret');
  await alice.createAccount('bob', 'secret');
  await alice.login('alice', 'secret');
  const chatting = chat(t, cluster.configPath, ['2', 'bob', 'secret']);
  await chatting.until('Logged in as bob.');
  await cluster.kill(1);
  await cluster.kill(2);

  const waits = new Promise((resolve) => alice.on('writesWait', resolve));
  const goOn = new Promise((resolve) => alice.on('writesGoOn', resolve));
  const sending = alice.send('bob', 'kept');
  const message = 'Too few servers can be reached: 2 copies are required, and there can be 1 now.';
  assert.deepEqual(await waits, { code: 'NOT_ENOUGH_COPIES', message });
  chatting.child.stdin.write(['4', 'alice', 'kept too'].join('\n') + '\n');
  await chatting.until(`${message} It is kept, and tried again until there are enough.`);
  const gaveUp = runProgram(['create', cluster.configPath, 'carol'], { password: 'secret' });
  assert.deepEqual(await gaveUp, {
    exitCode: 6,
    stdout: '',
    stderr: `${message} Trying again.\n${message} Gave up after 10 seconds. It may have been carried out all the same.\n`,
  });
  assert.match(
    (await runProgram(['status', cluster.configPath])).stdout,
    /Server 3 stores nothing new: minCopies is 2, and it can make 1\./,
  );

  await cluster.start(1);
  assert.deepEqual((await sending).storedOn, { copies: 2, members: 3 });
  await goOn;
  const printed = await chatting.until('Sent. Stored on 2 of 3 servers.');
  const afterNotice = printed.slice(printed.indexOf(message));
  assert.doesNotMatch(
    afterNotice,
    /Lost server|Connected to Server/,
    'the search for a server is not told step by step',
  );
  const messages = alice.messages()[Symbol.asyncIterator]();
  assert.equal((await messages.next()).value?.text, 'kept too');
});

test('[R68] a server whose removal would leave too few for minCopies stays, and that is said once', async (t) => {
  const cluster = await Cluster.start(t, { servers: 2, minCopies: 2 });
  await cluster.converged();
  assert.deepEqual(await runProgram(['server', 'remove', cluster.configPath, '2'], { home: cluster.directory }), {
    exitCode: 6,
    stdout: '',
    stderr: '2 copies are required (minCopies), and 1 server would be left.\n',
  });
});
