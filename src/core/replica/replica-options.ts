/** What a replica is made of: what it is to be, its ports, and what it tells whoever runs it. */
import type { Config } from '../model/config.js';
import type { ServerId } from '../model/ids.js';
import type { Clock } from '../ports/clock.js';
import type { Crypto } from '../ports/crypto.js';
import type { Disk, DiskFailure } from '../ports/disk.js';
import type { Network } from '../ports/network.js';
import type { Passwords } from '../ports/passwords.js';
import type { View, ViewSnapshot } from '../ports/view.js';
import type { Left } from './leaving.js';
import type { Reporter } from './reporter.js';
import type { OpenSearch } from './search-feed.js';

export interface ReplicaOptions {
  readonly config: Config;
  readonly self: ServerId;
  /** The key of the group; empty where the config names none. */
  readonly groupKey: Uint8Array;
  /** Name and version, as shown to others. */
  readonly software: string;
  readonly disk: Disk;
  /** How much of the disk is never filled with ops; undefined for the usual. */
  readonly diskReserveBytes?: number | undefined;
  readonly view: View;
  /** What the view database held when it was opened, and of which log. */
  readonly saved: (ViewSnapshot & { readonly logId: number }) | undefined;
  /** Called before anything is committed where what was saved is not of this log: the view begins anew. */
  readonly resetView: (logId: number) => void;
  /** The search index; undefined where it could not be opened, and then nothing can be searched for now. */
  readonly search: OpenSearch | undefined;
  readonly newLogId: number;
  /** For simulations, which need many segments; undefined for the usual. */
  readonly segmentBytes?: number | undefined;
  readonly network: Network;
  /**
   * Calls back, once and later, when all events that had come together from the ports were handed over: a turn lasts until
   * then. Undefined where events come one by one.
   */
  readonly whenHandedOver?: ((end: () => void) => void) | undefined;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly passwords: Passwords;
  readonly reporter: Reporter;
  readonly events: {
    /** Clients are served from now on. */
    opened(): void;
    /** An operator had the clients moved elsewhere: the process is to stop. */
    drained(): void;
    /** The disk has failed: the process must stop. */
    failed(failed: DiskFailure): void;
    /** The group has removed this server, and it has nothing more to do: the process is to stop. */
    removed(left: Left): void;
  };
}
