import { limits } from '../../../core/model/limits.js';
import { decodeText } from '../../input/decode-text.js';
import { storedText } from '../../output/message-text.js';
import { jsonLine } from '../../output/printable.js';
import { checkName } from '../check-name.js';
import { withSession, type AccountOptions } from '../client.js';
import { CommandFailed } from '../command-failed.js';
import { writeData } from '../console.js';

const LINE_END_BYTES_MAX = 2;

/** `holdfast send <config> <to> <text|-> --as <name> [--take-over] [--json]` */
export async function send(
  configPath: string,
  to: string,
  text: string,
  options: AccountOptions & { readonly json?: true },
): Promise<number> {
  checkName(to);
  await withSession(configPath, options, async (client) => {
    const sent = await client.send(to, text === '-' ? await readText(process.stdin) : text);
    const { copies, members } = sent.storedOn;
    writeData(
      options.json === true ? jsonLine({ id: sent.id, copies, members }) : `Sent. ${storedText(sent.storedOn)}`,
    );
  });
  return 0;
}

/** All of the input without its last line end. What is longer than any message may be is not read to its end. */
async function readText(input: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > limits.textBytesMax + LINE_END_BYTES_MAX) throw new CommandFailed('TEXT_TOO_LONG');
  }
  const text = decodeText(Buffer.concat(chunks));
  if (text === undefined)
    throw new CommandFailed('USAGE', 'What came on stdin is not text in UTF-8; nothing was sent.');
  return text.replace(/\r?\n$/, '');
}
