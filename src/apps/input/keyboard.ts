/**
 * The keys of a terminal, each as a chunk of its own.
 *
 * Node's `readline` takes the characters of a chunk to be typed at the end of the line, wherever the cursor is, unless
 * they are the chunk's last one. A paste, or fast typing over a slow link, arrives as one chunk.
 */
import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

import type { InputStream } from './line-input.js';

export class Keyboard extends Readable {
  readonly #source: InputStream;
  readonly #decoder = new StringDecoder('utf8');

  constructor(source: InputStream) {
    super({ objectMode: true, read: () => {} });
    this.#source = source;
    source.on('data', this.#onData);
    source.on('end', this.#onEnd);
    source.on('error', this.#onEnd);
  }

  /** `readline` asks for this at its start, at its end, and around a ctrl-Z. */
  setRawMode(raw: boolean): void {
    this.#source.setRawMode?.(raw);
  }

  /** Leaves the terminal alone. */
  close(): void {
    this.#source.off('data', this.#onData);
    this.#source.off('end', this.#onEnd);
    this.#source.pause();
  }

  readonly #onData = (chunk: Buffer | string): void => {
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(chunk);
    for (const sign of text) this.push(sign);
  };

  readonly #onEnd = (): void => {
    this.push(null);
  };
}
