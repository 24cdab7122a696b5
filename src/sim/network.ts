/**
 * The network port in memory: hosts, connections between them, and everything that may come between. Bytes arrive in
 * order, in pieces of any size, after delays drawn by chance. A host may crash or freeze; a path may be cut in one
 * direction, and then what is on it arrives when it heals, as with a protocol that repeats what got lost.
 */
import { limits } from '../core/model/limits.js';
import type { Address, ConnectionId, DialFailure, Network, NetworkEvents } from '../core/ports/network.js';
import type { SeededRandom } from './seeded-random.js';
import type { Timeline } from './timeline.js';

/** Told of nothing. */
const nobody: NetworkEvents = {
  opened: () => undefined,
  received: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
};

const PIECE_BYTES_MAX = 65_536;
/** Below this the owner of a connection is not told that the backlog is gone. */
const SOCKET_BUFFER_BYTES = 65_536;
/** A dial that gets no answer is tried again after this, then after twice as long each time, as TCP does it. */
const DIAL_AGAIN_MS = 1_000;

type Item = { readonly kind: 'opened' | 'end' } | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** One side of a connection, and what is under way from it to the other. */
interface End {
  readonly id: ConnectionId;
  readonly host: MemoryHost;
  readonly side: 'accepted' | 'dialled';
  partner: End | undefined;
  state: 'dialling' | 'open' | 'closing' | 'closed';
  readonly underWay: { readonly item: Item; readonly dueMs: number }[];
  lastDueMs: number;
  backlogBytes: number;
  wasFull: boolean;
}

export class MemoryNetwork {
  readonly timeline: Timeline;
  readonly #random: SeededRandom;
  readonly #hosts = new Map<string, MemoryHost>();
  readonly #ends = new Set<End>();
  /** `from to` where nothing gets through. */
  readonly #cuts = new Set<string>();
  #latestId = 0;

  constructor(timeline: Timeline, random: SeededRandom) {
    this.timeline = timeline;
    this.#random = random;
  }

  /** Adds a host. Others reach it under its name and `port`, once it listens. */
  host(name: string, port = 0): MemoryHost {
    const host = new MemoryHost(this, name, port);
    this.#hosts.set(name, host);
    return host;
  }

  /** Nothing sent by `from` reaches `to` until {@link heal}. */
  cutOneWay(from: string, to: string): void {
    this.#cuts.add(`${from} ${to}`);
  }

  cut(one: string, other: string): void {
    this.cutOneWay(one, other);
    this.cutOneWay(other, one);
  }

  /** Every path is open again. */
  heal(): void {
    this.#cuts.clear();
    this.pumpAll();
  }

  /** Nothing is cut. */
  get isWhole(): boolean {
    return this.#cuts.size === 0;
  }

  /** Breaks every connection between the two; both learn of it. */
  breakConnections(one: string, other: string): void {
    for (const end of this.#ends) {
      const there = end.partner?.host.name;
      if ((end.host.name === one && there === other) || (end.host.name === other && there === one)) this.#finish(end);
    }
  }

  /** Lets through what was held up. */
  pumpAll(): void {
    for (const end of this.#ends) this.#pump(end);
  }

  dial(host: MemoryHost, address: Address): ConnectionId {
    const end = this.#newEnd(host, 'dialled', undefined);
    host.after(this.#delayMs(), () => this.#connect(end, address, DIAL_AGAIN_MS));
    return end.id;
  }

  send(host: MemoryHost, id: ConnectionId, bytes: Uint8Array): void {
    const end = this.#endOf(host, id);
    if (end === undefined || end.state === 'closing') return;
    end.backlogBytes += bytes.length;
    if (end.backlogBytes > SOCKET_BUFFER_BYTES) end.wasFull = true;
    for (let start = 0; start < bytes.length;) {
      const most = Math.min(bytes.length - start, PIECE_BYTES_MAX);
      const length = this.#random.oneIn(8) ? 1 + this.#random.below(most) : most;
      this.#push(end, { kind: 'bytes', bytes: bytes.subarray(start, start + length) });
      start += length;
    }
  }

  backlogBytes(host: MemoryHost, id: ConnectionId): number {
    return this.#endOf(host, id)?.backlogBytes ?? 0;
  }

  close(host: MemoryHost, id: ConnectionId): void {
    const end = this.#endOf(host, id);
    if (end === undefined || end.state === 'closing') return;
    const wasDialling = end.state === 'dialling';
    end.state = 'closing';
    if (wasDialling) {
      host.after(0, () => this.#finish(end));
      return;
    }
    this.#push(end, { kind: 'end' });
    host.after(limits.lingerMs, () => this.#tellClosed(end));
  }

  /** The process on the host is gone. Its connections end as the operating system ends them. */
  crashed(host: MemoryHost): void {
    for (const end of this.#ends) {
      if (end.host !== host) continue;
      end.state = 'closed';
      // What it had sent last may not have left.
      end.underWay.length = this.#random.below(end.underWay.length + 1);
      if (end.partner === undefined || end.partner.state === 'closed') this.#ends.delete(end);
      else this.#push(end, { kind: 'end' });
    }
  }

  #endOf(host: MemoryHost, id: ConnectionId): End | undefined {
    const end = host.ends.get(id);
    return end?.state === 'closed' ? undefined : end;
  }

  #newEnd(host: MemoryHost, side: 'accepted' | 'dialled', partner: End | undefined): End {
    this.#latestId += 1;
    const end: End = {
      id: this.#latestId,
      host,
      side,
      partner,
      state: partner === undefined ? 'dialling' : 'open',
      underWay: [],
      lastDueMs: 0,
      backlogBytes: 0,
      wasFull: false,
    };
    host.ends.set(end.id, end);
    this.#ends.add(end);
    return end;
  }

  #connect(end: End, address: Address, againMs: number): void {
    if (end.state !== 'dialling') return;
    const there = this.#hosts.get(address.host);
    if (there !== undefined && !(this.#isOpen(end.host, there) && this.#isOpen(there, end.host))) {
      end.host.after(againMs, () => this.#connect(end, address, 2 * againMs));
      return;
    }
    if (there === undefined || there.port !== address.port || !there.isListening) {
      this.#tellClosed(end, there === undefined ? 'unknownHost' : 'refused');
      this.#ends.delete(end);
      return;
    }
    end.partner = this.#newEnd(there, 'accepted', end);
    end.state = 'open';
    const sentBefore = end.underWay.splice(0);
    this.#push(end, { kind: 'opened' });
    for (const { item } of sentBefore) this.#push(end, item);
    end.host.events.opened(end.id, 'dialled', 'tcp');
  }

  #push(end: End, item: Item): void {
    const { timeline } = this;
    const dueMs = Math.max(end.lastDueMs, timeline.nowMs + this.#delayMs() + slownessOf(end));
    end.lastDueMs = dueMs;
    end.underWay.push({ item, dueMs });
    timeline.after(dueMs - timeline.nowMs, () => this.#pump(end));
  }

  /** Lets arrive what is due and can. What cannot is tried again when the path heals or the receiver goes on. */
  #pump(end: End): void {
    const { partner } = end;
    for (;;) {
      const next = end.underWay[0];
      if (partner === undefined || next === undefined || next.dueMs > this.timeline.nowMs) return;
      if (partner.state === 'closed') {
        this.#finish(end);
        return;
      }
      if (partner.host.isFrozen || !this.#isOpen(end.host, partner.host)) return;
      end.underWay.shift();
      this.#arrive(end, partner, next.item);
    }
  }

  #arrive(end: End, partner: End, item: Item): void {
    const { events } = partner.host;
    switch (item.kind) {
      case 'opened':
        events.opened(partner.id, 'accepted', 'tcp');
        return;
      case 'end':
        this.#finish(end);
        return;
      case 'bytes': {
        this.#sent(end, item.bytes.length);
        if (partner.state !== 'open') return;
        const bytes = item.bytes.slice();
        events.received(partner.id, bytes);
        // Whoever kept a view of them finds out.
        bytes.fill(0xee);
      }
    }
  }

  #sent(end: End, bytes: number): void {
    end.backlogBytes -= bytes;
    if (end.backlogBytes > 0 || !end.wasFull) return;
    end.wasFull = false;
    end.host.after(0, () => {
      if (end.state === 'open') end.host.events.drained(end.id);
    });
  }

  /** The connection is over for both. */
  #finish(end: End): void {
    const { partner } = end;
    this.#tellClosed(end);
    if (partner !== undefined) this.#tellClosed(partner);
    for (const side of [end, partner]) {
      if (side === undefined) continue;
      this.#ends.delete(side);
      side.underWay.length = 0;
    }
  }

  #tellClosed(end: End, reason?: DialFailure): void {
    if (end.state === 'closed') return;
    end.state = 'closed';
    end.backlogBytes = 0;
    end.host.after(0, () => {
      end.host.ends.delete(end.id);
      end.host.events.closed(end.id, reason);
    });
  }

  #isOpen(from: MemoryHost, to: MemoryHost): boolean {
    return !this.#cuts.has(`${from.name} ${to.name}`);
  }

  #delayMs(): number {
    return 0.1 + this.#random.below(this.#random.oneIn(40) ? 40_000 : 2_000) / 1000;
  }
}

function slownessOf({ host, partner }: End): number {
  return host.slownessMs + (partner?.host.slownessMs ?? 0);
}

/** A machine on the network, with the one process that runs there: the network port as that process has it. */
export class MemoryHost implements Network {
  readonly network: MemoryNetwork;
  readonly name: string;
  readonly port: number;
  readonly ends = new Map<ConnectionId, End>();
  events: NetworkEvents = nobody;
  isListening = false;
  /** What everything from here and to here takes longer. */
  slownessMs = 0;
  #isFrozen = false;
  /** Rises with each crash: what an earlier process began is never heard of. */
  #incarnation = 0;
  #held: (() => void)[] = [];

  constructor(network: MemoryNetwork, name: string, port: number) {
    this.network = network;
    this.name = name;
    this.port = port;
  }

  get address(): Address {
    return { host: this.name, port: this.port };
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  dial(address: Address): ConnectionId {
    return this.network.dial(this, address);
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    this.network.send(this, connection, bytes);
  }

  backlogBytes(connection: ConnectionId): number {
    return this.network.backlogBytes(this, connection);
  }

  close(connection: ConnectionId): void {
    this.network.close(this, connection);
  }

  /** Does something in the process after the delay: never if it has crashed by then, later if it is frozen. */
  after(delayMs: number, action: () => void): void {
    const incarnation = this.#incarnation;
    this.network.timeline.after(delayMs, () => {
      if (incarnation !== this.#incarnation) return;
      if (this.#isFrozen) this.#held.push(action);
      else action();
    });
  }

  /** The process stands still, and its connections with it. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** It goes on, with what it missed first. */
  thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    const incarnation = this.#incarnation;
    for (const action of this.#held.splice(0)) if (incarnation === this.#incarnation) action();
    this.network.pumpAll();
  }

  /** The process ends at once and is never told of anything again. */
  crash(): void {
    this.#incarnation += 1;
    this.#isFrozen = false;
    this.#held = [];
    this.isListening = false;
    this.events = nobody;
    this.network.crashed(this);
    this.ends.clear();
  }
}
