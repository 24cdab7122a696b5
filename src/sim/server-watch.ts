/** What can be seen of a made server from outside, and the effects at which it can be made to crash. */
import type { ConnectionId } from '../core/ports/network.js';
import type { WriteKind } from './disk.js';

export interface Report {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Where an effect stands when a crash comes: a disk write was asked for; is on the medium, but not told; was told, and
 * what follows from it is done; or something was given to the network, perhaps while a write is under way.
 */
export type Boundary = 'asked' | 'written' | 'told' | 'sent' | 'sentUnsynced';

/** Who looks on from outside. */
export interface ServerWatch {
  /** A write was confirmed by the disk. */
  written(file: string, bytes: Uint8Array, kind: WriteKind): void;
  /** The disk has changed in another way: a crash, a fault, a new disk. */
  diskChanged(cause: 'fault' | 'start'): void;
  reported(report: Report): void;
  /** The process ended, whatever the reason. */
  crashed(because: string): void;
  started(): void;
  opened(): void;
  /** It gave bytes to the network. */
  sent(connection: ConnectionId, bytes: Uint8Array): void;
}

/** Looks at nothing. */
export const nobody: ServerWatch = {
  written: () => undefined,
  diskChanged: () => undefined,
  reported: () => undefined,
  crashed: () => undefined,
  started: () => undefined,
  opened: () => undefined,
  sent: () => undefined,
};

export const describeBoundary: { readonly [boundary in Boundary]: string } = {
  asked: 'when it had asked for a disk write',
  written: 'when a disk write was done and it did not know',
  told: 'when it had heard of a disk write and done what follows',
  sent: 'when it had sent something',
  sentUnsynced: 'when it had sent something, and its disk was still writing',
};
