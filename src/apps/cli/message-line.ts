/** A message as `tail`, `history` and `search` print it. */
import type { Message } from '../../library/node.js';
import { messageLines } from '../output/message-text.js';
import { jsonLine } from '../output/printable.js';
import { writeData } from './console.js';

/** `linesOf`: for people. */
export function writeMessage(
  message: Message,
  asJson: boolean,
  linesOf: (message: Message) => string[] = messageLines,
): void {
  if (asJson) {
    const { id, from, to, text, sentAt, late, fromDeleted, toDeleted } = message;
    writeData(jsonLine({ id, from, to, text, sentAt: sentAt.toISOString(), late, fromDeleted, toDeleted }));
  } else writeData(linesOf(message).join('\n'));
}
