/** Someone who uses a made world: an account, a session and a cursor, taken from server to server. */
import assert from 'node:assert/strict';

import type { ErrorCode } from '../model/errors.js';
import type { Dot, ServerId } from '../model/ids.js';
import { Vector } from '../model/vector.js';
import type { Address } from '../ports/network.js';
import type { MessageOf } from '../wire/message-types.js';
import type { AskName, Reply, ReplyTo, WireClient } from './wire-client.testing.js';

/** What a person needs of the world. */
export interface Surroundings {
  client(): WireClient;
  addressOf(server: ServerId): Address;
  /** Lets time pass until the condition holds. */
  until(what: string, condition: () => boolean): void;
}

export class Person {
  readonly world: Surroundings;
  readonly name: string;
  readonly password: string;
  client: WireClient;
  readonly #clientId: Uint8Array;
  #counter = 0;
  account: Dot | undefined;
  session: { readonly id: Dot; readonly token: Uint8Array } | undefined;

  constructor(world: Surroundings, name: string, clientId: Uint8Array, password = `password of ${name}`) {
    this.world = world;
    this.name = name;
    this.password = password;
    this.client = world.client();
    this.#clientId = clientId;
  }

  /** Goes on with another client, as one does whose connection hangs: the one before stays as it is. */
  on(client: WireClient): this {
    this.client = client;
    return this;
  }

  /** Connects to a server, in place of the one before. */
  at(server: ServerId): this {
    const welcome = this.client.connect(this.world.addressOf(server));
    this.#wait('Hello', welcome);
    assert.equal(welcome.outcome, 'done');
    return this;
  }

  /** Asks, and waits for the answer, which must not be a failure. */
  ask<N extends AskName>(name: N, message: MessageOf<N>): ReplyTo<N> {
    const reply = this.#wait(name, this.client.request(name, message));
    if (reply.message === undefined) assert.fail(`${this.name}: ${name} failed: ${reply.outcome}`);
    return reply.message;
  }

  /** Asks, and waits for the failure. */
  askInVain<N extends AskName>(name: N, message: MessageOf<N>): ErrorCode {
    const reply = this.#wait(name, this.client.request(name, message));
    if (reply.failed === undefined) assert.fail(`${this.name}: ${name} succeeded`);
    return reply.failed;
  }

  nextOperation(): MessageOf<'OperationId'> {
    this.#counter += 1;
    return { client: this.#clientId, counter: this.#counter };
  }

  creation(password = this.password): MessageOf<'CreateAccount'> {
    return { name: this.name, password, operation: this.nextOperation() };
  }

  create(): ReplyTo<'CreateAccount'> {
    return this.ask('CreateAccount', this.creation());
  }

  loginRequest(takeOver = false): MessageOf<'Login'> {
    return { name: this.name, password: this.password, operation: this.nextOperation(), takeOver };
  }

  login(request = this.loginRequest()): ReplyTo<'Login'> {
    const answer = this.ask('Login', request);
    this.account = answer.account;
    this.session = { id: answer.session, token: answer.token };
    return answer;
  }

  resumption(): MessageOf<'Resume'> {
    assert.ok(this.account !== undefined && this.session !== undefined, 'a session was opened');
    return { account: this.account, session: this.session.id, token: this.session.token, latestTime: 0 };
  }

  resume(): void {
    this.ask('Resume', this.resumption());
  }

  sending(to: string, text: string): MessageOf<'Send'> {
    this.#counter += 1;
    return { to, text, counter: this.#counter };
  }

  send(to: string, text: string): ReplyTo<'Send'> {
    return this.ask('Send', this.sending(to, text));
  }

  /** The vector of what was pushed to this person, on any connection. */
  get cursor(): Vector {
    return new Vector(this.client.delivered.map(({ message }) => message.id));
  }

  get texts(): string[] {
    return this.client.delivered.map(({ message }) => message.text);
  }

  /** The texts among them that were marked as late. */
  get lateTexts(): string[] {
    return this.client.delivered.filter(({ message }) => message.late).map(({ message }) => message.text);
  }

  /** Begins the stream at the cursor, and waits until what is stored has come. */
  receive(credit = 1000): void {
    const lives = this.client.lives;
    this.ask('Receive', { cursor: this.cursor.entries(), credit });
    this.world.until(`${this.name} has received what is stored`, () => this.client.lives > lives);
  }

  history(other: string): string[] {
    const { messages } = this.ask('ReadHistory', { with: other, beforeTime: 0, limit: 0 });
    return messages.map(({ text }) => text).toReversed();
  }

  /** The texts of the conversation that are marked as late. */
  lateHistory(other: string): string[] {
    const { messages } = this.ask('ReadHistory', { with: other, beforeTime: 0, limit: 0 });
    return messages
      .filter(({ late }) => late)
      .map(({ text }) => text)
      .toReversed();
  }

  #wait<N extends AskName>(name: N, reply: Reply<N>): Reply<N> {
    this.world.until(`${this.name} has an answer to ${name}`, () => reply.isThere);
    return reply;
  }
}
