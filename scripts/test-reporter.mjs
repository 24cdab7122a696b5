/**
 * The output of `npm test`: a dot for each passed test, each failure in full where it happens and again at the end, and
 * the closing summary. What a test prints is passed through, so that the seed of a randomised run is seen.
 *
 * Failures and summary are written by Node's own `spec` reporter, which gets only these events.
 */

import { Transform } from 'node:stream';
import { spec } from 'node:test/reporters';

const dotsPerLine = 100;
const passedOn = new Set(['test:fail', 'test:diagnostic', 'test:stdout', 'test:stderr']);

/** @typedef {{ type: string, data: { details?: { type?: string }, skip?: unknown } }} TestEvent */

export default class QuietReporter extends Transform {
  #failures = new spec();
  #dots = 0;

  constructor() {
    super({ writableObjectMode: true });
    this.#failures.on('data', (text) => {
      this.#breakLine();
      this.push(text);
    });
  }

  /** @override */
  _transform(
    /** @type {TestEvent} */ event,
    /** @type {BufferEncoding} */ _encoding,
    /** @type {import('node:stream').TransformCallback} */ done,
  ) {
    if (event.type === 'test:pass' && event.data.details?.type !== 'suite') this.#dot();
    if (passedOn.has(event.type)) this.#failures.write(event, () => done());
    else done();
  }

  /** @override */
  _flush(/** @type {import('node:stream').TransformCallback} */ done) {
    this.#failures.on('end', () => {
      this.#breakLine();
      done();
    });
    this.#failures.end();
  }

  #dot() {
    this.push('.');
    this.#dots += 1;
    if (this.#dots === dotsPerLine) this.#breakLine();
  }

  #breakLine() {
    if (this.#dots > 0) this.push('\n');
    this.#dots = 0;
  }
}
