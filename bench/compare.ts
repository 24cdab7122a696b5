/** Compares Holdfast with what else there is, on the same work. `npm run bench -- --help` */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { measureDisk, type DiskTimes } from './comparison/disk.js';
import { jsonOf, measurementsOf, svgOf, textOf, type Comparison } from './comparison/report.js';
import { runRounds, warmUpAll } from './comparison/rounds.js';
import { withSection } from './comparison/section.js';
import { FULL_ROUNDS, isFull } from './comparison/summary.js';
import { sustain } from './comparison/sustained.js';
import { crowdTasks, tasks } from './comparison/tasks.js';
import { Holdfast } from './peers/holdfast.js';
import { Nats } from './peers/nats.js';
import { install, isInstalled, type Package } from './peers/packages.js';
import { RabbitMq } from './peers/rabbitmq.js';
import { Redis } from './peers/redis.js';
import { endedWith } from './support/ended-with.js';
import { describeMachine } from './support/machine.js';
import { readOptions, refuse } from './support/options.js';
import type { System } from './support/system.js';
import { temporaryDirectory } from './support/temporary-directory.js';

const lengthsOfFullRun = { burstSeconds: 20, latencySeconds: 5, sustainedSeconds: 60 };

const options = readOptions(
  `Measures Holdfast, Redis, NATS JetStream and RabbitMQ, three nodes of each on this machine, with the same messages from the
same generator: users write to each other in a ring, from node to node, and every message is checked for its arrival.
Those that are not installed are left out. Prints a table, and writes it with a chart into docs/benchmarks.md where
all four were measured in five rounds at full length.`,
  {
    peers: { value: false, meaning: "install what is missing from Debian's packages, as root" },
    quick: { value: false, meaning: 'three short rounds, to see that it works' },
    systems: { value: '', meaning: 'only the systems whose names have one of these in them, separated by commas' },
    json: { value: '', meaning: 'write all figures to this file' },
    rounds: { value: FULL_ROUNDS, least: 1, meaning: 'rounds, of which medians are taken' },
    'sustained-seconds': {
      value: lengthsOfFullRun.sustainedSeconds,
      meaning: 'how long Holdfast is then measured at what its databases of views and search can follow',
    },
    'burst-seconds': {
      value: lengthsOfFullRun.burstSeconds,
      least: 0.1,
      meaning: 'how long 100 clients with 32 sends each are measured',
    },
    'latency-seconds': {
      value: lengthsOfFullRun.latencySeconds,
      least: 0.1,
      meaning: 'how long one at a time, low and half load are measured',
    },
    minutes: { value: 40, meaning: 'begin no round that would take longer than that in all' },
  },
);

const startedMs = performance.now();
const documents = join(fileURLToPath(new URL('../..', import.meta.url)), 'docs');
const packages = new Map<System, Package>([
  [new Redis(), { name: 'redis-server', program: '/usr/bin/redis-server' }],
  [new Nats(), { name: 'nats-server', program: '/usr/sbin/nats-server' }],
  [new RabbitMq(), { name: 'rabbitmq-server', program: '/usr/lib/rabbitmq/bin/rabbitmq-server' }],
]);

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

const rounds = options.quick ? Math.min(3, options.rounds) : options.rounds;
const lengths = {
  firstSeconds: options.quick ? 3 : 5,
  warmUpSeconds: 0.5,
  burstSeconds: options.quick ? Math.min(2, options['burst-seconds']) : options['burst-seconds'],
  latencySeconds: options.quick ? Math.min(1, options['latency-seconds']) : options['latency-seconds'],
  otherSeconds: options.quick ? 0.7 : 1.5,
};
const sustainedSeconds = options.quick ? Math.min(10, options['sustained-seconds']) : options['sustained-seconds'];
/** What one round of the crowd takes, with its first connections. */
const crowdSeconds = options.quick ? 0 : 90;
const minutes = options.quick ? Math.min(2.8, options.minutes) : options.minutes;

/** Holdfast first, and the others that are chosen and installed. */
function chooseSystems(holdfast: Holdfast): System[] {
  const chosen = options.systems.toLowerCase().split(',');
  const names = [holdfast, ...packages.keys()].map(({ name }) => name);
  const unknown = chosen.find((part) => !names.some((name) => name.toLowerCase().includes(part)));
  if (unknown !== undefined) refuse(`--systems takes parts of these names, not "${unknown}": ${names.join('; ')}.`);
  const peers = [...packages].filter(([{ name }]) => chosen.some((part) => name.toLowerCase().includes(part)));
  const missing = peers.filter(([, each]) => !isInstalled(each));
  if (options.peers) install(missing.map(([, each]) => each));
  const found = peers.filter(([, each]) => isInstalled(each)).map(([system]) => system);
  for (const [system, { name }] of peers) {
    if (!found.includes(system)) tell(`${system.name} is not installed; --peers installs ${name}.`);
  }
  return [holdfast, ...found];
}

async function compare(holdfast: Holdfast, systems: readonly System[]): Promise<Comparison> {
  const machine = describeMachine();
  await Promise.all(systems.map((system) => system.start()));
  tell(`All nodes work after ${((performance.now() - startedMs) / 1000).toFixed(0)} s.`);
  const endMs = startedMs + minutes * 60_000;
  const plan = { rounds, lengths, tell, endMs: endMs - (sustainedSeconds + crowdSeconds) * 1000 };
  const findings = await warmUpAll(systems, plan);
  const disk: DiskTimes[] = [];
  const directory = temporaryDirectory();
  await runRounds(findings, tasks, { ...plan, afterRound: async () => void disk.push(await measureDisk(directory)) });
  const isSustained = sustainedSeconds > 0 && findings[0]!.failure === undefined;
  const sustained = isSustained ? await sustain(holdfast, lengths.warmUpSeconds, sustainedSeconds) : undefined;
  if (!options.quick) await runRounds(findings, crowdTasks, { ...plan, endMs });
  return { machine, ...lengths, findings, sustained, disk };
}

function writeDocuments(comparison: Comparison): void {
  const full = lengthsOfFullRun;
  const isLong =
    lengths.burstSeconds >= full.burstSeconds &&
    lengths.latencySeconds >= full.latencySeconds &&
    sustainedSeconds >= full.sustainedSeconds;
  const isWhole = comparison.findings.every(({ failure }) => failure === undefined);
  if (!isLong || !isWhole || !isFull(measurementsOf(comparison), 1 + packages.size)) {
    tell(`docs/benchmarks.md stays as it is: that takes ${FULL_ROUNDS} rounds of all systems at full length.`);
    return;
  }
  const path = join(documents, 'benchmarks.md');
  const section = `![The comparison as a chart](benchmarks.svg)\n\n${textOf(comparison)}`;
  writeFileSync(path, withSection(readFileSync(path, 'utf8'), section));
  writeFileSync(join(documents, 'benchmarks.svg'), svgOf(comparison));
}

const holdfast = new Holdfast();
const systems = chooseSystems(holdfast);
await endedWith(
  () => Promise.all(systems.map((system) => system.stop())),
  async () => {
    const comparison = await compare(holdfast, systems);
    console.log(textOf(comparison));
    if (options.json !== '') writeFileSync(options.json, jsonOf(comparison));
    writeDocuments(comparison);
    if (comparison.findings.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
  },
);
