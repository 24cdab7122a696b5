/**
 * Writes what the documents take from the code: docs/spec/holdfast.proto, the marked parts of docs/spec/wire.md, and
 * golden vectors for messages that have none.
 *
 *   npm run spec                            writes them
 *   node scripts/generate-spec.mjs --check  fails if a file differs from what would be written
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { prepareOrExit } from './prepare.mjs';

/** @typedef {import('./spec-vectors.mjs').Vector} Vector */

const root = fileURLToPath(new URL('..', import.meta.url));

prepareOrExit();
// What was built just now, so it cannot be imported before.
const { protoText } = await import('./spec-proto.mjs');
const { dumpText } = await import('./spec-dump.mjs');
const { withMissingVectors } = await import('./spec-vectors.mjs');
const tables = await import('./spec-tables.mjs');

/** The marked parts of wire.md, by the name in the mark. @type {Record<string, () => string>} */
const parts = {
  'frame types': tables.frameTypesTable,
  messages: tables.messagesText,
  errors: tables.errorsTable,
  'exit codes': tables.exitCodesTable,
  limits: tables.limitsTable,
  dump: () => `\`\`\`text\n${dumpText()}\n\`\`\``,
};

/** Each file with its content as it should be. @type {Record<string, () => string>} */
const files = {
  'docs/spec/holdfast.proto': protoText,
  'docs/spec/wire.md': () => formatted('wire.md', withParts(read('docs/spec/wire.md'))),
  'test/vectors/messages.json': () => {
    const present = /** @type {Vector[]} */ (JSON.parse(read('test/vectors/messages.json') || '[]'));
    const vectors = withMissingVectors(present);
    return `[\n${vectors.map((vector) => `  ${JSON.stringify(vector)}`).join(',\n')}\n]\n`;
  },
};

/** Puts each part between its marks. Throws on a mark whose name is not known. */
function withParts(/** @type {string} */ document) {
  const marked = /(<!-- generated: (.+?) -->)[\s\S]*?(<!-- end of generated -->)/g;
  return document.replaceAll(
    marked,
    (_, /** @type {string} */ start, /** @type {string} */ name, /** @type {string} */ end) => {
      const part = parts[name];
      if (part === undefined) throw new Error(`Nothing generates "${name}".`);
      return `${start}\n\n${part()}\n\n${end}`;
    },
  );
}

/** The text as `npm run format` would leave it. */
function formatted(/** @type {string} */ name, /** @type {string} */ text) {
  const formatter = join(root, 'node_modules', 'oxfmt', 'bin', 'oxfmt');
  const result = spawnSync(process.execPath, [formatter, `--stdin-filepath=${name}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`The document could not be formatted: ${result.stderr}`);
  return result.stdout;
}

/** The text of a file; empty where there is none yet. */
function read(/** @type {string} */ file) {
  return existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
}

const stale = Object.entries(files).filter(([file, content]) => read(file) !== content());
if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} is not what the code says; run \`npm run spec\`.`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [file, content] of stale) {
    writeFileSync(join(root, file), content());
    console.log(`Wrote ${file}`);
  }
}
