/**
 * The lines of an input stream, one at a time, as they are asked for.
 *
 * A line that is longer than `lineCharactersMax` loses its rest; whoever reads such a line finds it longer than any text
 * may be. The stream is paused while many lines wait, so a large file that is piped in does not pile up in memory.
 */
import { StringDecoder } from 'node:string_decoder';

import { limits } from '../../core/model/limits.js';

/** What an input needs to be; `process.stdin` is one. */
export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

const lineCharactersMax = limits.textBytesMax + 1;
const linesWaitingMax = 64;

const key = {
  interrupt: '\u0003',
  end: '\u0004',
  backspace: '\b',
  delete: '\u007f',
  escape: '\u001b',
  clear: '\u0015',
};

export class LineInput {
  readonly #stream: InputStream;
  readonly #onInterrupt: () => void;
  readonly #decoder = new StringDecoder('utf8');
  readonly #lines: string[] = [];
  #begun = '';
  #isHidden = false;
  #hasEnded = false;
  #waiting: ((line: string | undefined) => void) | undefined;

  /** `onInterrupt` is called for a ctrl-C that is typed while a hidden line is read; others arrive as signals. */
  constructor(stream: InputStream, onInterrupt: () => void) {
    this.#stream = stream;
    this.#onInterrupt = onInterrupt;
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('error', this.#onEnd);
  }

  /** The next line without its end; undefined once the input has ended. One line is asked for at a time. */
  next(): Promise<string | undefined> {
    const line = this.#lines.shift();
    if (line !== undefined || this.#hasEnded) return Promise.resolve(line);
    this.#stream.resume();
    return new Promise((settle) => {
      this.#waiting = settle;
    });
  }

  /** The next line, not echoed where the input is a terminal. */
  async nextHidden(): Promise<string | undefined> {
    if (this.#stream.isTTY !== true || this.#stream.setRawMode === undefined) return this.next();
    this.#stream.setRawMode(true);
    this.#isHidden = true;
    try {
      return await this.next();
    } finally {
      this.#isHidden = false;
      this.#stream.setRawMode(false);
    }
  }

  /** Ends the input; a line that is asked for is answered with undefined. */
  close(): void {
    this.#stream.off('data', this.#onData);
    this.#stream.off('end', this.#onEnd);
    this.#stream.pause();
    this.#end();
  }

  readonly #onData = (chunk: Buffer | string): void => {
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(chunk);
    if (this.#isHidden) this.#takeKeys(text);
    else this.#takeText(text);
  };

  readonly #onEnd = (): void => {
    if (this.#begun !== '') this.#give(this.#begun);
    this.#end();
  };

  #takeText(text: string): void {
    const parts = text.split('\n');
    for (const [index, part] of parts.entries()) {
      this.#begun += part.slice(0, lineCharactersMax - this.#begun.length);
      if (index < parts.length - 1) this.#give(this.#begun);
    }
    if (this.#lines.length >= linesWaitingMax) this.#stream.pause();
  }

  /** A terminal in raw mode gives single keys; a key such as an arrow comes as a sequence that begins with escape. */
  #takeKeys(text: string): void {
    if (text.startsWith(key.escape)) return;
    for (const sign of text) {
      if (sign === '\r' || sign === '\n') this.#give(this.#begun);
      else if (sign === key.interrupt) this.#onInterrupt();
      else if (sign === key.end && this.#begun === '') this.#end();
      else if (sign === key.backspace || sign === key.delete)
        this.#begun = Array.from(this.#begun).slice(0, -1).join('');
      else if (sign === key.clear) this.#begun = '';
      else if (sign >= ' ' && this.#begun.length < lineCharactersMax) this.#begun += sign;
    }
  }

  #give(line: string): void {
    this.#begun = '';
    const whole = line.endsWith('\r') ? line.slice(0, -1) : line;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#lines.push(whole);
    else waiting(whole);
  }

  #end(): void {
    this.#hasEnded = true;
    this.#waiting?.(undefined);
    this.#waiting = undefined;
  }
}
