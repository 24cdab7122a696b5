/** Dates and times as people write them, in the time zone of this machine. */
import type { CivilTime } from '../core/model/search-query.js';

/** Milliseconds since 1970; undefined where the calendar has no such day or the day no such time. */
export function localTimeMs({
  year,
  month,
  day,
  hour,
  minute,
  second,
  millisecond,
  isUtc,
}: CivilTime): number | undefined {
  const parts = [year, month - 1, day, hour, minute, second, millisecond] as const;
  // Both carry what is too large over to the next part, and a time that a clock change left out is moved.
  const isInCalendar = sameDay(new Date(Date.UTC(...parts)), parts);
  if (!isInCalendar) return undefined;
  return isUtc ? Date.UTC(...parts) : new Date(...parts).getTime();
}

function sameDay(date: Date, parts: readonly [number, number, number, number, number, number, number]): boolean {
  const [year, month, day, hour, minute, second] = parts;
  const is = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const isOfDay = is[0] === year && is[1] === month && is[2] === day;
  return isOfDay && hour < 24 && minute < 60 && second < 60;
}
