/** What a test and the process with its clients say to each other. */
import type { PairRecord } from '#src/apps/drill/check.js';
import type { ClientConfig } from '#src/library/node.js';
import type { Contest, ContestEnd } from './rivals.js';

export type ToPeople =
  | { readonly name: 'start'; readonly config: ClientConfig; readonly clients: number }
  | { readonly name: 'settle' }
  /** Two people make an account of this name at the same time, and log in to one other, each on one of the servers. */
  | { readonly name: 'prepare'; readonly contest: string }
  | { readonly name: 'compete'; readonly contest: string; readonly servers: readonly number[] }
  /** What has become of it, once all servers have the same state. */
  | { readonly name: 'judge'; readonly contest: string }
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
  | ({ readonly name: 'competed' } & Contest)
  | ({ readonly name: 'judged' } & ContestEnd)
  | { readonly name: 'failed'; readonly reason: string }
  | Finished;
