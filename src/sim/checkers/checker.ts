/**
 * What a checker is: one invariant, watched from outside. It is told of what disks hold, what servers report and what
 * people were told and shown, and answers with a sentence where that breaks the invariant. It never asks the code that it
 * checks what would be right.
 */
import type { ServerId } from '../../core/model/ids.js';
import type { ConnectionId } from '../../core/ports/network.js';
import type { Device, ReceivedMessage, Telling } from '../device.js';
import type { KnownOp, Ledger } from '../ledger.js';
import type { RunOptions } from '../options.js';
import type { MadeServer } from '../server.js';
import type { Report } from '../server-watch.js';
import type { World } from '../world.js';

/** Where a run happens, as checkers see it. */
export interface Scene {
  readonly options: RunOptions;
  readonly world: World;
  readonly ledger: Ledger;
  readonly devices: readonly Device[];
  /** Since when nothing is out of order: all servers run and wait for each other. Undefined where something is. */
  readonly calmSinceMs: number | undefined;
  /** What each device was given of its conversations at the end: texts, latest first. */
  readonly histories: readonly History[];
}

export interface History {
  readonly device: Device;
  readonly with: string;
  readonly texts: readonly string[];
}

/** A sentence that says how the invariant is broken. */
export type Breach = string | undefined;

export interface Checker {
  readonly name: string;
  /** A disk confirmed a record. */
  stored?(server: MadeServer, op: KnownOp): Breach;
  /** A disk is not what it was: a crash, a fault, a new disk. */
  diskChanged?(server: ServerId): Breach;
  started?(server: MadeServer): Breach;
  /** It serves clients from now on. */
  opened?(server: MadeServer): Breach;
  sent?(server: MadeServer, connection: ConnectionId, bytes: Uint8Array): Breach;
  reported?(server: MadeServer, report: Report): Breach;
  told?(telling: Telling): Breach;
  seen?(device: Device, received: ReceivedMessage): Breach;
  /** Some time has passed. */
  sampled?(): Breach;
  /** Trouble is over, and all that had to come has come. */
  ended?(): Breach;
}

export type MakeChecker = (scene: Scene) => Checker;
