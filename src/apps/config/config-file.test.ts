import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';

import { limits } from '../../core/model/limits.js';
import { readConfigFile, type ConfigFile } from './config-file.js';
import { decodeKey, readGroupKey } from './group-key.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-config-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, content: string | Uint8Array, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

async function problemsOf(path: string): Promise<readonly string[]> {
  const reading = await readConfigFile(path);
  return reading.state === 'read' ? [] : reading.problems;
}

async function configWith(rest: object, host = '127.0.0.1'): Promise<ConfigFile> {
  const path = await write('config.json', JSON.stringify({ servers: [{ id: 1, host, port: 6001 }], ...rest }));
  const reading = await readConfigFile(path);
  assert.equal(reading.state, 'read');
  return reading.file;
}

async function keyProblem(file: ConfigFile): Promise<string> {
  const reading = await readGroupKey(file);
  assert.equal(reading.state, 'rejected');
  return reading.problem;
}

const oneServer = '{"servers": [{"id": 1, "host": "127.0.0.1", "port": 6001}]}';

test('a config file is read, with or without a byte order mark', async () => {
  for (const text of [oneServer, `\uFEFF${oneServer}`]) {
    const reading = await readConfigFile(await write('good.json', text));
    assert.equal(reading.state, 'read');
    assert.equal(reading.file.config.servers[0]!.port, 6001);
  }
});

test('a file that cannot be read says why', async () => {
  assert.deepEqual(await problemsOf(join(folder, 'absent.json')), [`${join(folder, 'absent.json')} does not exist`]);
  assert.deepEqual(await problemsOf(folder), [`${folder} is a directory; give the path of a file`]);
});

test('bytes that are not UTF-8 are told by line and column', async () => {
  const cases: [string | Uint8Array, string][] = [
    [Buffer.from('{\n "group": "caf\xe9"\n}', 'latin1'), '2:15'],
    [Buffer.concat([Buffer.from('\uFEFF{"\uFFFD🪸é'), Buffer.of(0xe2, 0x82), Buffer.from('€"}')]), '1:6'],
    [Buffer.of(0xff), '1:1'],
    [Buffer.from([0x7b, 0x0a, 0xc3]), '2:1'],
  ];
  for (const [content, place] of cases) {
    const path = await write('latin.json', content);
    assert.deepEqual(await problemsOf(path), [`${path}:${place}: what is here is not valid UTF-8`]);
  }
});

test('a file larger than any config is not parsed', async () => {
  const path = await write('large.json', ' '.repeat(limits.configBytesMax + 1));
  assert.match((await problemsOf(path))[0]!, /a config file has at most/);
});

test('each problem begins with file, line and column', async () => {
  const path = await write('bad.json', oneServer.replace('6001', '70000').replace('"id": 1', '"id": 0'));
  assert.deepEqual(await problemsOf(path), [
    `${path}:1:21: "id" is 0; an id is a whole number from 1 to 65535`,
    `${path}:1:53: "port" is 70000; a port is a whole number from 1 to 65535`,
  ]);
});

test('on loopback no key is needed', async () => {
  assert.deepEqual(await readGroupKey(await configWith({})), { state: 'read', key: undefined });
});

test('a host that others can reach needs a key, and the error says how to make one', async () => {
  const file = await configWith({}, 'chat.example.org');
  const problem = await keyProblem(file);
  assert.ok(problem.startsWith(`${file.path}:1:28: the host "chat.example.org" can be reached from other machines`));
  assert.match(problem, /head -c 32 \/dev\/urandom \| base64 > group\.key/);
});

test('an address for other servers that others can reach needs a key too', async () => {
  const servers = [{ id: 1, host: '127.0.0.1', port: 6001, peerHost: '10.8.0.1' }];
  const problem = await keyProblem(await configWith({ servers }));
  assert.match(problem, /the host "10\.8\.0\.1" can be reached from other machines/);
});

test('a key is read from the folder of the config, in hexadecimal or base64', async () => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    await write('group.key', `${Buffer.from(key).toString(encoding)}\n`);
    const reading = await readGroupKey(await configWith({ groupKeyFile: 'group.key' }, '10.0.0.1'));
    assert.deepEqual(reading, { state: 'read', key });
  }
});

test(
  'a key that others can read is refused',
  { skip: process.platform === 'win32' && 'no permission bits' },
  async () => {
    const path = await write('open.key', 'ab'.repeat(32), 0o640);
    const file = await configWith({ groupKeyFile: 'open.key' });
    assert.equal(
      await keyProblem(file),
      `${file.path}:1:69: the key file ${path} can be read by other users; run: chmod 600 ${path}`,
    );
  },
);

test('what is no key is refused', async () => {
  for (const content of ['', 'ab'.repeat(31), 'not a key at all, but a sentence', 'a'.repeat(65), 'ä'.repeat(40)]) {
    await write('bad.key', content);
    assert.match(
      await keyProblem(await configWith({ groupKeyFile: 'bad.key' })),
      /holds no key; a key has 32 to 4096 bytes/,
    );
  }
  await write('large.key', 'a'.repeat(limits.groupKeyBytesMax * 3 + 1));
  assert.match(await keyProblem(await configWith({ groupKeyFile: 'large.key' })), /is too large for a key$/);
  assert.match(await keyProblem(await configWith({ groupKeyFile: 'absent.key' })), /absent\.key does not exist$/);
  assert.match(await keyProblem(await configWith({ groupKeyFile: '.' })), /is not a plain file$/);
});

test('a long key broken into lines is one key', () => {
  const key = Buffer.alloc(100, 0x5a);
  const lines = key.toString('base64').replaceAll(/(.{64})/g, '$1\r\n');
  assert.deepEqual(decodeKey(lines), new Uint8Array(key));
});
