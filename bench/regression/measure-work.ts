/** Counts what a message executes, writes and sends: run by ../regression.ts, with `--no-opt`. */
import { GROWN, MESSAGES, STORED, type Counts } from './counts.js';
import { WorkMeter, total, type Work } from './work-meter.js';

const meter = await WorkMeter.start();
const { MadeLoad } = await import('./made-load.js');

const load = new MadeLoad({ idleAccounts: STORED.accounts });
load.send(STORED.messages);
const before = { ...load.effects };
const few = await meter.measure(() => load.send(MESSAGES));
const after = { ...load.effects };
load.send(GROWN.messages - STORED.messages);
const manyMessages = await meter.measure(() => load.send(MESSAGES));

const crowd = new MadeLoad({ idleAccounts: GROWN.accounts });
crowd.send(STORED.messages);
const manyAccounts = await meter.measure(() => crowd.send(MESSAGES));

const counts: Counts = {
  values: {
    diskWrites: (after.diskWrites - before.diskWrites) / MESSAGES,
    diskBytes: (after.diskBytes - before.diskBytes) / MESSAGES,
    networkWrites: (after.networkWrites - before.networkWrites) / MESSAGES,
    networkBytes: (after.networkBytes - before.networkBytes) / MESSAGES,
    work: total(few) / MESSAGES,
    workStored: total(manyMessages) / total(few),
    workAccounts: total(manyAccounts) / total(few),
  },
  functions: {
    work: largest(few),
    workStored: largest(growth(few, manyMessages)),
    workAccounts: largest(growth(few, manyAccounts)),
  },
};
console.log(JSON.stringify(counts));

function growth(from: Work, to: Work): Work {
  return new Map([...to].map(([name, characters]) => [name, characters - (from.get(name) ?? 0)]));
}

/** Functions and what they executed for a message, the most first. */
function largest(work: Work): string[] {
  return [...work]
    .filter(([, characters]) => characters >= MESSAGES)
    .sort(([, a], [, b]) => b - a)
    .map(([name, characters]) => `${(characters / MESSAGES).toFixed(0).padStart(8)}  ${name}`);
}
