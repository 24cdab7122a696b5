/** Checks that a message costs no more than it did: see regression/bounds.ts. `npm run regression -- --help` */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { tableLines } from '#src/apps/output/table.js';
import { bounds, NODE_MAJOR, type Name } from './regression/bounds.js';
import type { Counts } from './regression/counts.js';
import { readOptions } from './support/options.js';

const FUNCTIONS_SHOWN = 12;
/** Young generation of the part that counts allocations: nothing may be collected meanwhile. */
const YOUNG_MEBIBYTES = 1024;
const memoryFlags = [`--min-semi-space-size=${YOUNG_MEBIBYTES}`, `--max-semi-space-size=${YOUNG_MEBIBYTES}`];

const { functions: listsFunctions } = readOptions(
  'Counts what a message costs, says what each count is and was, and fails where one is more than it may be.',
  { functions: { value: false, meaning: 'list what each function executes, too' } },
);

/** Runs a part of the check in a process of its own, with flags for Node. */
async function count(part: string, ...flags: string[]): Promise<Counts> {
  const program = fileURLToPath(new URL(`regression/measure-${part}.js`, import.meta.url));
  const child = spawn(process.execPath, [...flags, program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const output = await text(child.stdout);
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`The part "${part}" of the check failed.`);
  return JSON.parse(output) as Counts;
}

/** Counted otherwise by another version of Node. */
const ofNode: readonly Name[] = ['work', 'heap', 'buffers'];
const isOtherNode = !process.versions.node.startsWith(`${NODE_MAJOR}.`);

interface Line {
  readonly name: Name;
  readonly found: number;
  readonly most: number;
}

function linesOf({ values }: Counts): Line[] {
  return (Object.keys(bounds) as Name[]).flatMap((name) => {
    const found = values[name];
    const { usual, tolerance } = bounds[name];
    const isJudged = !(isOtherNode && ofNode.includes(name));
    return found === undefined ? [] : [{ name, found, most: isJudged ? usual * (1 + tolerance) : Infinity }];
  });
}

function formatted(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(3);
}

function tellTable(lines: readonly Line[]): void {
  const columns = [
    { title: '', align: 'left', cell: ({ name, found, most }: Line) => (found > most ? `FAILED ${name}` : name) },
    { title: 'found', align: 'right', cell: ({ found }: Line) => formatted(found) },
    { title: 'usual', align: 'right', cell: ({ name }: Line) => formatted(bounds[name].usual) },
    { title: 'at most', align: 'right', cell: ({ most }: Line) => formatted(most) },
    { title: 'for a message', align: 'left', cell: ({ name }: Line) => bounds[name].what },
  ] as const;
  for (const line of tableLines(columns, lines, Infinity)) console.log(line);
}

function tellFailure({ name, found }: Line, functions: readonly string[] = []): void {
  const { usual, what, look } = bounds[name];
  const percent = ((found / usual - 1) * 100).toFixed(1);
  console.log(
    `\n${name}: ${what}: ${formatted(found)}, which is ${percent} % more than the usual ${formatted(usual)}.\n${look}`,
  );
  if (functions.length === 0) return;
  console.log('The functions that execute the most of it, in characters for a message:');
  for (const line of functions.slice(0, FUNCTIONS_SHOWN)) console.log(line);
}

const work = count('work', '--no-opt');
const memory = count('memory', '--no-opt', '--expose-gc', ...memoryFlags);
const exact = [await work, await memory];
// Alone, since it is timed.
const all = [...exact, await count('cpu')];

const lines = all.flatMap(linesOf);
tellTable(lines);
const failed = lines.filter(({ found, most }) => found > most);
for (const line of failed)
  tellFailure(
    line,
    all.flatMap(({ functions }) => functions[line.name] ?? []),
  );
const better = lines.filter(({ name, found }) => found < bounds[name].usual * (1 - bounds[name].tolerance));
for (const { name } of better) console.log(`${name} is better than usual: lower it in bench/regression/bounds.ts.`);
if (listsFunctions) for (const line of exact[0]!.functions.work ?? []) console.log(line);
if (failed.length > 0) process.exitCode = 1;
