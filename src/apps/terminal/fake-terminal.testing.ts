/**
 * A terminal as the tests see it: keys go in, and what a person would see comes out. It knows the few escape sequences
 * that Node's `readline` and our screen write, and throws on any other.
 */
import { PassThrough, Writable } from 'node:stream';

export class FakeTerminal extends Writable {
  readonly keyboard = new PassThrough();
  columns: number;
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns = 40) {
    super({ decodeStrings: false });
    this.columns = columns;
  }

  /** Everything on the screen, without the spaces at the ends of lines. */
  get text(): string {
    return this.#rows.map((row) => row.join('').trimEnd()).join('\n');
  }

  get cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: this.#column };
  }

  /** Presses keys and waits until whoever reads them has done so. */
  async type(keys: string): Promise<void> {
    this.keyboard.write(keys);
    await new Promise((settle) => setImmediate(settle));
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const text = chunk.toString();
    for (const [token] of text.matchAll(/\p{Cc}\[\d*[A-Za-z]|[^]/gu)) {
      if (token.length > 2) this.#control(token.at(-1)!, token.slice(2, -1));
      else this.#sign(token);
    }
    done();
  }

  #sign(sign: string): void {
    if (sign === '\r') this.#column = 0;
    else if (sign === '\n') {
      this.#row += 1;
      this.#column = 0;
    } else this.#put(sign);
  }

  #control(final: string, parameter: string): void {
    const count = parameter === '' ? 1 : Number(parameter);
    if (final === 'A') this.#row = Math.max(0, this.#row - count);
    else if (final === 'B') this.#row += count;
    else if (final === 'C') this.#column += count;
    else if (final === 'D') this.#column = Math.max(0, this.#column - count);
    else if (final === 'G') this.#column = count - 1;
    else if (final === 'K' && parameter === '0') this.#rows[this.#row]?.splice(this.#column);
    else if (final === 'J' && parameter === '0') {
      this.#rows[this.#row]?.splice(this.#column);
      this.#rows.splice(this.#row + 1);
    } else throw new Error(`the fake terminal does not know CSI ${parameter}${final}`);
  }

  #put(sign: string): void {
    if (this.#column >= this.columns) {
      this.#row += 1;
      this.#column = 0;
    }
    while (this.#rows.length <= this.#row) this.#rows.push([]);
    const row = this.#rows[this.#row]!;
    while (row.length < this.#column) row.push(' ');
    row[this.#column] = sign;
    this.#column += 1;
  }
}
