/**
 * Reserving a key on every server that can be reached, one after the other in the order of their ids, this one
 * included; and granting keys to others by the same rules.
 */
import type { Grant, ReserveOptions, ServerContext } from '../chat/context.js';
import type { ChatState } from '../chat/state.js';
import { sameOperation } from '../chat/rules.js';
import { run, wait, type Steps } from '../chat/steps.js';
import { errorDefinitions, failure, type ErrorCode } from '../model/errors.js';
import { compareDots, parseDot, sameDot, type Dot, type ServerId } from '../model/ids.js';
import { Reservations } from '../replication/reservations.js';
import type { MessageOf } from '../wire/message-types.js';
import type { AttachedSessions, SessionHolder } from './attached-sessions.js';
import type { Members } from './members.js';
import type { PeerLink } from './peer-link.js';
import type { Peers } from './peers.js';

const NAME = 'name:';
const SESSION = 'session:';

export class Reserving {
  readonly #granted = new Reservations();
  readonly #members: Members;
  readonly #state: ChatState;
  readonly #attached: AttachedSessions;

  constructor(options: { readonly members: Members; readonly state: ChatState; readonly attached: AttachedSessions }) {
    this.#members = options.members;
    this.#state = options.state;
    this.#attached = options.attached;
  }

  /** Grants the key to a server, or says why not. */
  grant(holder: ServerId, request: MessageOf<'Reserve'>): MessageOf<'Reserved'> {
    const { key } = request;
    if (key.startsWith(NAME) && this.#state.names.owner(key.slice(NAME.length)) !== undefined)
      return refused('NAME_TAKEN');
    if (!this.#granted.take(key, holder)) return refused('CONTENDED');
    const sessions = key.startsWith(SESSION) ? this.#attachedSessions(key.slice(SESSION.length), request) : [];
    return { granted: true, code: 0, sessions };
  }

  release(holder: ServerId, key: string): void {
    this.#granted.release(key, holder);
  }

  /** The link to the server has gone. */
  lost(holder: ServerId): void {
    this.#granted.releaseAll(holder);
  }

  /** An account of the name exists now: whoever reserved the name has used it. */
  nameUsed(name: string): void {
    this.#granted.used(NAME + name);
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
    /** With the link that it came over, and undefined for this server: what was granted over a link ends with the link. */
    const granted: { readonly server: ServerId; readonly link: PeerLink | undefined }[] = [];
    const sessions: Dot[] = [];
    const release = (): void => {
      for (const { server, link } of granted) {
        if (server === self) this.#granted.release(key, self);
        else if (peers.link(server) === link) link?.release(key);
      }
    };
    for (const server of this.#members.ids) {
      const answer =
        server === self
          ? this.grant(self, { key, ...options })
          : yield* wait<MessageOf<'Reserved'> | 'unreachable'>((done) => peers.reserve(server, key, options, done));
      if (answer === 'unreachable') continue;
      if (!answer.granted) {
        release();
        return { refusedBy: answer.code === errorDefinitions.NAME_TAKEN.number ? 'name' : 'holder' };
      }
      granted.push({ server, link: peers.link(server) });
      sessions.push(...answer.sessions);
    }
    const servers = granted.filter(({ server, link }) => peers.link(server) === link).length;
    return { sessions: this.#oldestFirst(key, sessions), servers, release };
  }

  #oldestFirst(key: string, sessions: Dot[]): Dot[] {
    const account = this.#accountOf(key.slice(SESSION.length));
    const timeOf = (id: Dot): number => account?.session(id)?.time ?? 0;
    return sessions.sort((a, b) => timeOf(a) - timeOf(b) || compareDots(a, b));
  }

  /** The account's sessions attached here. One that the asker brings itself, or opened itself, is let go. */
  #attachedSessions(accountKey: string, request: MessageOf<'Reserve'>): Dot[] {
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
