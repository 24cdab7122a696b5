/**
 * A server of an earlier version in a made world, as far as others see it: it links under the id that it is given, keeps what
 * it gets, and does not go when it is removed, since it knows no such op.
 */
import { createHash, createHmac } from 'node:crypto';

import type { MemoryHost } from '../../sim/network.js';
import { errorCodeOf, type ErrorCode } from '../model/errors.js';
import type { ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { readRecord } from '../model/record.js';
import { Vector } from '../model/vector.js';
import type { Address, ConnectionId } from '../ports/network.js';
import { decode } from '../wire/codec.js';
import { messageNameOfType, type Frame } from '../wire/frame.js';
import { Connection, Outbox } from './connection.js';
import { PeerHandshake } from './peer-handshake.js';

const crypto = {
  randomBytes: (length: number) => new Uint8Array(length).fill(5),
  sha256: (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  hmacSha256: (key: Uint8Array, bytes: Uint8Array) => new Uint8Array(createHmac('sha256', key).update(bytes).digest()),
};

export class StubbornPeer {
  /** What it holds, and says to be durable. */
  readonly held = new Vector();
  isLinked = false;
  /** Why the other ended the link. */
  closedWith: ErrorCode | undefined;
  readonly #host: MemoryHost;
  readonly #outbox: Outbox;
  #connection: Connection | undefined;

  constructor(host: MemoryHost, { id, key, group }: { id: ServerId; key: Uint8Array; group: string }) {
    this.#host = host;
    this.#outbox = new Outbox(host);
    const identity = { group, server: id, key, isLinked: () => false, vouchesFor: () => false };
    let handshake: PeerHandshake | undefined;
    host.events = {
      opened: (connection: ConnectionId, side, transport) => {
        this.#connection = new Connection(connection, side, transport, 0, this.#outbox);
        handshake = new PeerHandshake(this.#connection, identity, crypto, undefined);
        this.#outbox.flushAll();
      },
      received: (_connection, bytes) => {
        for (const frame of this.#connection!.decoder.feed(bytes)) {
          if (this.isLinked) this.#take(frame);
          else if ('code' in handshake!.received(messageNameOfType(frame.type), frame.body)) throw new Error('refused');
          else this.#link();
        }
        this.#outbox.flushAll();
      },
      drained: () => undefined,
      closed: () => {
        this.isLinked = false;
      },
    };
  }

  dial(address: Address): void {
    this.#host.dial(address);
  }

  #link(): void {
    this.isLinked = true;
    this.#connection!.decoder.bodyBytesMax = limits.peerFrameBytesMax;
    this.#beat();
  }

  #beat(): void {
    if (!this.isLinked) return;
    const state = { origin: 0, vector: this.held.entries(), links: [], open: true, full: false, time: 0, minCopies: 0 };
    this.#connection!.send('PeerState', state);
    this.#outbox.flushAll();
    this.#host.after(limits.peerHeartbeatMs, () => this.#beat());
  }

  #take({ type, body }: Frame): void {
    const name = messageNameOfType(type);
    if (name === 'PeerState') {
      const { vector } = decode(name, body);
      this.#connection!.send('Want', { wants: vector.map(({ origin }) => ({ origin, seq: this.held.get(origin) })) });
    } else if (name === 'Ops') {
      const { records } = decode(name, body);
      for (let offset = 0; offset < records.length;) {
        const reading = readRecord(records, offset);
        if (reading.state !== 'whole') throw new Error('a record is whole');
        this.held.raise(reading.header.origin, reading.header.seq);
        offset += reading.header.length;
      }
      this.#connection!.send('Durable', { vector: this.held.entries() });
    } else if (name === 'Failed') this.closedWith = errorCodeOf(decode(name, body).code)!;
  }
}
