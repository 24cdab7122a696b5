/** How long a client is without acknowledgements when a server fails. `node dist/bench/failover.js --help` */
import { connect, type Client } from '#src/library/node.js';
import type { ServerGroup } from '../test/support/server-group.js';
import { withGroup } from './support/group.js';
import { createIfNew } from './support/library-person.js';
import { describeMachine } from './support/machine.js';
import { readOptions } from './support/options.js';
import { PASSWORD } from './support/person.js';
import { median } from './support/statistics.js';

const options = readOptions(
  `Has one client of the library send to another without a pause, makes a server fail, and measures from the signal to the
next acknowledgement, which no server that failed can have given. Every message is checked for its arrival. The server
is then started again, and the next time begins when all three agree.`,
  {
    times: { value: 20, least: 1, meaning: 'failures' },
    server: {
      value: 'own',
      among: ['own', 'other'],
      meaning: "own: the server of the client that sends; other: one that it isn't connected to",
    },
    signal: {
      value: 'SIGKILL',
      among: ['SIGKILL', 'SIGSTOP'],
      meaning: 'SIGKILL: it dies; SIGSTOP: it hangs, then is killed',
    },
    'in-flight': { value: 4, least: 1, meaning: 'sends under way' },
  },
);

/** Longer than any failover; a promise is broken where it takes that long. */
const GIVE_UP_MS = 60_000;

/** Whether an acknowledgement counts, of what was sent at this time. */
type Accepts = (sentMs: number) => boolean;

/** Keeps sends under way, and knows when the latest acknowledgement came. */
class Sending {
  acked = 0;
  #sent = 0;
  #isRunning = true;
  readonly #loops: Promise<void>[];
  #waiters: { readonly accepts: Accepts; readonly resolve: (ackedMs: number) => void }[] = [];

  constructor(
    readonly client: Client,
    to: string,
    inFlight: number,
  ) {
    this.#loops = Array.from({ length: inFlight }, () => this.#loop(to));
  }

  /** When the next acknowledgement that counts has come. */
  nextAck(accepts: Accepts): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('No acknowledgement came.')), GIVE_UP_MS);
      this.#waiters.push({
        accepts,
        resolve: (ackedMs) => {
          clearTimeout(timer);
          resolve(ackedMs);
        },
      });
    });
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#loops);
  }

  async #loop(to: string): Promise<void> {
    while (this.#isRunning) {
      this.#sent += 1;
      const sentMs = performance.now();
      await this.client.send(to, `message ${this.#sent}`);
      this.acked += 1;
      const ackedMs = performance.now();
      const accepting = this.#waiters.filter(({ accepts }) => accepts(sentMs));
      this.#waiters = this.#waiters.filter((waiter) => !accepting.includes(waiter));
      for (const { resolve } of accepting) resolve(ackedMs);
    }
  }
}

/** Makes one server fail and returns the milliseconds to the next acknowledgement that counts. */
async function failOnce(group: ServerGroup, sending: Sending): Promise<number> {
  const { client } = sending;
  const own = client.server!.id;
  const failing = options.server === 'own' ? own : group.ids.find((id) => id !== own)!;
  let failedMs = Infinity;
  // From its own server only what comes after the client found another; else only what was sent after the failure.
  const acked = sending.nextAck((sentMs) =>
    failing === own ? client.server !== undefined && client.server.id !== own : sentMs > failedMs,
  );
  failedMs = performance.now();
  group.process(failing).kill(options.signal as NodeJS.Signals);
  const ackedMs = await acked;
  await group.kill(failing);
  await group.start(failing);
  await group.converged();
  return ackedMs - failedMs;
}

console.log(`${describeMachine()}\n${options.times} times ${options.signal} to the ${options.server} server`);
await withGroup({}, async (group) => {
  const recipient = await connect(group.config);
  await createIfNew(recipient, 'recipient');
  await recipient.login('recipient', PASSWORD);
  const arrived = new Set<string>();
  const reading = (async () => {
    for await (const { text } of recipient.messages()) arrived.add(text);
  })();
  const sender = await connect(group.config);
  await createIfNew(sender, 'sender');
  await sender.login('sender', PASSWORD);
  const sending = new Sending(sender, 'recipient', options['in-flight']);
  const found: number[] = [];
  for (let time = 0; time < options.times; time += 1) {
    found.push(await failOnce(group, sending));
    console.log(`${found.at(-1)!.toFixed(1)} ms`);
  }
  await sending.stop();
  for (let waitedMs = 0; arrived.size < sending.acked && waitedMs < GIVE_UP_MS; waitedMs += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (arrived.size !== sending.acked) throw new Error(`${sending.acked} acknowledged, ${arrived.size} arrived`);
  await sender.close();
  await recipient.close();
  await reading;
  console.log(
    `median ${median(found).toFixed(1)} ms, worst ${Math.max(...found).toFixed(1)} ms; ` +
      `${sending.acked} messages acknowledged, all arrived`,
  );
});
