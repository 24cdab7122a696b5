/**
 * The screen of a person at a terminal. What is printed appears above the line being typed, which stays as it is, with
 * the cursor where it was. Keys pressed while nothing is asked are kept for the next question.
 *
 * Node's `readline` edits the line. Between it and the terminal stands a gate: while the gate is closed, `readline` goes
 * on editing and nothing of it shows. Invariant: the gate is open exactly while a question that is not hidden is on the
 * screen, and then the cursor stands where `readline` believes it to be.
 */
import { clearScreenDown, createInterface, cursorTo, moveCursor, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

import { Keyboard } from '../input/keyboard.js';
import type { InputStream } from '../input/line-input.js';
import type { Screen, ScreenEvents } from './screen.js';

/** What an output needs to be; `process.stdout` is one on a terminal. It emits `resize` when `columns` has changed. */
export interface TerminalOutput extends NodeJS.WritableStream {
  readonly columns: number;
}

interface Question {
  readonly prompt: string;
  readonly isHidden: boolean;
  readonly settle: (line: string | undefined) => void;
}

export class LineScreen implements Screen {
  readonly isInteractive = true;
  readonly #output: TerminalOutput;
  readonly #gate: Gate;
  readonly #keyboard: Keyboard;
  readonly #editor: Interface;
  readonly #typedAhead: string[] = [];
  #question: Question | undefined;
  #hasEnded = false;

  constructor(input: InputStream, output: TerminalOutput, events: ScreenEvents) {
    this.#output = output;
    this.#gate = new Gate(output);
    this.#keyboard = new Keyboard(input);
    this.#editor = createInterface({
      input: this.#keyboard,
      output: this.#gate,
      terminal: true,
      historySize: 100,
      tabSize: 4,
    });
    this.#editor.on('line', (line) => this.#onLine(line));
    // Only an answer that was shown belongs in the history: never a password, nor one that was typed ahead.
    this.#editor.on('history', (history: string[]) => {
      if (this.#question === undefined || this.#question.isHidden) history.shift();
    });
    this.#editor.on('SIGINT', () => events.onInterrupt());
    this.#editor.on('close', () => {
      if (this.#hasEnded) return;
      this.#end();
      events.onEnd();
    });
  }

  print(...lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join('');
    this.#hide();
    this.#output.write(text);
    this.#show();
  }

  ask(prompt: string): Promise<string | undefined> {
    return this.#ask(prompt, false);
  }

  confirm(prompt: string): Promise<string | undefined> {
    this.#typedAhead.length = 0;
    return this.#ask(prompt, false);
  }

  askHidden(prompt: string): Promise<string | undefined> {
    return this.#ask(prompt, true);
  }

  close(): void {
    if (this.#hasEnded) return;
    this.#end();
    this.#editor.close();
  }

  #ask(prompt: string, isHidden: boolean): Promise<string | undefined> {
    if (this.#hasEnded) return Promise.resolve(undefined);
    const line = this.#typedAhead.shift();
    if (line !== undefined) {
      this.#output.write(isHidden ? `${prompt}\n` : `${prompt} ${line}\n`);
      return Promise.resolve(line);
    }
    return new Promise((settle) => {
      this.#question = { prompt, isHidden, settle };
      this.#show();
    });
  }

  #onLine(line: string): void {
    const question = this.#question;
    if (question === undefined) {
      this.#typedAhead.push(line);
      return;
    }
    // Behind a closed gate nothing has ended the line on the screen yet.
    if (question.isHidden) this.#output.write('\n');
    this.#gate.isOpen = false;
    this.#question = undefined;
    question.settle(line);
  }

  #show(): void {
    if (this.#question === undefined) return;
    const { prompt, isHidden } = this.#question;
    if (isHidden) {
      this.#output.write(`${prompt} `);
      return;
    }
    this.#editor.setPrompt(`${prompt} `);
    this.#editor.prompt(true);
    // The editor believes the line to be on the screen now. To draw it again it first moves up from the row of its
    // cursor to the row where the line begins, so it is given that many rows to move over.
    this.#output.write('\n'.repeat(this.#editor.getCursorPos().rows));
    this.#gate.isOpen = true;
    this.#editor.prompt(true);
  }

  #hide(): void {
    if (this.#question === undefined) return;
    this.#gate.isOpen = false;
    if (!this.#question.isHidden) moveCursor(this.#output, 0, -this.#editor.getCursorPos().rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
  }

  #end(): void {
    this.#hasEnded = true;
    this.#keyboard.close();
    this.#gate.isOpen = false;
    const question = this.#question;
    this.#question = undefined;
    if (question === undefined) return;
    this.#output.write('\n');
    question.settle(undefined);
  }
}

/** Passes writes on while it is open, and drops them while it is closed. */
class Gate extends Writable {
  readonly #output: TerminalOutput;
  isOpen = false;

  constructor(output: TerminalOutput) {
    super({ decodeStrings: false });
    this.#output = output;
    output.on('resize', () => this.emit('resize'));
  }

  get columns(): number {
    return this.#output.columns;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.isOpen) this.#output.write(chunk);
    done();
  }
}
