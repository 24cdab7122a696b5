/** What the machine and its processes are doing, as Linux tells it in /proc. */
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';

const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat behind the name of the program: user time, system time. */
const USER_FIELD = 11;
const SYSTEM_FIELD = 12;

export function describeMachine(): string {
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
  return `Node ${process.versions.node}, ${availableParallelism()} cores, load before: ${load}`;
}

/** Seconds of CPU that the process has used, all its threads together. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD])) / TICKS_PER_SECOND;
}

/** Seconds of CPU that anything on the machine has used. */
function busySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]!
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq) / TICKS_PER_SECOND;
}

export function residentBytes(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1]) * 1024;
}

/** Measures who used the CPU from here until {@link CpuMeter.read}. The processes must live until then. */
export class CpuMeter {
  readonly #pids: readonly number[];
  readonly #startedMs = performance.now();
  readonly #busy = busySeconds();
  readonly #own = cpuSeconds(process.pid);
  readonly #theirs: readonly number[];

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#theirs = pids.map(cpuSeconds);
  }

  /** Seconds of CPU of the processes together, and in words everyone's share of one core. */
  read(): { readonly seconds: number; readonly shares: string } {
    const elapsed = (performance.now() - this.#startedMs) / 1000;
    const theirs = this.#pids.map((pid, index) => cpuSeconds(pid) - this.#theirs[index]!);
    const own = cpuSeconds(process.pid) - this.#own;
    const seconds = theirs.reduce((sum, each) => sum + each, 0);
    const others = busySeconds() - this.#busy - own - seconds;
    const share = (used: number): string => `${((Math.max(0, used) / elapsed) * 100).toFixed(0)} %`;
    const shares = `servers ${theirs.map(share).join(', ')}; load generator ${share(own)}; others ${share(others)}`;
    return { seconds, shares };
  }
}
