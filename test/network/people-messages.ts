/** What a test and the process with its clients say to each other. */
import type { PairRecord } from '#src/apps/drill/check.js';
import type { ClientConfig } from '#src/library/node.js';

export type ToPeople =
  | { readonly name: 'start'; readonly config: ClientConfig; readonly clients: number }
  | { readonly name: 'settle' }
  | { readonly name: 'finish' };

export interface Finished {
  readonly name: 'finished';
  readonly pairs: readonly PairRecord[];
  readonly troubles: readonly string[];
  readonly hasSettled: boolean;
  readonly statesEqual: boolean;
}

export type FromPeople =
  | { readonly name: 'done' }
  | { readonly name: 'acked'; readonly count: number }
  | { readonly name: 'settled'; readonly hasSettled: boolean }
  | { readonly name: 'failed'; readonly reason: string }
  | Finished;
