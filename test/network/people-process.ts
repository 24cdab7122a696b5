/**
 * Clients in a process of their own, so that they can live on another host: it does what its parent asks over the channel
 * between them, and tells of each acknowledgement. `node people-process.js`
 */
import { hasConverged, withHistories } from '#src/apps/drill/group-view.js';
import { People } from '#src/apps/drill/people.js';
import type { ClientConfig } from '#src/library/node.js';
import type { FromPeople, ToPeople } from './people-messages.js';
import { Rivals } from './rivals.js';

const PASSWORD = 'correct horse battery staple';
const SETTLE_MS = 60_000;
const TELL_EVERY_MS = 50;

let people: People | undefined;
let rivals: Rivals | undefined;
let config: ClientConfig | undefined;

function tell(message: FromPeople): void {
  process.send!(message);
}

async function start(given: ClientConfig, clients: number): Promise<void> {
  config = given;
  rivals = new Rivals(config);
  people = await People.start({ config, clients, names: 'person', password: PASSWORD, acked: () => undefined });
  people.write();
  const running = people;
  let told = 0;
  setInterval(() => {
    if (running.acked === told) return;
    told = running.acked;
    tell({ name: 'acked', count: told });
  }, TELL_EVERY_MS);
  tell({ name: 'done' });
}

async function finish(): Promise<void> {
  people!.pause();
  const hasSettled = await people!.settled(SETTLE_MS);
  const statesEqual = await hasConverged(config!, SETTLE_MS);
  const { pairs, troubles } = people!;
  await people!.close();
  await rivals!.close();
  const found = await withHistories(config!, pairs, PASSWORD);
  tell({ name: 'finished', pairs: found, troubles, hasSettled, statesEqual });
}

/** Everything that was sent until now is answered and seen. */
async function settle(): Promise<void> {
  people!.pause();
  const hasSettled = await people!.settled(SETTLE_MS);
  people!.write();
  tell({ name: 'settled', hasSettled });
}

async function handle(message: ToPeople): Promise<void> {
  switch (message.name) {
    case 'start':
      await start(message.config, message.clients);
      break;
    case 'settle':
      await settle();
      break;
    case 'prepare':
      await rivals!.prepare(message.contest);
      tell({ name: 'done' });
      break;
    case 'compete':
      tell({ name: 'competed', ...(await rivals!.compete(message.contest, message.servers)) });
      break;
    case 'judge':
      await hasConverged(config!, SETTLE_MS);
      tell({ name: 'judged', ...(await rivals!.end(message.contest)) });
      break;
    case 'finish':
      await finish();
      break;
  }
}

process.on('message', (message: ToPeople) => {
  handle(message).catch((error: unknown) => tell({ name: 'failed', reason: String(error) }));
});
process.on('disconnect', () => process.exit());
