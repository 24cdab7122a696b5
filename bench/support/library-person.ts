/** A client as an application has it: the library, with a promise for each send and an async iterable of messages. */
import { connect, HoldfastError, type Client } from '#src/library/node.js';
import { PASSWORD, type Person, type PersonEvents, type Place } from './person.js';

export async function makeLibraryPerson({ host, port }: Place, name: string, events: PersonEvents): Promise<Person> {
  const client = await connect({ servers: [{ id: 1, host, port }] });
  await createIfNew(client, name);
  await client.login(name, PASSWORD, { takeOver: true });
  const fail = (error: unknown): void => events.failed(String(error));
  const reading = read(client, events).catch(fail);
  return {
    send: (to, text, number) => {
      client.send(to, text).then(() => events.acked(number), fail);
    },
    close: async () => {
      await client.close();
      await reading;
    },
  };
}

export async function createIfNew(client: Client, name: string): Promise<void> {
  try {
    await client.createAccount(name, PASSWORD);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'NAME_TAKEN') throw error;
  }
}

async function read(client: Client, events: PersonEvents): Promise<void> {
  for await (const { from, text } of client.messages()) events.received(from, text);
}
