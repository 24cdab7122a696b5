/**
 * Someone on NATS JetStream, at one node: publishes to the subject of the recipient and gets its own from the stream.
 *
 * Acknowledgements come in the order of the publications of a connection, so they are counted; what they say is only looked
 * at for errors. The stream is read with a push consumer that acknowledges nothing and is kept in memory by one node, which
 * is the cheapest that there is.
 */
import type { Person, PersonEvents, Place } from '../support/person.js';
import { NatsConnection } from './nats-connection.js';

export const STREAM = 'messages';
/** Subjects of the stream: this and the name of the recipient. */
export const SUBJECTS = 'to';

/** A consumer lives on for seconds after its connection; nobody else may get what it delivers. */
let connections = 0;

export async function makeNatsPerson(node: Place, name: string, events: PersonEvents): Promise<Person> {
  connections += 1;
  const own = `${name}-${connections}`;
  const connection = new NatsConnection(own, events.failed);
  await connection.open(node);
  let acked = 0;
  connection.subscribe(`acks.${own}`, (body) => {
    if (body.includes('"error"')) events.failed(body);
    acked += 1;
    events.acked(acked);
  });
  connection.subscribe(`inbox.${own}`, (body) => {
    const space = body.indexOf(' ');
    events.received(body.slice(0, space), body.slice(space + 1));
  });
  await connection.ask(`CONSUMER.CREATE.${STREAM}`, {
    stream_name: STREAM,
    config: {
      deliver_subject: `inbox.${own}`,
      deliver_policy: 'new',
      ack_policy: 'none',
      filter_subject: `${SUBJECTS}.${name}`,
      replay_policy: 'instant',
      num_replicas: 1,
      mem_storage: true,
    },
  });
  return {
    send: (to, text) => connection.publish(`${SUBJECTS}.${to}`, `acks.${own}`, `${name} ${text}`),
    close: () => connection.close(),
  };
}
