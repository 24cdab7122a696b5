/**
 * The connection of an operator's command, from the moment that it has proved to hold the group's key: its requests, and
 * their answers. Nothing of it is open to clients.
 */
import type { Outcome } from '../chat/steps.js';
import { failure, type Failure } from '../model/errors.js';
import { decode } from '../wire/codec.js';
import { FLAG_IGNORABLE, messageNameOfType, PUSH, type Frame } from '../wire/frame.js';
import type { FrameName, MessageOf } from '../wire/message-types.js';
import type { Connection } from './connection.js';
import type { MembersSettled } from './member-changes.js';

/** What an operator may ask of a server. */
export interface OperatorServices {
  /** Moves the clients to other servers; `done` once that is over, and then the server stops. */
  drain(done: (outcome: Outcome<MessageOf<'Drained'>>) => void): void;
  /** Reads all of the log through and mends what is damaged. */
  verify(progress: (bytes: number, ofBytes: number) => void, done: (verified: MessageOf<'Verified'>) => void): void;
  addMember(request: MessageOf<'AddMember'>, done: (settled: MembersSettled) => void): void;
  removeMember(request: MessageOf<'RemoveMember'>, done: (settled: MembersSettled) => void): void;
}

export class OperatorConnection {
  readonly #services: OperatorServices;

  constructor(
    readonly connection: Connection,
    services: OperatorServices,
  ) {
    this.#services = services;
  }

  /** Handles one frame. Returns what was wrong with it. @throws WireFault where a body cannot be read. */
  received({ type, flags, correlation, body }: Frame): Failure | undefined {
    const name = messageNameOfType(type);
    if (name === undefined) return (flags & FLAG_IGNORABLE) === 0 ? failure('UNKNOWN_TYPE') : undefined;
    // Who dialled sends its proof last, and may follow it with requests at once.
    if (correlation === PUSH) return failure('OUT_OF_ORDER', 'A request has a correlation id that is not 0.');
    switch (name) {
      case 'Ping':
        decode(name, body);
        this.connection.send('Pong', {}, correlation);
        return undefined;
      case 'Verify':
        decode(name, body);
        this.#services.verify(
          (bytes, ofBytes) => this.connection.send('Verifying', { bytes, ofBytes }, correlation),
          (verified) => this.connection.send('Verified', verified, correlation),
        );
        return undefined;
      case 'Drain':
        decode(name, body);
        this.#services.drain((outcome) => this.#answer('Drained', outcome, correlation));
        return undefined;
      case 'AddMember':
        this.#services.addMember(decode(name, body.slice()), (settled) =>
          this.#answer('MembersSettled', settled, correlation),
        );
        return undefined;
      case 'RemoveMember':
        this.#services.removeMember(decode(name, body), (settled) =>
          this.#answer('MembersSettled', settled, correlation),
        );
        return undefined;
      default:
        return failure('OUT_OF_ORDER');
    }
  }

  #answer<N extends FrameName>(name: N, outcome: Outcome<MessageOf<N>>, correlation: number): void {
    if (outcome.state === 'done') this.connection.send(name, outcome.value, correlation);
    else this.connection.fail(outcome.failure, correlation);
  }
}
