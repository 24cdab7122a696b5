/**
 * What one connection reads from the view database: one thing at a time, so that a client who asks for much at once waits
 * for it, and others wait for no more than one of its answers.
 *
 * Of the stream only the latest read that was asked for waits: an earlier one was for a stream that has ended.
 */
import type { ServerContext } from '../chat/context.js';
import type { Wait } from '../chat/steps.js';
import type { ViewAnswers, ViewQuery } from '../ports/view.js';

export class Reads {
  readonly #query: ServerContext['query'];
  #isReading = false;
  #requests: (() => void)[] = [];
  #stream: (() => void) | undefined;
  #wasStream = false;

  constructor(query: ServerContext['query']) {
    this.#query = query;
  }

  /** For a request. */
  request<Q extends ViewQuery>(query: Q): Wait<ViewAnswers[Q['kind']]> {
    return (done) => {
      this.#requests.push(() => this.#read(query, done));
      this.#next();
    };
  }

  /** For the stream of messages. */
  stream<Q extends ViewQuery>(query: Q, done: (answer: ViewAnswers[Q['kind']]) => void): void {
    this.#stream = () => this.#read(query, done);
    this.#next();
  }

  /** What waits is no longer wanted. */
  end(): void {
    this.#requests = [];
    this.#stream = undefined;
  }

  #read<Q extends ViewQuery>(query: Q, done: (answer: ViewAnswers[Q['kind']]) => void): void {
    this.#isReading = true;
    this.#query(query)((answer) => {
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
