/** What grows with what is stored, and with who is connected. `node dist/bench/scale.js --help` */
import { measureCatchUp } from './scale/catch-up.js';
import { measureCost, tellGrowth } from './scale/costs.js';
import { measureIdle, measureLogins } from './scale/idle.js';
import { measureReads } from './scale/reads.js';
import { measureStarts } from './scale/starts.js';
import { describeMachine } from './support/machine.js';
import { withStore } from './support/made-group.js';
import { readOptions, refuse } from './support/options.js';
import { count } from './support/statistics.js';

const measures = ['starts', 'catch-up', 'costs', 'servers', 'idle', 'logins', 'reads'] as const;
type Measure = (typeof measures)[number];

const options = readOptions(
  `Makes the data of servers that hold many messages, without sending them, and measures on copies of it:
  starts    how long a server takes to serve clients, and its memory, idle
  catch-up  how fast a server gets what it lacks: all, and what came while it was away
  costs     CPU of the servers for a message, with each of the numbers of messages stored
  servers   the same with 3, 4 and 5 servers, with the first number of messages stored
  idle      memory of a server with idle connections, each with a session
  logins    logins a second, at one server and at all
  reads     how long a page of history takes while messages come in
The data is made in the directory for temporary files and removed at the end: a million messages are 0.4 GiB for each server.`,
  {
    measures: { value: 'starts,catch-up,costs,servers,idle,logins,reads', meaning: 'which, with commas between' },
    messages: { value: '1000000', meaning: 'messages stored; several with commas between are measured one by one' },
    keep: { value: '', meaning: 'a directory for the logs that are made, to use them again' },
    accounts: { value: 100, least: 2, meaning: 'accounts in the data' },
    times: { value: 3, least: 1, meaning: 'starts of each kind, and runs of each cost' },
    away: { value: 1_000_000, meaning: 'messages missed by the server that was away' },
    connections: { value: 10_000, least: 1, meaning: 'idle connections' },
    rate: { value: 5_000, meaning: 'reads: messages a second that come in' },
    pages: { value: 50, least: 1, meaning: 'reads: pages a second' },
    seconds: { value: 10, least: 0.1, meaning: 'how long logins and reads are measured' },
  },
);

const wanted = new Set(options.measures.split(','));
const unknown = [...wanted].find((name) => !(measures as readonly string[]).includes(name));
if (unknown !== undefined) refuse(`--measures takes some of ${measures.join(', ')}, not "${unknown}".`);
const sizes = options.messages.split(',').map(Number);
if (!sizes.every((size) => size >= 1)) refuse(`--messages takes numbers from 1 up, not "${options.messages}".`);
const { accounts, times, seconds } = options;
const isWanted = (measure: Measure): boolean => wanted.has(measure);

console.log(describeMachine());
const costs: { what: string; micros: number }[] = [];
for (const messages of sizes) {
  if (!['starts', 'catch-up', 'costs', 'servers', 'reads'].some((name) => wanted.has(name))) break;
  await withStore({ messages, accounts }, options.keep, async (store) => {
    console.log(
      `${count(messages)} messages of ${count(accounts)} accounts: a log of ${count(store.bytes / 2 ** 20)} MiB`,
    );
    if (isWanted('starts')) await measureStarts(store, times);
    if (isWanted('catch-up')) await measureCatchUp(store, options.away);
    if (isWanted('costs'))
      costs.push({ what: `${count(messages)} stored`, micros: await measureCost(store, 3, times) });
    if (isWanted('reads')) await measureReads(store, { messages: options.rate, pages: options.pages, seconds });
    if (!isWanted('servers') || messages !== sizes[0]) return;
    const each: { what: string; micros: number }[] = [];
    for (const servers of [3, 4, 5]) {
      each.push({ what: `${servers} servers`, micros: await measureCost(store, servers, times) });
    }
    tellGrowth(each);
  });
}
if (costs.length > 1) tellGrowth(costs);
if (isWanted('idle')) {
  await withStore({ messages: options.connections, accounts: options.connections }, options.keep, measureIdle);
}
if (isWanted('logins')) {
  await withStore({ messages: 1000, accounts: 1000 }, options.keep, (store) => measureLogins(store, seconds));
}
