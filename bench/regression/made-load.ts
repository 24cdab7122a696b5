/**
 * A fixed load in a made world: real replicas and a client for each account, on a network, disks and a clock that are made.
 * What happens follows from the seed and the program alone, so what is counted is the same on every machine.
 */
import { createHash, createHmac } from 'node:crypto';

import { ByteWriter } from '#src/core/lib/byte-writer.js';
import { limits } from '#src/core/model/limits.js';
import { Vector } from '#src/core/model/vector.js';
import type { Address, ConnectionId } from '#src/core/ports/network.js';
import { decode } from '#src/core/wire/codec.js';
import { encodeFrame, FrameDecoder, messageNameOfType, preface, type Frame } from '#src/core/wire/frame.js';
import type { FrameName, MessageOf } from '#src/core/wire/message-types.js';
import { spokenVersions } from '#src/core/wire/version.js';
import type { MemoryHost } from '#src/sim/network.js';
import { nobody } from '#src/sim/server-watch.js';
import { World } from '#src/sim/world.js';

const SENDERS = 24;
const IN_FLIGHT = 16;
const TEXT_BYTES = 200;
/** What is under way when the last message has arrived is over after this. */
const SETTLE_MS = 500;

/** What all servers gave to their disks and to the network. */
export interface Effects {
  diskWrites: number;
  diskBytes: number;
  networkWrites: number;
  networkBytes: number;
}

export class MadeLoad {
  readonly effects: Effects = { diskWrites: 0, diskBytes: 0, networkWrites: 0, networkBytes: 0 };
  readonly #world: World;
  readonly #senders: Sender[];

  /** Starts three servers, and has senders log in; further accounts are there and do nothing. */
  constructor(options: { readonly seed?: number; readonly idleAccounts?: number } = {}) {
    const { seed = 1, idleAccounts = 0 } = options;
    this.#world = new World({
      seed,
      digests: {
        sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
        hmacSha256: (key, bytes) => new Uint8Array(createHmac('sha256', key).update(bytes).digest()),
      },
    });
    // The made index of words is nothing like the real one, and would be most of what is counted.
    for (const { search } of this.#world.servers) search.isUsable = false;
    this.#world.startInSync();
    for (const server of this.#world.servers) {
      server.watch = {
        ...nobody,
        written: (_file, bytes) => {
          this.effects.diskWrites += 1;
          this.effects.diskBytes += bytes.length;
        },
        sent: (_connection, bytes) => {
          this.effects.networkWrites += 1;
          this.effects.networkBytes += bytes.length;
        },
      };
    }
    if (idleAccounts > 0) this.#makeIdleAccounts(idleAccounts);
    const names = Array.from({ length: SENDERS }, (_, index) => `sender-${index}`);
    this.#senders = names.map((name, index) => this.#connect(name, names[(index + 1) % SENDERS]!, index));
    this.#ask((sender) => sender.create());
    this.#ask((sender) => sender.login());
    this.#ask((sender) => sender.receive());
    this.#world.advance(SETTLE_MS);
  }

  /** Each sender keeps some under way until so many were sent in all; returns when all have arrived and nothing is left to do. */
  send(messages: number): void {
    const before = this.#arrived;
    let left = messages;
    for (const sender of this.#senders) {
      sender.goOn = () => {
        if (left === 0) return;
        left -= 1;
        sender.send(TEXT_BYTES);
      };
      for (let count = 0; count < IN_FLIGHT; count += 1) sender.goOn();
      sender.flush();
    }
    this.#world.until('all messages have arrived', () => left === 0 && this.#arrived === before + messages);
    this.#world.advance(SETTLE_MS);
  }

  get #arrived(): number {
    let arrived = 0;
    for (const sender of this.#senders) arrived += sender.arrived;
    return arrived;
  }

  #connect(name: string, to: string, index: number): Sender {
    const servers = this.#world.servers;
    const { address } = servers[index % servers.length]!.host;
    return new Sender(this.#world.network.host(name), address, name, to);
  }

  #ask(request: (sender: Sender) => void): void {
    for (const sender of this.#senders) request(sender);
    this.#world.until('all have answers', () => this.#senders.every((sender) => sender.isAnswered));
  }

  #makeIdleAccounts(count: number): void {
    const maker = this.#connect('maker', '', 0);
    for (let index = 0; index < count; index += 1) {
      maker.create(`idle-${index}`);
      this.#world.until('the account is there', () => maker.isAnswered);
    }
    maker.leave();
  }
}

/** Numbers of a connection's sends; other requests have this correlation. */
const OTHER = 2 ** 31;

class Sender {
  arrived = 0;
  isAnswered = true;
  /** Called when a send was acknowledged. */
  goOn = (): void => undefined;
  readonly #host: MemoryHost;
  readonly #name: string;
  readonly #to: string;
  readonly #connection: ConnectionId;
  readonly #client: Uint8Array;
  readonly #writer = new ByteWriter();
  readonly #decoder = new FrameDecoder({ bodyBytesMax: limits.clientFrameBytesMax, expectsPreface: false });
  readonly #received = new Vector();
  #counter = 0;
  #credit = 0;
  #hasLeft = false;

  constructor(host: MemoryHost, address: Address, name: string, to: string) {
    this.#host = host;
    this.#name = name;
    this.#to = to;
    this.#client = new Uint8Array(createHash('sha256').update(name).digest()).slice(0, 16);
    host.events = {
      opened: () => undefined,
      received: (_connection, bytes) => {
        for (const frame of this.#decoder.feed(bytes)) this.#take(frame);
        this.flush();
      },
      drained: () => undefined,
      closed: () => {
        if (this.#hasLeft) return;
        throw new Error(`The connection of ${name} has closed.`);
      },
    };
    this.#connection = host.dial(address);
    this.#writer.bytes(preface);
    this.#request('Hello', { ...spokenVersions, capabilities: [], software: 'bench' });
  }

  create(name = this.#name): void {
    this.#request('CreateAccount', { name, password: name, operation: this.#operation() });
  }

  login(): void {
    const operation = this.#operation();
    this.#request('Login', { name: this.#name, password: this.#name, operation, takeOver: false });
  }

  receive(): void {
    this.#request('Receive', { cursor: [], credit: limits.clientWindow });
  }

  send(textBytes: number): void {
    this.#counter += 1;
    const text = `${this.#counter} of ${this.#name} `.padEnd(textBytes, 'and so on ');
    encodeFrame(this.#writer, 'Send', { to: this.#to, text, counter: this.#counter }, this.#counter);
  }

  leave(): void {
    this.#hasLeft = true;
    this.#host.close(this.#connection);
  }

  #operation(): MessageOf<'OperationId'> {
    this.#counter += 1;
    return { client: this.#client, counter: this.#counter };
  }

  #request<N extends FrameName>(name: N, message: MessageOf<N>): void {
    this.isAnswered = false;
    encodeFrame(this.#writer, name, message, OTHER);
    this.flush();
  }

  flush(): void {
    if (this.#writer.length > 0) this.#host.send(this.#connection, this.#writer.take());
  }

  #take(frame: Frame): void {
    const name = messageNameOfType(frame.type);
    if (name === 'Failed') throw new Error(`${this.#name}: ${decode(name, frame.body).message}`);
    if (frame.correlation === OTHER) {
      this.isAnswered = true;
    } else if (name === 'Sent') {
      this.goOn();
    } else if (name === 'Deliver') {
      const { id } = decode(name, frame.body).message;
      this.#received.raise(id.origin, id.seq);
      this.arrived += 1;
      this.#grant();
    } else if (name === 'Ping') {
      encodeFrame(this.#writer, 'Pong', {}, frame.correlation);
    }
  }

  /** A mark goes with each grant, as those of a client do under load. */
  #grant(): void {
    this.#credit += 1;
    if (this.#credit < limits.clientWindow / 2) return;
    encodeFrame(this.#writer, 'Credit', { credit: this.#credit }, 0);
    encodeFrame(this.#writer, 'MarkDelivered', { cursor: this.#received.entries() }, OTHER);
    this.#credit = 0;
  }
}
