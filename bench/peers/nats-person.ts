/**
 * Someone on NATS JetStream, at one node: publishes to the subject of the recipient and gets its own from the stream.
 *
 * Acknowledgements come in the order of the publications of a connection, so they are counted; what they say is only looked
 * at for errors. The stream is read with a push consumer that acknowledges nothing and is kept in memory by one node, which
 * is the cheapest that there is.
 */
import type { Person, PersonEvents, Place } from '../support/person.js';
import { NatsConnection } from './nats-connection.js';

/** Of streams: this and a number. */
export const STREAM = 'messages';
/** Of messages: this, the number of the stream, and the name of the recipient. */
export const SUBJECT = 'to';
/**
 * A node looks at all consumers of a stream for each message, and each stream has a leader of its own. Nine cost half of the CPU
 * that one costs with 100 people, and less with 300; with 30, starting became unreliable.
 */
export const STREAMS = 9;

/** A consumer lives on for seconds after its connection; nobody else may get what it delivers. */
let connections = 0;

export async function makeNatsPerson(node: Place, name: string, events: PersonEvents): Promise<Person> {
  const stream = `${STREAM}${streamOf(name)}`;
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
  await connection.ask(`CONSUMER.CREATE.${stream}`, {
    stream_name: stream,
    config: {
      deliver_subject: `inbox.${own}`,
      deliver_policy: 'new',
      ack_policy: 'none',
      filter_subject: subjectOf(name),
      replay_policy: 'instant',
      num_replicas: 1,
      mem_storage: true,
    },
  });
  let lastTo = '';
  let subject = '';
  return {
    send: (to, text) => {
      if (to !== lastTo) subject = subjectOf(to);
      lastTo = to;
      connection.publish(subject, `acks.${own}`, `${name} ${text}`);
    },
    close: () => connection.close(),
  };
}

function subjectOf(name: string): string {
  return `${SUBJECT}.${streamOf(name)}.${name}`;
}

function streamOf(name: string): number {
  let sum = 0;
  for (let index = 0; index < name.length; index += 1) sum = (sum * 31 + name.charCodeAt(index)) % STREAMS;
  return sum;
}
