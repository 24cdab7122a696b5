/** A map from dots. In two steps, by origin and by seq: a text for each look-up would cost far more than both. */
import type { Dot, Origin } from './ids.js';

export class DotMap<Value> {
  readonly #bySeqByOrigin = new Map<Origin, Map<number, Value>>();

  get(dot: Dot): Value | undefined {
    return this.#bySeqByOrigin.get(dot.origin)?.get(dot.seq);
  }

  set(dot: Dot, value: Value): void {
    const bySeq = this.#bySeqByOrigin.get(dot.origin);
    if (bySeq === undefined) this.#bySeqByOrigin.set(dot.origin, new Map([[dot.seq, value]]));
    else bySeq.set(dot.seq, value);
  }

  *values(): Generator<Value, undefined> {
    for (const bySeq of this.#bySeqByOrigin.values()) yield* bySeq.values();
  }
}
