/**
 * The lines of an input stream, one at a time, as they are asked for.
 *
 * A line that is longer than `lineCharactersMax` loses its rest; whoever reads such a line finds it longer than any text
 * may be. Bytes that are no UTF-8 end the input with a {@link NotText}, after the lines before them. The stream is paused while many lines wait, so a large file that is piped in does not pile up in memory.
 */
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

/** The input is not text: what a line of it was meant to say cannot be known. */
export class NotText extends Error {
  override readonly name = 'NotText';

  constructor() {
    super('The input is not text in UTF-8.');
  }
}

interface Waiter {
  readonly resolve: (line: string | undefined) => void;
  readonly reject: (error: NotText) => void;
}

export class LineInput {
  readonly #stream: InputStream;
  readonly #onInterrupt: () => void;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #lines: string[] = [];
  #begun = '';
  #isHidden = false;
  #hasEnded = false;
  #fault: NotText | undefined;
  #waiting: Waiter | undefined;

  /** `onInterrupt` is called for a ctrl-C that is typed while a hidden line is read; others arrive as signals. */
  constructor(stream: InputStream, onInterrupt: () => void) {
    this.#stream = stream;
    this.#onInterrupt = onInterrupt;
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('error', this.#onEnd);
  }

  /**
   * The next line without its end; undefined once the input has ended. One line is asked for at a time. Fails with
   * {@link NotText}.
   */
  next(): Promise<string | undefined> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    if (this.#hasEnded) return Promise.resolve(undefined);
    this.#stream.resume();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
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
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    // Line by line, so that those before a fault are still given.
    for (let start = 0; start < bytes.length && !this.#hasEnded;) {
      const lineEnd = bytes.indexOf('\n', start);
      const end = lineEnd < 0 ? bytes.length : lineEnd + 1;
      this.#takeBytes(bytes.subarray(start, end));
      start = end;
    }
  };

  readonly #onEnd = (): void => {
    if (this.#hasEnded || this.#decode(new Uint8Array(0), true) === undefined) return;
    if (this.#begun !== '') this.#give(this.#begun);
    this.#end();
  };

  #takeBytes(bytes: Uint8Array): void {
    const text = this.#decode(bytes, false);
    if (text === undefined) return;
    if (this.#isHidden) this.#takeKeys(text);
    else this.#takeText(text);
  }

  /** Undefined where the bytes are no text; the input has then ended. */
  #decode(bytes: Uint8Array, isLast: boolean): string | undefined {
    try {
      return this.#decoder.decode(bytes, { stream: !isLast });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#fault = new NotText();
      this.#hasEnded = true;
      this.#waiting?.reject(this.#fault);
      this.#waiting = undefined;
      return undefined;
    }
  }

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
    else waiting.resolve(whole);
  }

  #end(): void {
    this.#hasEnded = true;
    this.#waiting?.resolve(undefined);
    this.#waiting = undefined;
  }
}
