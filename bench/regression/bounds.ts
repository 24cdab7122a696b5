/**
 * What a message may cost at most. `usual` is what it costs today, and a check fails where it costs more than that by
 * `tolerance`, a part of it. Whoever makes it dearer on purpose raises `usual` in the same commit and says why; whoever makes
 * it cheaper lowers it, so that the gain is kept.
 *
 * The made world counts with it: its view reads each message as the threads of a real server do, and its network copies.
 *
 * What is counted is the same on every machine, and moves by a percent or so where a change makes messages come together in
 * other batches. `work`, `heap` and `buffers` were counted on the version of Node below, and are judged on no other. What is
 * timed has the room that a busy machine takes.
 */
export const NODE_MAJOR = '20';

interface Bound {
  readonly usual: number;
  readonly tolerance: number;
  /** Of all three servers and for a message, where nothing else is said. */
  readonly what: string;
  /** How to find out why it is exceeded. */
  readonly look: string;
}

const FUNCTIONS =
  'Run `npm run regression -- --functions` before the change and after it, and compare: it lists what each function executes.';
const EFFECTS =
  'Look for a write that no longer waits for the end of the turn, or for more bytes in a record or message.';
const ALLOCATIONS =
  'Look for new copies, closures or objects for each message: `node --heap-prof dist/bench/regression/measure-cpu.js`.';
const GROWTH = 'Something is gone through for each message that grows with what the servers hold.';
const PROFILE =
  'Take a profile before the change and after it (`node --cpu-prof dist/bench/regression/measure-cpu.js`, then `node dist/bench/costs.js`).';

export const bounds = {
  diskWrites: { usual: 0.055, tolerance: 0.1, what: 'writes to disks', look: EFFECTS },
  diskBytes: { usual: 921, tolerance: 0.02, what: 'bytes written to disks', look: EFFECTS },
  networkWrites: { usual: 0.42, tolerance: 0.1, what: 'writes to connections', look: EFFECTS },
  networkBytes: { usual: 978, tolerance: 0.02, what: 'bytes written to connections', look: EFFECTS },
  work: { usual: 510_200, tolerance: 0.03, what: 'characters of source executed', look: FUNCTIONS },
  workStored: {
    usual: 1,
    tolerance: 0.02,
    what: 'the same with ten times the messages stored, as a ratio',
    look: GROWTH,
  },
  workAccounts: { usual: 1, tolerance: 0.02, what: 'the same with ten times the accounts, as a ratio', look: GROWTH },
  heap: {
    usual: 47_800,
    tolerance: 0.03,
    what: 'bytes allocated on the heap, the made world included',
    look: ALLOCATIONS,
  },
  heapStored: {
    usual: 1,
    tolerance: 0.1,
    what: 'the same with ten times the messages stored, as a ratio',
    look: GROWTH,
  },
  heapAccounts: { usual: 1, tolerance: 0.1, what: 'the same with ten times the accounts, as a ratio', look: GROWTH },
  buffers: {
    usual: 6_400,
    tolerance: 0.6,
    what: 'bytes allocated in buffers, in blocks and so not evenly',
    look: ALLOCATIONS,
  },
  cpu: { usual: 7, tolerance: 1.2, what: 'CPU time, as a ratio to a reference', look: PROFILE },
  cpuStored: {
    usual: 1,
    tolerance: 1.5,
    what: 'the same with ten times the messages stored, as a ratio',
    look: GROWTH,
  },
  cpuAccounts: { usual: 1, tolerance: 1.5, what: 'the same with ten times the accounts, as a ratio', look: GROWTH },
} as const satisfies Record<string, Bound>;

export type Name = keyof typeof bounds;
