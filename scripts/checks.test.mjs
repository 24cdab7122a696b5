/** Shows that each check of the sources bites: every rule has a source that obeys it and one that does not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { checkImports } from './check-imports.mjs';
import { checkPackages } from './check-packages.mjs';
import { checkPurity } from './check-purity.mjs';
import { checkSpec } from './check-spec.mjs';
import { parseSource } from './source-files.mjs';

/** Parses sources given as text by path. */
function sources(/** @type {Record<string, string>} */ textByPath) {
  return Object.entries(textByPath).map(([path, text]) => parseSource(path, text));
}

/** What the import check says about one file. */
function importing(/** @type {string} */ path, /** @type {string} */ text) {
  return checkImports(sources({ [path]: text }));
}

test('an import of a visible room passes', () => {
  const allowed = [
    ['src/core/lib/a.ts', "import { b } from './b.js';"],
    ['src/core/chat/commands/send.ts', "import { Op } from '../../model/op.js'; import { b } from '../fold.js';"],
    ['src/core/replica/a.ts', "import type { Log } from '../store/log.js';"],
    ['src/core/chat/a.ts', "import { RE2JS } from 're2js';"],
    ['src/core/chat/a.test.ts', "import { test } from 'node:test'; import fc from 'fast-check';"],
    ['src/io/node/a.ts', "import { readFile } from 'node:fs'; import type { Disk } from '../../core/ports/disk.js';"],
    [
      'src/apps/cli/main.ts',
      "const server = await import('../server/main.js'); import { a } from '../../core/store/a.js';",
    ],
    ['src/library/node.ts', "export { Client } from './client.js'; import net from 'node:net';"],
    ['test/conformance/a.test.ts', "import { a } from '#src/library/node.js'; import { b } from './b.js';"],
  ];
  for (const [path = '', text = ''] of allowed) assert.deepEqual(importing(path, text), [], path);
});

test('an import of a room that is not visible is reported with both ends', () => {
  const forbidden = [
    ['src/core/lib/a.ts', "import { b } from '../model/b.js';"],
    ['src/core/store/a.ts', "import { b } from '../replication/b.js';"],
    ['src/core/client/a.ts', "import type { b } from '../replica/b.js';"],
    ['src/core/wire/a.ts', "export const load = () => import('../../io/node/b.js');"],
    ['src/io/node/a.ts', "import { b } from '../browser/b.js';"],
    ['src/io/node/a.ts', "import { b } from '../../core/replica/b.js';"],
    ['src/sim/a.ts', "import { b } from '../io/node/b.js';"],
    ['src/io/browser/a.ts', "import { b } from '../../apps/web/b.js';"],
    ['src/library/a.ts', "import { b } from '../server/b.js';"],
    ['src/library/a.ts', "import { b } from '../../core/replica/b.js';"],
    ['src/core/lib/a.ts', "import { b } from '../../../test/b.js';"],
  ];
  for (const [path = '', text = ''] of forbidden) {
    assert.match(importing(path, text).join('\n'), /^\S+: imports \S+; \S+ does not see \S+$/, `${path} ${text}`);
  }
});

test('a Node module or a package in the wrong place is reported', () => {
  assert.match(importing('src/core/lib/a.ts', "import 'node:fs';").join(), /only Node's side may/);
  assert.match(importing('src/io/browser/a.ts', "import 'node:fs';").join(), /only Node's side may/);
  assert.match(importing('src/library/client.ts', "import 'node:fs';").join(), /only Node's side may/);
  assert.match(importing('src/core/lib/a.ts', "import 'ws';").join(), /imports the package ws/);
  assert.match(importing('src/core/lib/a.ts', "import { b } from '#src/core/lib/b.js';").join(), /by relative path/);
});

test('a barrel, an index file and a file outside every room are reported', () => {
  assert.match(importing('src/core/model/all.ts', "export * from './ids.js';").join(), /import it from there/);
  assert.match(importing('src/core/model/all.ts', "export { a } from './ids.js';").join(), /import it from there/);
  assert.match(importing('src/core/model/index.ts', 'export const a = 1;').join(), /no index files/);
  assert.match(importing('src/core/new-room/a.ts', 'export const a = 1;').join(), /lies in no room/);
});

test('code in a comment or a string is no import', () => {
  assert.deepEqual(importing('src/core/lib/a.ts', "// import 'node:fs';\nexport const a = \"import 'ws'\";"), []);
});

test('imports that only go forward have no cycle, and one that goes back closes one', () => {
  const edges = fc.uniqueArray(fc.tuple(fc.nat(9), fc.nat(9)), { selector: String, maxLength: 30 });
  const importLines = (/** @type {[number, number][]} */ pairs) =>
    sources(
      Object.fromEntries(
        Array.from({ length: 10 }, (_, file) => [
          `src/core/lib/f${file}.ts`,
          pairs
            .filter(([from]) => from === file)
            .map(([, to]) => `import './f${to}.js';`)
            .join('\n'),
        ]),
      ),
    );
  fc.assert(
    fc.property(edges, fc.nat(8), (pairs, start) => {
      const forward = pairs.filter(([from, to]) => from < to);
      assert.deepEqual(checkImports(importLines(forward)), []);
      const closed = checkImports(importLines([...forward, [start, start + 1], [start + 1, start]]));
      assert.match(closed.join('\n'), /^cycle: /m);
    }),
  );
});

test('what waits in the core is reported with its line, and its tests may wait', () => {
  const waiting = [
    'async function f() {}',
    'export const f = async () => 1;',
    'await f;',
    'for await (const a of b) {}',
    "import('./a.js');",
  ];
  for (const text of waiting) {
    assert.match(
      checkPurity(sources({ 'src/core/lib/a.ts': `\n${text}` })).join('\n'),
      /^src\/core\/lib\/a\.ts:2: /,
      text,
    );
    assert.deepEqual(checkPurity(sources({ 'src/core/lib/a.test.ts': text, 'src/io/node/a.ts': text })), []);
  }
  assert.deepEqual(checkPurity(sources({ 'src/core/lib/a.ts': 'export const f = (async: number) => async;' })), []);
});

test('a specification without rules and without a document passes', () => {
  assert.deepEqual(checkSpec([], sources({ 'src/core/lib/a.test.ts': "test('a plain name', () => {});" })), []);
  assert.deepEqual(checkSpec([{ path: 'docs/spec/wire.md', text: 'No rule yet, see [a link][1].' }], []), []);
});

test('every rule needs one definition in its document and a test that cites it', () => {
  const wire = {
    path: 'docs/spec/wire.md',
    text: '# Frames\n[W1] One.\n- **[W2]** Two, unlike [W1].\n| [W3] | Three |\n',
  };
  const citing = sources({
    'src/core/wire/a.test.ts': "test('[W1] [W2] one and two', () => {});",
    'test/a.test.ts': 'for (const a of b) context.test(`[W3] ${a}`, f);',
  });
  assert.deepEqual(checkSpec([wire], citing), []);
  assert.deepEqual(checkSpec([wire], citing.slice(1)), [
    'docs/spec/wire.md: no test cites [W1]',
    'docs/spec/wire.md: no test cites [W2]',
  ]);
  assert.match(checkSpec([wire, { ...wire, text: '[W1] Again.' }], citing).join(), /defines \[W1\] a second time/);
  assert.match(
    checkSpec([{ ...wire, path: 'docs/spec/store.md' }], citing).join(),
    /\[W1\], which belongs in wire\.md/,
  );
});

test('a rule cited in a source that is no test counts as untested', () => {
  const wire = { path: 'docs/spec/wire.md', text: '[W1] One.' };
  const files = sources({
    'src/core/wire/a.ts': "/** Obeys [W1]. */ test('[W1]', f);",
    'src/core/wire/a.test.ts': "// [W1]\nconst name = '[W1]';",
  });
  assert.deepEqual(checkSpec([wire], files), ['docs/spec/wire.md: no test cites [W1]']);
});

test('a cited rule that no document defines is reported', () => {
  const wire = { path: 'docs/spec/wire.md', text: 'As [W4] says.' };
  const files = sources({ 'src/core/store/a.ts': '// See [S9].', 'src/core/wire/a.test.ts': "test('[W5]', f);" });
  const cited = checkSpec([wire], files).map((line) => /\[\w\d\]/.exec(line)?.[0] ?? line);
  assert.deepEqual(cited.toSorted(), ['[S9]', '[W4]', '[W5]']);
});

test('a download address, a range of versions and a package without a record are reported', () => {
  const lock = { packages: { '': {}, 'node_modules/ws': {} } };
  assert.deepEqual(
    checkPackages({ dependencies: { ws: '8.0.0' }, devDependencies: { knip: '6.0.0' } }, lock, 'Why `ws`.'),
    [],
  );
  const bad = { packages: { 'node_modules/ws': { resolved: 'https://registry.example/ws.tgz' } } };
  assert.deepEqual(
    checkPackages({ dependencies: { ws: '^8.0.0' } }, bad, '').map((line) => line.split(':')[0]),
    ['package-lock.json', 'package.json', 'package.json'],
  );
});
