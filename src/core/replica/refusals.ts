/**
 * What was said when two servers met and no link came of it: told to operators once until there is a link, since servers
 * meet several times a second. A few reasons at most: who has no key can pose as a server, and say anything.
 */
import { failure, type Failure } from '../model/errors.js';
import type { ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Members } from './members.js';
import type { Reporter } from './reporter.js';

export class Refusals {
  readonly #members: Members;
  readonly #reporter: Reporter;
  readonly #reasonByServer = new Map<ServerId, string>();
  /** Those that were logged since there was a link. */
  readonly #loggedByServer = new Map<ServerId, Set<string>>();
  /** Servers that proved themselves and said that this one is not a member. */
  readonly #strangerTo = new Set<ServerId>();
  /** Servers that proved themselves and are not members. */
  readonly #strangers = new Set<ServerId>();

  constructor({ members, reporter }: { readonly members: Members; readonly reporter: Reporter }) {
    this.#members = members;
    this.#reporter = reporter;
    members.onChange(() => this.#membersChanged());
  }

  /** Some server that proved itself has said that this one is not a member. */
  get isStranger(): boolean {
    return this.#strangerTo.size > 0;
  }

  /** Why there is no link to the server although the two met; empty where there is no such reason. */
  reasonOf(server: ServerId): string {
    return this.#reasonByServer.get(server) ?? '';
  }

  /** No link came of a meeting with what may be this member. */
  refused(server: ServerId, reason: string): void {
    this.#reasonByServer.set(server, reason);
    const logged = this.#loggedByServer.get(server) ?? new Set();
    if (logged.has(reason) || logged.size === limits.refusalsLoggedMax) return;
    this.#loggedByServer.set(server, logged.add(reason));
    this.#reporter.report('error', 'A server is reached and there is no link to it.', { server, reason });
  }

  calledStrangerBy(server: ServerId): void {
    this.#strangerTo.add(server);
  }

  /** A server that is not a member proved itself. Returns what it is told. */
  meetStranger(server: ServerId): Failure {
    if (!this.#strangers.has(server)) {
      this.#strangers.add(server);
      this.#reporter.report('warning', 'A server that is not a member wants to link.', { server });
    }
    return failure(
      'MEMBER_NOT_FOUND',
      `Server ${this.#members.self} knows of no server ${server} in its group. Add it with \`holdfast server add\`.`,
    );
  }

  linked(server: ServerId): void {
    this.#reasonByServer.delete(server);
    this.#loggedByServer.delete(server);
    this.#strangerTo.delete(server);
  }

  #membersChanged(): void {
    this.#strangers.clear();
    for (const server of this.#reasonByServer.keys()) {
      if (this.#members.has(server)) continue;
      this.#reasonByServer.delete(server);
      this.#loggedByServer.delete(server);
    }
  }
}
