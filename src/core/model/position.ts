/**
 * Where a record stands in one server's log: segment number and byte offset in one safe integer. Positions order as
 * the log does. They mean nothing on another server.
 */
export type Position = number;

const OFFSETS = 2 ** 32;

export function positionOf(segment: number, offset: number): Position {
  return segment * OFFSETS + offset;
}

export function segmentOf(position: Position): number {
  return Math.floor(position / OFFSETS);
}

export function offsetOf(position: Position): number {
  return position % OFFSETS;
}

/** Segments are numbered from 1; the name sorts as the number does. */
export function segmentFileName(segment: number): string {
  return `${String(segment).padStart(8, '0')}.log`;
}
