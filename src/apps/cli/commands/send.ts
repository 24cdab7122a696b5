import { limits } from '../../../core/model/limits.js';
import { storedText } from '../../output/message-text.js';
import { jsonLine } from '../../output/printable.js';
import { withSession, type AccountOptions } from '../client.js';
import { writeData } from '../console.js';

/** `holdfast send <config> <to> <text|-> --as <name> [--json]` */
export async function send(
  configPath: string,
  to: string,
  text: string,
  options: AccountOptions & { readonly json?: true },
): Promise<number> {
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
  input.setEncoding('utf8');
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (text.length > limits.textBytesMax * 2) break;
  }
  return text.replace(/\r?\n$/, '');
}
