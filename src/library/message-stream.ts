/**
 * The messages of a session, one after the other, as an async iterable.
 *
 * A message counts as received once the consumer asks for the next one or leaves the loop: only then does the server
 * learn that it need not wait for the next login. The cursor is past a message as soon as it was handed out, so that it
 * can be stored together with what the consumer makes of it.
 */
import type { Stream } from '../core/client/stream.js';
import type { Driver } from './driver.js';
import type { CancelSignal } from './platform.js';
import { formatCursor, messageOf } from './shapes.js';
import type { Message } from './types.js';

interface Waiter {
  readonly resolve: (result: IteratorResult<Message, undefined>) => void;
  readonly reject: (reason: unknown) => void;
}

const done = { done: true, value: undefined } as const;

export class MessageStream implements AsyncIterableIterator<Message, undefined> {
  readonly #driver: Driver;
  readonly #stream: Stream;
  readonly #follow: boolean;
  readonly #waiters: Waiter[] = [];
  #end: { readonly error?: unknown } | undefined;
  #stopListening = () => {};

  constructor(driver: Driver, stream: Stream, follow: boolean, signal: CancelSignal | undefined) {
    this.#driver = driver;
    this.#stream = stream;
    this.#follow = follow;
    if (signal === undefined) return;
    const abort = () => this.finish({ error: signal.reason });
    this.#stopListening = () => signal.removeEventListener('abort', abort);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  }

  /** The place after the last message handed out, for `messages({ cursor })` of a later session. */
  get cursor(): string {
    return formatCursor(this.#stream.cursor);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    return new Promise((resolve, reject) => {
      this.#driver.run(() => this.#stream.handled());
      this.#waiters.push({ resolve, reject });
      this.pump();
    });
  }

  return(): Promise<IteratorResult<Message, undefined>> {
    this.#driver.run(() => this.#stream.handled());
    this.finish({});
    return Promise.resolve(done);
  }

  /** Hands out what is there to those who wait. */
  pump(): void {
    while (this.#waiters.length > 0) {
      const message = this.#end === undefined ? this.#driver.run(() => this.#stream.take()) : undefined;
      if (message !== undefined) this.#waiters.shift()?.resolve({ done: false, value: messageOf(message) });
      else if (this.#end !== undefined) this.#tellEnd(this.#end);
      else if (!this.#follow && this.#stream.isCaughtUp) this.finish({});
      else return;
    }
  }

  /** Nothing more comes: because of the error, if there is one. */
  finish(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#stopListening();
    this.pump();
  }

  /** An error is thrown once; whoever asks again is at the end. */
  #tellEnd(end: { readonly error?: unknown }): void {
    const waiter = this.#waiters.shift();
    this.#end = {};
    if ('error' in end) waiter?.reject(end.error);
    else waiter?.resolve(done);
  }
}
