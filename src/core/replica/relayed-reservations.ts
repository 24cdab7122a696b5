/**
 * Reservations that a peer has this server ask of a third one, which the peer has no link to: where two servers are cut
 * off from each other and both reach this one, each still asks all. What is granted there is held under this server's name,
 * for as long as both links last.
 */
import { errorDefinitions } from '../model/errors.js';
import type { ServerId } from '../model/ids.js';
import type { MessageOf } from '../wire/message-types.js';
import type { PeerLink } from './peer-link.js';

/** From this version of the protocol on a server asks others on behalf of a peer. */
const RELAYING_VERSION = 2;

/** Over which link a server can be asked: the one to it, or else one to a server that is linked to it. */
export function wayTo(links: readonly PeerLink[], server: ServerId): PeerLink | undefined {
  const relays = (link: PeerLink): boolean => link.version >= RELAYING_VERSION && link.links.includes(server);
  return links.find((link) => link.server === server) ?? links.find(relays);
}

/** What is asked and given back over. */
type Way = Pick<PeerLink, 'server' | 'reserve' | 'release'>;

interface Relayed {
  readonly holder: ServerId;
  readonly key: string;
  readonly link: Way;
  isGranted: boolean;
}

/** There is no way from here: the asker goes on without that server. */
const nowhere: MessageOf<'Reserved'> = { granted: false, code: errorDefinitions.NO_SERVER.number, sessions: [] };

export class RelayedReservations {
  /** Asked for or granted. */
  #relayed: Relayed[] = [];
  readonly #linkTo: (server: ServerId) => Way | undefined;

  constructor(linkTo: (server: ServerId) => Way | undefined) {
    this.#linkTo = linkTo;
  }

  ask(
    holder: ServerId,
    { at, key, ...options }: MessageOf<'Reserve'>,
    answer: (reserved: MessageOf<'Reserved'>) => void,
  ) {
    const link = this.#linkTo(at);
    if (link === undefined) {
      answer(nowhere);
      return;
    }
    const relayed = { holder, key, link, isGranted: false };
    this.#relayed.push(relayed);
    link.reserve(key, options, 0, (reserved) => {
      const isWanted = this.#relayed.includes(relayed);
      // What is not wanted any more was given back right behind the request.
      if (reserved === 'unreachable' || !reserved.granted) this.#forget(relayed);
      else relayed.isGranted = true;
      if (isWanted) answer(reserved === 'unreachable' ? nowhere : reserved);
    });
  }

  release(holder: ServerId, { at, key }: MessageOf<'Release'>): void {
    this.#releaseThose((one) => one.holder === holder && one.key === key && one.link.server === at);
  }

  /** An account of the name exists now, which frees the name wherever it is known. Who still waits is answered all the same. */
  used(key: string): void {
    this.#relayed = this.#relayed.filter((one) => one.key !== key || !one.isGranted);
  }

  /** The link to the server has gone, and with it what was asked over it and for it. */
  lost(server: ServerId): void {
    this.#relayed = this.#relayed.filter(({ link }) => link.server !== server);
    this.#releaseThose(({ holder }) => holder === server);
  }

  #releaseThose(those: (relayed: Relayed) => boolean): void {
    for (const relayed of this.#relayed.filter(those)) {
      this.#forget(relayed);
      relayed.link.release(relayed.key, 0);
    }
  }

  #forget(relayed: Relayed): void {
    this.#relayed = this.#relayed.filter((other) => other !== relayed);
  }
}
