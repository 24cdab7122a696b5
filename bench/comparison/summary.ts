/** Medians over the rounds, and ratios between systems. */
import { median } from '../support/statistics.js';
import { rows, type Figures, type RowKey } from './rows.js';

/** What reports need to know of a system. */
export interface Measurements {
  readonly name: string;
  /** By round; a round in which it failed lacks figures. */
  readonly rounds: readonly Figures[];
}

/** Rounds of a run that is written down: of fewer, one that was disturbed would be seen in the medians. */
export const FULL_ROUNDS = 5;

/** Whether each of so many systems was measured in as many rounds as a run has that is written down. */
export function isFull(systems: readonly Measurements[], count: number): boolean {
  return systems.length === count && systems.every(({ rounds }) => rounds.length >= FULL_ROUNDS);
}

/** The median over the rounds; undefined where no round has it. */
export function medianOf({ rounds }: Measurements, key: RowKey): number | undefined {
  const values = rounds.flatMap((figures) => figures[key] ?? []);
  return values.length === 0 ? undefined : median(values);
}

/**
 * How many times better than the other the first is: above 1 where its rate is higher or its time shorter. The median of the
 * ratios of each round, since the two were measured one after the other there.
 */
export function ratioOf(first: Measurements, other: Measurements, key: RowKey): number | undefined {
  const ratios = first.rounds.flatMap((figures, round) => {
    const ours = figures[key];
    const theirs = other.rounds[round]?.[key];
    if (ours === undefined || theirs === undefined) return [];
    return rows[key].better === 'more' ? ours / theirs : theirs / ours;
  });
  return ratios.length === 0 ? undefined : median(ratios);
}
