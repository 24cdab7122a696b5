/**
 * What one connection reads from the view database, or from the search index: one thing at a time, so that a client who asks
 * for much at once waits for it, and others wait for no more than one of its answers.
 *
 * Of the stream only the latest read that was asked for waits: an earlier one was for a stream that has ended.
 */
import type { Wait } from '../chat/steps.js';

export class Reads {
  #isReading = false;
  #requests: (() => void)[] = [];
  #stream: (() => void) | undefined;
  #wasStream = false;

  /** For a request. */
  request<T>(read: Wait<T>): Wait<T> {
    return (done) => {
      this.#requests.push(() => this.#read(read, done));
      this.#next();
    };
  }

  /** For the stream of messages. */
  stream<T>(read: Wait<T>, done: (answer: T) => void): void {
    this.#stream = () => this.#read(read, done);
    this.#next();
  }

  /** What waits is no longer wanted. */
  end(): void {
    this.#requests = [];
    this.#stream = undefined;
  }

  #read<T>(read: Wait<T>, done: (answer: T) => void): void {
    this.#isReading = true;
    read((answer) => {
      this.#isReading = false;
      done(answer);
      this.#next();
    });
  }

  /** Stream and requests take turns. */
  #next(): void {
    if (this.#isReading) return;
    const stream = this.#stream;
    if (stream !== undefined && (!this.#wasStream || this.#requests.length === 0)) {
      this.#stream = undefined;
      this.#wasStream = true;
      stream();
    } else {
      this.#wasStream = false;
      this.#requests.shift()?.();
    }
  }
}
