/**
 * CPU time of a message as ratios: to work that stays the same (reference-work.ts), and to itself where ten times as much is
 * stored. All take turns in one process, and of their ratios the median counts, so what else the machine does matters little.
 * Run by ../regression.ts.
 */
import { median } from '../support/statistics.js';
import { GROWN, STORED, type Counts } from './counts.js';
import { MadeLoad } from './made-load.js';
import { ReferenceWork } from './reference-work.js';

const MESSAGES = 300;
const ROUNDS = 11;
/** Rounds before those that count: the program is compiled meanwhile. */
const WARM_UP_ROUNDS = 3;

function cpuMicros(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const few = new MadeLoad({ idleAccounts: STORED.accounts });
few.send(STORED.messages);
const manyMessages = new MadeLoad({ idleAccounts: STORED.accounts });
manyMessages.send(GROWN.messages);
const manyAccounts = new MadeLoad({ idleAccounts: GROWN.accounts });
manyAccounts.send(STORED.messages);
const reference = new ReferenceWork();

const ratios: { cpu: number[]; stored: number[]; accounts: number[] } = { cpu: [], stored: [], accounts: [] };
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
  const unit = cpuMicros(() => reference.run(MESSAGES));
  const base = cpuMicros(() => few.send(MESSAGES));
  const stored = cpuMicros(() => manyMessages.send(MESSAGES));
  const accounts = cpuMicros(() => manyAccounts.send(MESSAGES));
  if (round < 0) continue;
  ratios.cpu.push(base / unit);
  ratios.stored.push(stored / base);
  ratios.accounts.push(accounts / base);
}
const counts: Counts = {
  values: {
    cpu: median(ratios.cpu),
    cpuStored: median(ratios.stored),
    cpuAccounts: median(ratios.accounts),
  },
  functions: {},
};
console.log(JSON.stringify(counts));
