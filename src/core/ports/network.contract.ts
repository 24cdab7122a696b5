/** What every network must do. Each implementation runs this suite. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { Address, ConnectionId, DialFailure, Network, NetworkEvents, Transport } from './network.js';

/** Two ends, the second of which takes connections at `address`. */
export interface NetworkUnderTest {
  readonly dialler: Network;
  readonly acceptor: Network;
  readonly transport: Transport;
  readonly address: Address;
  /** Where nobody takes connections. */
  readonly deadAddress: Address;
  /** Whether the platform tells why a dial came to nothing. */
  readonly tellsReasons: boolean;
  readonly stop: () => Promise<void>;
}

/** The first byte of our protocol: the side that dialled always sends it first. */
export const FIRST_BYTE = 0xa7;

type Told =
  | {
      readonly event: 'opened';
      readonly connection: ConnectionId;
      readonly side: string;
      readonly transport: Transport;
    }
  | { readonly event: 'drained'; readonly connection: ConnectionId }
  | { readonly event: 'closed'; readonly connection: ConnectionId; readonly reason: DialFailure | undefined };

/** Keeps what a network tells, and lets a test wait for it. */
export class NetworkRecorder implements NetworkEvents {
  readonly told: Told[] = [];
  readonly #bytesByConnection = new Map<ConnectionId, Uint8Array[]>();
  readonly #waiting = new Set<() => void>();
  /** True while the test is inside a call to the network: nothing may be told then. */
  isInsideCall = false;
  onReceived: (connection: ConnectionId) => void = () => undefined;

  opened(connection: ConnectionId, side: 'accepted' | 'dialled', transport: Transport): void {
    this.#tell({ event: 'opened', connection, side, transport });
  }

  received(connection: ConnectionId, bytes: Uint8Array): void {
    const chunks = this.#bytesByConnection.get(connection) ?? [];
    const copy = bytes.slice();
    assert.notEqual(copy.buffer, bytes.buffer, 'a slice is a copy, which that of a Buffer is not');
    chunks.push(copy);
    this.#bytesByConnection.set(connection, chunks);
    this.onReceived(connection);
    this.#wake();
  }

  drained(connection: ConnectionId): void {
    this.#tell({ event: 'drained', connection });
  }

  closed(connection: ConnectionId, reason?: DialFailure): void {
    this.#tell({ event: 'closed', connection, reason });
  }

  bytes(connection: ConnectionId): Uint8Array {
    return Buffer.concat(this.#bytesByConnection.get(connection) ?? []);
  }

  byteCount(connection: ConnectionId): number {
    return (this.#bytesByConnection.get(connection) ?? []).reduce((sum, chunk) => sum + chunk.length, 0);
  }

  has(event: Told['event'], connection: ConnectionId): boolean {
    return this.told.some((told) => told.event === event && told.connection === connection);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** The id under which the next connection is accepted. */
  async accepted(): Promise<ConnectionId> {
    const before = this.#acceptedIds().length;
    await this.until(() => this.#acceptedIds().length > before);
    return this.#acceptedIds()[before]!;
  }

  #acceptedIds(): ConnectionId[] {
    return this.told
      .filter((told) => told.event === 'opened' && told.side === 'accepted')
      .map((told) => told.connection);
  }

  #tell(told: Told): void {
    assert.ok(!this.isInsideCall, `${told.event} is told after the call that caused it`);
    assert.ok(!this.has('closed', told.connection), `nothing is told of a connection after it has closed`);
    this.told.push(told);
    this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

const preface = Uint8Array.of(FIRST_BYTE, 1, 2, 3);

interface Pair {
  readonly network: NetworkUnderTest;
  readonly dialling: NetworkRecorder;
  readonly accepting: NetworkRecorder;
  /** The same connection as each end knows it. */
  readonly here: ConnectionId;
  readonly there: ConnectionId;
}

export function describeNetwork(
  name: string,
  make: (dialling: NetworkEvents, accepting: NetworkEvents) => Promise<NetworkUnderTest>,
): void {
  async function withNetwork(
    run: (network: NetworkUnderTest, dialling: NetworkRecorder, accepting: NetworkRecorder) => Promise<void>,
  ): Promise<void> {
    const dialling = new NetworkRecorder();
    const accepting = new NetworkRecorder();
    const network = await make(dialling, accepting);
    try {
      await run(network, dialling, accepting);
    } finally {
      await network.stop();
    }
  }

  const withPair = (run: (pair: Pair) => Promise<void>): Promise<void> =>
    withNetwork(async (network, dialling, accepting) => {
      const here = network.dialler.dial(network.address);
      const accepted = accepting.accepted();
      await dialling.until(() => dialling.has('opened', here));
      network.dialler.send(here, preface);
      const there = await accepted;
      await run({ network, dialling, accepting, here, there });
    });

  describe(name, () => {
    test('a connection opens on both sides, after the call returned', () =>
      withNetwork(async (network, dialling, accepting) => {
        const { transport } = network;
        const accepted = accepting.accepted();
        dialling.isInsideCall = true;
        const here = network.dialler.dial(network.address);
        network.dialler.send(here, preface);
        dialling.isInsideCall = false;
        const there = await accepted;
        await dialling.until(() => dialling.has('opened', here));
        assert.deepEqual(dialling.told[0], { event: 'opened', connection: here, side: 'dialled', transport });
        assert.deepEqual(accepting.told[0], { event: 'opened', connection: there, side: 'accepted', transport });
        await accepting.until(() => accepting.byteCount(there) === preface.length);
        assert.deepEqual(accepting.bytes(there), Buffer.from(preface));
      }));

    test('bytes arrive whole and in order in both directions', () =>
      withPair(async ({ network, dialling, accepting, here, there }) => {
        const pieces = Array.from({ length: 3000 }, (_, index) => Uint8Array.of(index >> 8, index & 0xff));
        for (const piece of pieces) network.dialler.send(here, piece);
        const large = Uint8Array.from({ length: 5_000_000 }, (_, index) => index % 251);
        network.acceptor.send(there, Uint8Array.of(9));
        network.acceptor.send(there, large.slice());
        network.acceptor.send(there, new Uint8Array(0));
        await accepting.until(() => accepting.byteCount(there) === preface.length + 6000);
        await dialling.until(() => dialling.byteCount(here) === large.length + 1);
        assert.deepEqual(accepting.bytes(there), Buffer.concat([preface, ...pieces]));
        assert.ok(Buffer.concat([Uint8Array.of(9), large]).equals(dialling.bytes(here)));
      }));

    test('the backlog counts what was sent, and drained tells when it is gone', () =>
      withPair(async ({ network, accepting, there }) => {
        const before = accepting.told.length;
        assert.equal(network.acceptor.backlogBytes(there), 0);
        accepting.isInsideCall = true;
        network.acceptor.send(there, new Uint8Array(1000));
        network.acceptor.send(there, new Uint8Array(2_000_000));
        accepting.isInsideCall = false;
        assert.equal(network.acceptor.backlogBytes(there), 2_001_000);
        await accepting.until(() => accepting.told.slice(before).some(({ event }) => event === 'drained'));
        assert.equal(network.acceptor.backlogBytes(there), 0);
      }));

    test('close writes what was sent, tells both sides, and nothing is received after it', () =>
      withPair(async ({ network, dialling, accepting, here, there }) => {
        const large = new Uint8Array(3_000_000).fill(7);
        network.acceptor.send(there, large);
        accepting.isInsideCall = true;
        network.acceptor.close(there);
        network.acceptor.close(there);
        accepting.isInsideCall = false;
        const receivedThere = accepting.byteCount(there);
        network.dialler.send(here, Uint8Array.of(1, 2, 3));
        network.acceptor.send(there, Uint8Array.of(1));
        await dialling.until(() => dialling.has('closed', here));
        await accepting.until(() => accepting.has('closed', there));
        assert.equal(dialling.byteCount(here), large.length);
        assert.equal(accepting.byteCount(there), receivedThere);
        for (const recorder of [dialling, accepting]) {
          assert.equal(recorder.told.filter(({ event }) => event === 'closed').length, 1);
        }
      }));

    test('a connection that closed takes nothing, and its number is not used again', () =>
      withPair(async ({ network, dialling, accepting, here, there }) => {
        network.dialler.close(here);
        await accepting.until(() => accepting.has('closed', there));
        await dialling.until(() => dialling.has('closed', here));
        for (const [end, id] of [
          [network.dialler, here],
          [network.acceptor, there],
        ] as const) {
          end.send(id, new Uint8Array(10));
          end.close(id);
          assert.equal(end.backlogBytes(id), 0);
        }
        const next = network.dialler.dial(network.address);
        assert.notEqual(next, here);
        network.dialler.send(next, preface);
        assert.notEqual(await accepting.accepted(), there);
      }));

    test('a dial that nobody answers closes, with the reason where it is told, and never opens', () =>
      withNetwork(async (network, dialling) => {
        dialling.isInsideCall = true;
        const here = network.dialler.dial(network.deadAddress);
        network.dialler.send(here, preface);
        dialling.isInsideCall = false;
        await dialling.until(() => dialling.has('closed', here));
        const reason = network.tellsReasons ? 'refused' : undefined;
        assert.deepEqual(dialling.told, [{ event: 'closed', connection: here, reason }]);
      }));

    test('a host that nobody knows is told as such', () =>
      withNetwork(async (network, dialling) => {
        const here = network.dialler.dial({ host: 'holdfast.invalid', port: 6000 });
        await dialling.until(() => dialling.has('closed', here));
        const reason = network.tellsReasons ? 'unknownHost' : undefined;
        assert.deepEqual(dialling.told, [{ event: 'closed', connection: here, reason }]);
      }));

    test('a connection that was open closes without a reason', () =>
      withPair(async ({ network, dialling, accepting, here, there }) => {
        network.acceptor.close(there);
        await dialling.until(() => dialling.has('closed', here));
        await accepting.until(() => accepting.has('closed', there));
        for (const { told } of [dialling, accepting]) {
          const closed = told.filter(({ event }) => event === 'closed');
          assert.deepEqual(
            closed.map((each) => 'reason' in each && each.reason),
            [undefined],
          );
        }
      }));

    test('a dial that is closed at once never opens', () =>
      withNetwork(async (network, dialling) => {
        const here = network.dialler.dial(network.address);
        network.dialler.close(here);
        await dialling.until(() => dialling.has('closed', here));
        assert.deepEqual(dialling.told, [{ event: 'closed', connection: here, reason: undefined }]);
      }));

    test('an address that can be none closes as well', () =>
      withNetwork(async (network, dialling) => {
        for (const port of [-1, 65_536, 1.5, Number.NaN]) {
          const here = network.dialler.dial({ host: network.address.host, port });
          await dialling.until(() => dialling.has('closed', here));
          assert.ok(!dialling.has('opened', here));
        }
      }));

    test('an owner may send and close while it is told something', () =>
      withPair(async ({ network, dialling, accepting, here, there }) => {
        accepting.onReceived = (connection) => {
          network.acceptor.send(connection, Uint8Array.of(42));
          network.acceptor.close(connection);
        };
        network.dialler.send(here, Uint8Array.of(1));
        await dialling.until(() => dialling.has('closed', here));
        assert.deepEqual([...dialling.bytes(here)], [42]);
        await accepting.until(() => accepting.has('closed', there));
      }));
  });
}
