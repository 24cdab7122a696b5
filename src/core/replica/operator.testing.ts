/** A command of an operator in a made world: proves the key of the group, and asks one thing. */
import { createHash, createHmac } from 'node:crypto';

import { errorCodeOf, type ErrorCode } from '../model/errors.js';
import { decode } from '../wire/codec.js';
import { messageNameOfType } from '../wire/frame.js';
import { Connection, Outbox } from './connection.js';
import { OPERATOR, PeerHandshake } from './peer-handshake.js';
import type { World } from './world.testing.js';

const crypto = {
  randomBytes: (length: number) => new Uint8Array(length).fill(6),
  sha256: (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  hmacSha256: (key: Uint8Array, bytes: Uint8Array) => new Uint8Array(createHmac('sha256', key).update(bytes).digest()),
};

/** Asks the server to drain. Calls back with `Drained`, or why it does not. */
export function askToDrain(world: World, id: number, answered: (answer: 'Drained' | ErrorCode) => void): void {
  const host = world.network.host(`operator-${id}`);
  const outbox = new Outbox(host);
  const key = world.server(id).groupKey;
  const identity = { group: 'made', server: OPERATOR, key, isLinked: () => false, vouchesFor: () => false };
  let handshake: PeerHandshake | undefined;
  host.events = {
    opened: (dialled, side, transport) => {
      handshake = new PeerHandshake(new Connection(dialled, side, transport, 0, outbox), identity, crypto, id);
      outbox.flushAll();
    },
    received: (_dialled, bytes) => {
      const { connection } = handshake!;
      for (const { type, body } of connection.decoder.feed(bytes)) {
        const name = messageNameOfType(type);
        if (name === 'PeerHello') {
          handshake!.received(name, body);
          connection.send('Drain', {}, 1);
        } else if (name === 'Failed') answered(errorCodeOf(decode(name, body).code)!);
        else if (name === 'Drained') answered(name);
      }
      outbox.flushAll();
    },
    drained: () => undefined,
    closed: () => undefined,
  };
  host.dial(world.addressOf(id));
}
