/** A message as `tail` and `history` print it. */
import type { Message } from '../../library/node.js';
import { messageLines } from '../output/message-text.js';
import { jsonLine } from '../output/printable.js';
import { writeData } from './console.js';

export function writeMessage(message: Message, asJson: boolean): void {
  if (asJson) {
    const { id, from, to, text, sentAt, late } = message;
    writeData(jsonLine({ id, from, to, text, sentAt: sentAt.toISOString(), late }));
  } else writeData(messageLines(message).join('\n'));
}
