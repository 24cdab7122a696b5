import { formatDot, parseDot } from '../../../core/model/ids.js';
import { limits } from '../../../core/model/limits.js';
import { parseSearch } from '../../../core/model/search-query.js';
import { localTimeMs } from '../../../library/local-time.js';
import type { Message, MessagePlace } from '../../../library/node.js';
import { foundMessageLines } from '../../output/message-text.js';
import { printable } from '../../output/printable.js';
import { withSession, type AccountOptions } from '../client.js';
import { CommandFailed } from '../command-failed.js';
import { writeNote } from '../console.js';
import { writeMessage } from '../message-line.js';

export interface SearchCommandOptions extends AccountOptions {
  readonly limit: string;
  readonly before?: string;
  readonly json?: true;
}

/** `holdfast search <config> <query...> --as <name> [--limit <n>] [--before <place>] [--json]` */
export async function search(
  configPath: string,
  words: readonly string[],
  options: SearchCommandOptions,
): Promise<number> {
  const query = words.join(' ');
  // Before a password is asked for.
  const wish = parseSearch(query, localTimeMs);
  if ('fault' in wish) {
    // A shell has taken away the quotation marks that people type around what has a space in it.
    const isUnquoted = words.some((word) => /\s/u.test(word)) && !query.includes('"');
    const hint = isUnquoted
      ? ' Write single quotes around the query, so that your shell leaves its quotation marks.'
      : '';
    throw new CommandFailed('SEARCH_INVALID', printable(wish.fault) + hint);
  }
  const wanted = readLimit(options.limit);
  let before = options.before === undefined ? undefined : readPlace(options.before);
  await withSession(configPath, options, async (client) => {
    let left = wanted;
    for (let more = true; more;) {
      const page = await client.search(query, {
        ...(before && { before }),
        limit: Math.min(left, limits.messagesPerPageMax),
      });
      for (const message of page.messages) writeMessage(message, options.json === true, foundMessageLines);
      if (before === undefined && page.messages.length === 0) writeNote('No messages found.');
      left -= page.messages.length;
      before = page.messages.at(-1) ?? before;
      more = page.more && page.messages.length > 0 && left > 0;
      if (page.more && !more && before !== undefined)
        writeNote(`There are more. To go on, add: --before ${formatPlace(before)}`);
    }
  });
  return 0;
}

function readLimit(text: string): number {
  const limit = /^[1-9][0-9]{0,8}$/u.test(text) ? Number(text) : undefined;
  if (limit === undefined)
    throw new CommandFailed('USAGE', `--limit is a whole number from 1 to 999999999, not "${printable(text)}".`);
  return limit;
}

/** Where a page ends, as one word. */
function formatPlace({ time, id }: Pick<Message, 'time' | 'id'>): string {
  return `${time}:${id}`;
}

function readPlace(text: string): MessagePlace {
  const [, timeText, idText] = /^([0-9]{1,16}):(.+)$/u.exec(text) ?? [];
  const time = Number(timeText);
  const id = idText === undefined ? undefined : parseDot(idText);
  if (id === undefined || !Number.isSafeInteger(time)) {
    throw new CommandFailed('USAGE', `--before takes what the page before said, not "${printable(text)}".`);
  }
  return { time, id: formatDot(id) };
}
