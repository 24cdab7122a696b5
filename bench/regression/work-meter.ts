/**
 * Counts what the program executes, in characters of its source: each part of a function, between two branches, counts with
 * its length as often as it was run. It stands for instructions, which a virtual machine seldom counts; unlike time, it is the
 * same on every machine and under any load. What Node itself does in one call, such as copying bytes, does not show in it.
 *
 * Exact only where nothing is optimized (`--no-opt`): calls that the compiler has inlined are not counted.
 */
import { Session } from 'node:inspector/promises';

const COUNTED = /\/dist\/(core\/.*)$/;

/** Characters executed, by function. */
export type Work = ReadonlyMap<string, number>;

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

export class WorkMeter {
  readonly #session: Session;

  /** Only code that is loaded after this is counted part by part. */
  static async start(): Promise<WorkMeter> {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    return new WorkMeter(session);
  }

  private constructor(session: Session) {
    this.#session = session;
  }

  /** What the work executes. */
  async measure(work: () => void): Promise<Work> {
    await this.#session.post('Profiler.takePreciseCoverage');
    work();
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const charactersByFunction = new Map<string, number>();
    for (const { url, functions } of result) {
      const file = COUNTED.exec(url)?.[1];
      if (file === undefined) continue;
      for (const { functionName, ranges } of functions) {
        const name = `${file} ${functionName || '(anonymous)'}`;
        charactersByFunction.set(name, (charactersByFunction.get(name) ?? 0) + executed(ranges));
      }
    }
    return charactersByFunction;
  }
}

export function total(work: Work): number {
  return [...work.values()].reduce((sum, characters) => sum + characters, 0);
}

/** Ranges are nested, each outer one before those in it, and a character counts as often as the innermost one says. */
function executed(ranges: readonly Range[]): number {
  let characters = 0;
  let at = ranges[0]!.startOffset;
  const open: Range[] = [];
  const goTo = (offset: number): void => {
    for (let inner = open.at(-1); inner !== undefined && at < offset; inner = open.at(-1)) {
      const stop = Math.min(inner.endOffset, offset);
      characters += (stop - at) * inner.count;
      at = stop;
      if (at === inner.endOffset) open.pop();
    }
  };
  for (const range of ranges) {
    goTo(range.startOffset);
    open.push(range);
  }
  goTo(Infinity);
  return characters;
}
