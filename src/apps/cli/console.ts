/**
 * What a command writes: data on stdout, everything else on stderr.
 *
 * A reader that goes away, as `head` does, ends the program quietly, and a disk that is full with a word; neither ends a server.
 * Text must be safe to print before it comes here.
 */
import { exitCodeByClass } from '../../core/model/errors.js';
import { printableLines } from '../output/printable.js';

/** A line of data. */
export function writeData(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A line for the person who started the command. */
export function writeNote(text: string): void {
  process.stderr.write(`${printableLines(text).join('\n')}\n`);
}

let readerIsNeeded = true;

/** Ends the program when nobody reads its output any more, unless {@link outliveReader} was called. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!readerIsNeeded) return;
      if (error.code === 'EPIPE') process.exit(0);
      if (stream === process.stdout) writeNote(`The output cannot be written: ${error.message}.`);
      process.exit(exitCodeByClass.unavailable);
    });
  }
}

/** From now on the program goes on whatever becomes of its output: others need it more than its reader does. */
export function outliveReader(): void {
  readerIsNeeded = false;
}
