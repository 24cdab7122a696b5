/**
 * Stands between two servers and passes on what they say, until it is told to hold it back. What a cut holds back arrives
 * when the cut has healed, as it does with TCP: whoever has given the connection up by then no longer reads it. A
 * connection that is dialled during a cut comes about when it has healed, if it is still wanted; neither side hears
 * of the other before that, not even that it refuses.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import type { Address } from '../../core/ports/network.js';

/** What a cut holds back, as seen from the server that dials. */
export type CutDirection = 'both' | 'sent' | 'received';

export class LinkProxy {
  readonly #server: Server;
  readonly #target: Address;
  readonly #pairs = new Set<SocketPair>();
  #cut: CutDirection | undefined;

  private constructor(server: Server, target: Address) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (near: Socket) => this.#add(near));
  }

  /** Listens on loopback, on a free port. */
  static async start(target: Address): Promise<LinkProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new LinkProxy(server, target);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(direction: CutDirection): void {
    this.#cut = direction;
    for (const pair of this.#pairs) pair.cut(direction);
  }

  heal(): void {
    this.#cut = undefined;
    for (const pair of this.#pairs) pair.cut(undefined);
  }

  /** Breaks every connection and takes no more. */
  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const pair of this.#pairs) pair.destroy();
    await closed;
  }

  #add(near: Socket): void {
    const pair = new SocketPair(near, this.#target, () => this.#pairs.delete(pair));
    this.#pairs.add(pair);
    pair.cut(this.#cut);
  }
}

/** One connection: the half that was dialled to the proxy, and the other that it dials once no cut keeps it from it. */
class SocketPair {
  readonly #near: Socket;
  readonly #target: Address;
  readonly #ended: () => void;
  #flows: { readonly sent: Flow; readonly received: Flow } | undefined;
  /** What came before the other half was there. */
  readonly #early: Buffer[] = [];

  constructor(near: Socket, target: Address, ended: () => void) {
    this.#near = near;
    this.#target = target;
    this.#ended = ended;
    const keep = (bytes: Buffer): void => void this.#early.push(bytes);
    near.on('data', keep).on('error', ignore).once('close', ended);
    // Whoever gives up a connection that has not come about leaves nothing behind.
    near.once('end', () => {
      if (this.#flows === undefined) near.destroy();
    });
  }

  cut(direction: CutDirection | undefined): void {
    if (this.#flows === undefined && direction === undefined && !this.#near.destroyed) this.#dial();
    this.#flows?.sent.hold(direction === 'both' || direction === 'sent');
    this.#flows?.received.hold(direction === 'both' || direction === 'received');
  }

  destroy(): void {
    this.#near.destroy();
    this.#flows?.received.from.destroy();
  }

  #dial(): void {
    const far = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    far.on('error', ignore);
    for (const bytes of this.#early) far.write(bytes);
    this.#near.removeAllListeners('data').removeAllListeners('close');
    const flows = { sent: new Flow(this.#near, far), received: new Flow(far, this.#near) };
    this.#flows = flows;
    const closed = (): void => {
      if (this.#near.destroyed && far.destroyed) this.#ended();
    };
    this.#near.once('close', closed);
    far.once('close', closed);
  }
}

/** One direction of a connection. */
class Flow {
  #isHeld = false;
  /** What the source has done and the other side is not to know of while the direction is cut. */
  #state: 'open' | 'ended' | 'closed' = 'open';

  constructor(
    readonly from: Socket,
    readonly to: Socket,
  ) {
    from.on('data', (bytes: Buffer) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => {
      if (!this.#isHeld) from.resume();
    });
    from.once('end', () => this.#become('ended'));
    from.once('close', () => this.#become('closed'));
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld) this.from.pause();
    else this.from.resume();
    this.#pass();
  }

  #become(state: 'ended' | 'closed'): void {
    // One that ended in good order still has its last words on their way.
    if (this.#state === 'open') this.#state = state;
    this.#pass();
  }

  #pass(): void {
    if (this.#isHeld) return;
    if (this.#state === 'closed') this.to.destroy();
    else if (this.#state === 'ended') this.to.end();
  }
}

function ignore(): void {}
