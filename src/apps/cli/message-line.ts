/** A message as `tail` and `history` print it. */
import type { Message } from '../../library/node.js';
import { messageLines } from '../output/message-text.js';
import { jsonLine } from '../output/printable.js';
import { writeData } from './console.js';

export function writeMessage(message: Message, asJson: boolean): void {
  if (asJson) {
    const { id, from, to, text, sentAt } = message;
    writeData(jsonLine({ id, from, to, text, sentAt: sentAt.toISOString() }));
  } else writeData(messageLines(message).join('\n'));
}
