/**
 * The screen of scripts and of `--menu`: lines in, lines out, no escape codes. A prompt is a line like any other, so
 * that the output is the same bytes for the same events, and what arrives never shares a line with it.
 */
import { LineInput, type InputStream } from '../input/line-input.js';
import type { Screen, ScreenEvents } from './screen.js';

export class PlainScreen implements Screen {
  /** Lines may come from a script, which was written for the questions that there are. */
  readonly isInteractive = false;
  readonly #input: LineInput;
  readonly #output: NodeJS.WritableStream;

  constructor(input: InputStream, output: NodeJS.WritableStream, events: Pick<ScreenEvents, 'onInterrupt'>) {
    this.#input = new LineInput(input, () => events.onInterrupt());
    this.#output = output;
  }

  print(...lines: readonly string[]): void {
    this.#output.write(lines.map((line) => `${line}\n`).join(''));
  }

  ask(prompt: string): Promise<string | undefined> {
    this.print(prompt);
    return this.#input.next();
  }

  confirm(prompt: string): Promise<string | undefined> {
    return this.ask(prompt);
  }

  askHidden(prompt: string): Promise<string | undefined> {
    this.print(prompt);
    return this.#input.nextHidden();
  }

  close(): void {
    this.#input.close();
  }
}
