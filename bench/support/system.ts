/** A system that is measured: three nodes of it on loopback, with people who write to each other. */
import type { PersonMaker } from './person.js';

export interface System {
  /** As it stands in tables and charts. */
  readonly name: string;
  /** One sentence: what is on which disks when it acknowledges, and what that takes. */
  readonly durability: string;
  /** The processes of its nodes, while it runs. */
  readonly pids: readonly number[];
  readonly makePerson: PersonMaker;
  /** Starts three nodes with empty data directories and waits until they work together. */
  start(): Promise<void>;
  /** Between two measurements, with nobody connected: finishes what it does behind, and drops what is not needed any more. */
  settle(): Promise<void>;
  /** Ends what was started and removes its data; also after a start that failed. */
  stop(): Promise<void>;
}
