/** Reads CPU profiles and tells where the time went. `node dist/bench/costs.js FILE.cpuprofile …` */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const LINES_MAX = 30;
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Cost {
  selfMicros: number;
  /** With what it called; counted once where it called itself. */
  totalMicros: number;
}

function costsOf(profile: Profile): Map<string, Cost> {
  const selfByNode = new Map<number, number>();
  for (const [index, node] of profile.samples.entries()) {
    selfByNode.set(node, (selfByNode.get(node) ?? 0) + profile.timeDeltas[index]!);
  }
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const costs = new Map<string, Cost>();
  const visit = (id: number, above: ReadonlySet<string>): number => {
    const { callFrame, children = [] } = nodes.get(id)!;
    const name = nameOf(callFrame);
    const cost = costs.get(name) ?? { selfMicros: 0, totalMicros: 0 };
    costs.set(name, cost);
    const self = selfByNode.get(id) ?? 0;
    const within = new Set(above).add(name);
    const total = children.reduce((sum, child) => sum + visit(child, within), self);
    cost.selfMicros += self;
    if (!above.has(name)) cost.totalMicros += total;
    return total;
  };
  visit(profile.nodes[0]!.id, new Set());
  return costs;
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;
  return `${functionName || '(anonymous)'} ${file === '' ? '' : `${file}:${lineNumber + 1}`}`;
}

const files = process.argv.slice(2);
if (files.length === 0 || files.includes('--help')) {
  console.log('Tells where the time went: node dist/bench/costs.js FILE.cpuprofile …  (see --profile of load.js)');
  process.exit(files.length === 0 ? 2 : 0);
}
for (const file of files) {
  const costs = costsOf(JSON.parse(readFileSync(file, 'utf8')) as Profile);
  const all = [...costs.values()].reduce((sum, cost) => sum + cost.selfMicros, 0);
  const busy = all - (costs.get('(idle) ')?.selfMicros ?? 0);
  costs.delete('(idle) ');
  console.log(`${file}: ${(all / 1e6).toFixed(1)} s, of which in code ${(busy / 1e6).toFixed(1)} s; shares of that`);
  console.log(' self  total');
  const share = (micros: number): string => `${((micros / busy) * 100).toFixed(1)} %`.padStart(6);
  for (const [name, cost] of [...costs].sort(([, a], [, b]) => b.selfMicros - a.selfMicros).slice(0, LINES_MAX)) {
    console.log(`${share(cost.selfMicros)} ${share(cost.totalMicros)}  ${name}`);
  }
}
