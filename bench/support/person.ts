/** Someone who is logged in and sends and receives: over frames alone, or over the client library. */

export interface PersonEvents {
  /** The send of this number was acknowledged. */
  acked(number: number): void;
  received(from: string, text: string): void;
  failed(reason: string): void;
}

export interface Person {
  /** Numbers rise by one from 1. What is sent in one turn of the event loop leaves together. */
  send(to: string, text: string, number: number): void;
  close(): Promise<void>;
}

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Connects and logs in; makes the account where it is not there. Calls back on the events from then on. */
export type PersonMaker = (server: Place, name: string, events: PersonEvents) => Promise<Person>;

export const PASSWORD = 'correct horse battery staple';
