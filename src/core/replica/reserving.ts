/**
 * Reserving a key on every server that can be reached, one after the other in the order of their ids, this one
 * included; and granting keys to others by the same rules.
 */
import type { Grant, ReserveOptions, ServerContext } from '../chat/context.js';
import type { ChatState } from '../chat/state.js';
import { sameOperation } from '../chat/operation-id.js';
import { run, wait, type Steps } from '../chat/steps.js';
import { errorDefinitions, failure, type ErrorCode } from '../model/errors.js';
import { compareDots, parseDot, sameDot, type Dot, type ServerId } from '../model/ids.js';
import { Reservations } from '../replication/reservations.js';
import type { MessageOf } from '../wire/message-types.js';
import type { AttachedSessions, SessionHolder } from './attached-sessions.js';
import type { Members } from './members.js';
import type { PeerLink, ReserveAnswer } from './peer-link.js';
import type { Peers } from './peers.js';
import { RelayedReservations, wayTo } from './relayed-reservations.js';

const NAME = 'name:';
const SESSION = 'session:';

/** A grant, with the link that it came over, and ends with; undefined for this server. With `at`, of a third server. */
interface Granted {
  readonly link: PeerLink | undefined;
  readonly at: ServerId;
}

export class Reserving {
  readonly #granted = new Reservations();
  readonly #members: Members;
  readonly #state: ChatState;
  readonly #attached: AttachedSessions;
  readonly #relayed: RelayedReservations;

  constructor(options: {
    readonly members: Members;
    readonly state: ChatState;
    readonly attached: AttachedSessions;
    readonly linkTo: (server: ServerId) => PeerLink | undefined;
  }) {
    this.#members = options.members;
    this.#state = options.state;
    this.#attached = options.attached;
    this.#relayed = new RelayedReservations(options.linkTo);
  }

  /** A peer asks for a key, of this server or through it. */
  asked(holder: ServerId, request: MessageOf<'Reserve'>, answer: (reserved: MessageOf<'Reserved'>) => void): void {
    if (request.at === 0) answer(this.#grant(holder, request));
    else this.#relayed.ask(holder, request, answer);
  }

  /** Grants the key to a server, or says why not. */
  #grant(holder: ServerId, request: Omit<MessageOf<'Reserve'>, 'at'>): MessageOf<'Reserved'> {
    const { key } = request;
    if (key.startsWith(NAME)) {
      const { names } = this.#state;
      const name = key.slice(NAME.length);
      if (names.isHeld(name)) return refused(names.owner(name) === undefined ? 'CONTENDED' : 'NAME_TAKEN');
    }
    if (!this.#granted.take(key, holder)) return refused('CONTENDED');
    const sessions = key.startsWith(SESSION) ? this.#attachedSessions(key.slice(SESSION.length), request) : [];
    return { granted: true, code: 0, sessions };
  }

  release(holder: ServerId, released: MessageOf<'Release'>): void {
    if (released.at === 0) this.#granted.release(released.key, holder);
    else this.#relayed.release(holder, released);
  }

  /** The link to the server has gone. */
  lost(holder: ServerId): void {
    this.#granted.releaseAll(holder);
    this.#relayed.lost(holder);
  }

  /** An account of the name exists now: whoever reserved the name has used it. */
  nameUsed(name: string): void {
    this.#granted.used(NAME + name);
    this.#relayed.used(NAME + name);
  }

  reserveEverywhere(peers: Peers, key: string, options: ReserveOptions): ReturnType<ServerContext['reserve']> {
    return (done) => {
      run(this.#steps(peers, key, options), (outcome) => {
        done(outcome.state === 'done' ? outcome.value : { refusedBy: 'holder' });
      });
    };
  }

  *#steps(
    peers: Peers,
    key: string,
    options: ReserveOptions,
  ): Steps<Grant | { readonly refusedBy: 'holder' | 'name' }> {
    const { self } = this.#members;
    const granted: Granted[] = [];
    const sessions: Dot[] = [];
    const release = (): void => {
      for (const { link, at } of granted) {
        if (link === undefined) this.#granted.release(key, self);
        else if (peers.link(link.server) === link) link.release(key, at);
      }
    };
    for (const server of this.#members.ids) {
      const link = server === self ? undefined : wayTo(peers.links, server);
      if (server !== self && link === undefined) continue;
      const at = link === undefined || link.server === server ? 0 : server;
      const answer =
        link === undefined
          ? this.#grant(self, { key, ...options })
          : yield* wait<ReserveAnswer>((done) => link.reserve(key, options, at, done));
      if (answer === 'unreachable' || answer.code === errorDefinitions.NO_SERVER.number) continue;
      if (!answer.granted) {
        release();
        return { refusedBy: answer.code === errorDefinitions.NAME_TAKEN.number ? 'name' : 'holder' };
      }
      granted.push({ link, at });
      sessions.push(...answer.sessions);
    }
    // What another server asked for may have ended with a link that is not seen from here.
    const lasting = granted.filter(
      ({ link, at }) => at === 0 && (link === undefined || peers.link(link.server) === link),
    );
    return { sessions: this.#oldestFirst(key, sessions), servers: lasting.length, release };
  }

  #oldestFirst(key: string, sessions: Dot[]): Dot[] {
    const account = this.#accountOf(key.slice(SESSION.length));
    const timeOf = (id: Dot): number => account?.session(id)?.time ?? 0;
    return sessions.sort((a, b) => timeOf(a) - timeOf(b) || compareDots(a, b));
  }

  /** The account's sessions attached here. One that the asker brings itself, or opened itself, is let go. */
  #attachedSessions(accountKey: string, request: ReserveOptions): Dot[] {
    const account = this.#accountOf(accountKey);
    if (account === undefined) return [];
    const staying: Dot[] = [];
    for (const client of this.#attached.of(account)) {
      const session = client.attached!.session;
      const isTheSame =
        (request.session !== undefined && sameDot(request.session, session.id)) ||
        (request.login !== undefined && sameOperation(request.login, session.operation));
      if (isTheSame) moveAway(client);
      else staying.push(session.id);
    }
    return staying;
  }

  #accountOf(key: string) {
    const id = parseDot(key);
    return id && this.#state.account(id);
  }
}

function moveAway(client: SessionHolder): void {
  client.endSession(failure('SESSION_REPLACED', 'The session goes on over another connection.'));
}

function refused(code: ErrorCode): MessageOf<'Reserved'> {
  return { granted: false, code: errorDefinitions[code].number, sessions: [] };
}
