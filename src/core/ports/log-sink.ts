/**
 * What reads the log behind the state, at its own pace: an index of it that can be built again from the log. It keeps how
 * far it has come together with what it holds, so a crash that takes the last of both leaves them agreeing.
 */
import type { Dot } from '../model/ids.js';
import type { Position } from '../model/position.js';
import type { LogChunk } from '../model/record.js';

/** The last record of an origin that was read, with its checksum. */
export interface LogHead extends Dot {
  readonly checksum: number;
}

/** A stretch of the log: what begins before `end`. */
export interface LogRange {
  readonly start: Position;
  readonly end: Position;
}

/** Where the reading goes on. */
export interface ReadTo {
  readonly position: Position;
  /** Damaged stretches before it that were passed over, to be read once they are mended. */
  readonly passedOver: readonly LogRange[];
}

export interface IndexedTo extends ReadTo {
  /** Of each origin, the last record that counts as read. */
  readonly heads: readonly LogHead[];
}

/** Of a log of which nothing has been read. */
export const nothingIndexed: IndexedTo = { position: 0, passedOver: [], heads: [] };

export interface LogSink {
  /**
   * Takes in whole records as they stand in the log. The bytes are the caller's again when the call returns. `done` is
   * called once questions asked from then on see the records, in the order of the calls and never before the call returns,
   * with the heads that the sink has then: it counts as read what continues these, and what they cover it takes in as met
   * again.
   */
  index(chunk: LogChunk, to: ReadTo, done: (heads: readonly LogHead[]) => void): void;
  /**
   * Counts as read what these heads cover and reads on at `to`: part of it cannot be had. What of it comes later is
   * taken in then.
   */
  passOver(heads: readonly LogHead[], to: ReadTo): void;
}
