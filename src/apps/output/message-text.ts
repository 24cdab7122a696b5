/** Messages, counts and times as people read them. Everything that came from others is made safe to print. */
import type { Message, StoredOn, Waiting } from '../../library/types.js';
import { printable, printableLines } from './printable.js';

type ShownMessage = Pick<Message, 'from' | 'text' | 'sentAt' | 'fromDeleted' | 'late'>;

/**
 * One message: `[2026-11-23 10:05] bob: hello`, or `[2026-11-23 10:05, late] bob: hello` where it came late. Further lines of its text are indented, so that no text can pose as
 * another message.
 */
export function messageLines(message: ShownMessage): string[] {
  return linesUnder(message, partyText(message.from, message.fromDeleted));
}

/** The same among messages of several conversations, so with its recipient: `[2026-11-23 10:05] bob to alice: hello`. */
export function foundMessageLines(message: ShownMessage & Pick<Message, 'to' | 'toDeleted'>): string[] {
  const { from, fromDeleted, to, toDeleted } = message;
  return linesUnder(message, `${partyText(from, fromDeleted)} to ${partyText(to, toDeleted)}`);
}

function partyText(name: string, isDeleted: boolean): string {
  return isDeleted ? `${printable(name)} (deleted)` : printable(name);
}

function linesUnder({ text, sentAt, late }: ShownMessage, who: string): string[] {
  const [first = '', ...rest] = printableLines(text);
  const when = late ? `${timeText(sentAt)}, late` : timeText(sentAt);
  return [`[${when}] ${who}: ${first}`, ...rest.map((line) => (line === '' ? '' : `    ${line}`))];
}

/** How many messages are new, from whom and when. */
export function waitingLines(waiting: readonly Waiting[]): string[] {
  const total = waiting.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return ['No new messages.'];
  return [
    `${counted(total, 'new message')}:`,
    ...waiting.map(({ from, count, firstAt, latestAt }) => {
      const [first, latest] = [timeText(firstAt), timeText(latestAt)];
      return `  ${count} from ${printable(from)}, ${first === latest ? first : `${first} to ${latest}`}`;
    }),
  ];
}

/** An account lost its name to one that was made earlier on another side of a split, or has it back. */
export function nameChangedLines(names: { readonly name: string; readonly formerName: string }): string[] {
  const [name, former] = [printable(names.name), printable(names.formerName)];
  if (former === '') return [`Your account is called ${name} again.`];
  return [
    `The name ${former} belongs to someone else now: it was taken twice while servers could not reach each other,`,
    `and there first. Your account is called ${name} from now on. Its password and messages stay,`,
    `and you can go on logging in as ${former}.`,
  ];
}

/** `Stored on 3 of 3 servers.` */
export function storedText({ copies, members }: StoredOn): string {
  return `Stored on ${copies} of ${counted(members, 'server')}.`;
}

/** `1 server`, `2 servers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Local time to the minute: `2026-11-23 10:05`. */
export function timeText(time: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}
