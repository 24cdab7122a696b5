/** Someone who is logged in and sends and receives, on whatever system is measured. */

export interface PersonEvents {
  /** The send of this number was acknowledged. */
  readonly acked: (number: number) => void;
  readonly received: (from: string, text: string) => void;
  readonly failed: (reason: string) => void;
}

export interface Person {
  /** Numbers rise by one from 1. The text is ASCII. What is sent in one turn of the event loop leaves together. */
  send(to: string, text: string, number: number): void;
  close(): Promise<void>;
}

/**
 * Connects and logs in person `index`; makes the account, queue or whatever it takes where it is not there. Persons with
 * neighbouring indexes are at different servers. Calls back on the events from then on.
 */
export type PersonMaker = (index: number, name: string, events: PersonEvents) => Promise<Person>;

export interface Place {
  readonly host: string;
  readonly port: number;
}

export const PASSWORD = 'correct horse battery staple';
