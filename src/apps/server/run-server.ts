/**
 * Runs one server of the group in this process: chooses the implementations of the ports, listens, and lives until it is
 * told to stop or its disk fails.
 */
import { join, resolve } from 'node:path';

import { peerAddress, type Config, type ConfigServer } from '../../core/model/config.js';
import type { ErrorClass } from '../../core/model/errors.js';
import type { ServerId } from '../../core/model/ids.js';
import { limits } from '../../core/model/limits.js';
import type { DiskFailure } from '../../core/ports/disk.js';
import type { Address, NetworkEvents } from '../../core/ports/network.js';
import type { Left } from '../../core/replica/leaving.js';
import { Replica } from '../../core/replica/replica.js';
import type { Reporter } from '../../core/replica/reporter.js';
import { LogTooNew } from '../../core/store/log.js';
import { nodeClock } from '../../io/node/clock.js';
import { nodeCrypto } from '../../io/node/crypto.js';
import { DataDirectory, type DataDirectoryOpening } from '../../io/node/data-directory.js';
import { descriptorsMax } from '../../io/node/descriptors.js';
import { isDiskFull } from '../../io/node/disk-full.js';
import { NodeDisk } from '../../io/node/disk.js';
import type { ListenResult } from '../../io/node/listener.js';
import { makeDurableDirectory } from '../../io/node/make-directory.js';
import { NodeNetwork } from '../../io/node/network.js';
import { NodePasswords } from '../../io/node/passwords.js';
import { openView, type OpenedView } from '../../io/node/view.js';
import { refusalReport, roomAt } from './connection-room.js';
import { ServerSearch } from './server-search.js';

export interface ServerOptions {
  readonly config: Config;
  readonly self: ServerId;
  readonly groupKey: Uint8Array | undefined;
  readonly dataDirectory: string;
  /** Room on the disk that is never filled with messages; undefined for the usual. */
  readonly diskReserveBytes?: number | undefined;
  /** Name and version, as shown to others. */
  readonly software: string;
  readonly reporter: Reporter;
  /** Clients are served from now on. */
  readonly started: () => void;
  /** Ends the server in order: its clients are moved to other servers first, which takes moments. */
  readonly drain: AbortSignal;
  /** Ends the server: it sends its clients elsewhere and leaves everything durable. */
  readonly signal: AbortSignal;
}

/** How a server came to its end. The reason is a sentence or two that say what to do. */
export type ServerEnd =
  | { readonly state: 'stopped' }
  | { readonly state: 'notStarted' | 'failed'; readonly errorClass: ErrorClass; readonly reason: string };

/** Resolves when the server has ended. */
export async function runServer(options: ServerOptions): Promise<ServerEnd> {
  const { config, self, reporter, signal, drain } = options;
  const address = config.servers.find((server) => server.id === self);
  if (address === undefined) return notStarted('usage', `The config has no server with id ${self}.`);
  const openFilesMax = descriptorsMax();
  if (openFilesMax !== undefined && openFilesMax < limits.descriptorsMin) {
    return notStarted('unavailable', whyTooFewFiles(openFilesMax));
  }

  // Binding comes first, so that one that is started twice says so.
  const door = new Door();
  const network = new NodeNetwork(door.events);
  door.network = network;
  for (const { address: own, connectionsMax } of roomAt(addressesOf(address), openFilesMax)) {
    const facts = { host: own.host, port: own.port, connectionsMax, openFilesMax };
    const refused = refusalReport(reporter, nodeClock, facts);
    const listening = await network.listen(own, { connectionsMax, refused });
    if (listening.state === 'listening') continue;
    await network.stop();
    return notStarted('unavailable', whyNotListening(listening, own));
  }

  const end = new Ending(signal);
  // What has no clients yet has none to move.
  let stopInOrder = (): void => end.come({ state: 'stopped' });
  if (drain.aborted) stopInOrder();
  else drain.addEventListener('abort', () => stopInOrder());
  const data = await openData(options, end);
  const running = data === undefined || end.hasCome ? undefined : start(options, data, network, end);
  door.owner = running?.events;
  if (running !== undefined) stopInOrder = () => running.drain();
  const ended = await end.promise;
  if (ended.state === 'stopped') reporter.report('info', 'Stopping.');
  running?.stop();
  await network.stop();
  await data?.view.close();
  await data?.search.close();
  if (ended.state === 'stopped') reporter.report('info', 'Stopped.');
  return ended;
}

/** Where the server listens: for everyone, and for the other servers where that differs. */
function addressesOf(server: ConfigServer): readonly [Address, Address?] {
  const peer = peerAddress(server);
  return peer.host === server.host && peer.port === server.port ? [server] : [server, peer];
}

interface Data extends OpenedView {
  readonly search: ServerSearch;
  readonly directory: DataDirectory;
  readonly logDirectory: string;
}

/** Undefined where there is nothing to serve from; then the end has come. */
async function openData(options: ServerOptions, end: Ending): Promise<Data | undefined> {
  const { config, self, dataDirectory, reporter } = options;
  const opening = DataDirectory.open(dataDirectory, { group: config.group, server: self });
  if (opening.state !== 'open') {
    end.come(whyNotOpen(opening, dataDirectory));
    return undefined;
  }
  const { directory } = opening;
  // A write may still be under way when the server has ended, so only the end of the process ends the lock.
  process.once('exit', () => directory.release());
  const logDirectory = join(dataDirectory, 'log');
  try {
    makeDurableDirectory(logDirectory);
    const opened = await openView({
      directory: dataDirectory,
      logDirectory,
      onFailure: (error) => {
        if (isDiskFull(error)) end.fail(whyNotWritten({ state: 'full' }, dataDirectory), 'unavailable');
        else end.fail(`The view database failed: ${error.message}`);
      },
      onReport: (report) => reporter.report('warning', 'The view database reports.', { ...report }),
    });
    const search = await ServerSearch.open(options);
    const news = directory.isNew
      ? 'The data directory is new: this server holds nothing yet.'
      : 'Opened the data directory.';
    reporter.report('info', news, { directory: resolve(dataDirectory) });
    return { ...opened, search, directory, logDirectory };
  } catch (error) {
    end.come(
      isDiskFull(error)
        ? noRoomToStart(dataDirectory)
        : notStarted('unavailable', `The data directory ${dataDirectory} cannot be used: ${(error as Error).message}`),
    );
    return undefined;
  }
}

interface Running {
  readonly events: NetworkEvents;
  /** Moves the clients elsewhere; then the end comes. */
  drain(): void;
  stop(): void;
}

/** Undefined where the log cannot be opened; then the end has come. */
function start(options: ServerOptions, data: Data, network: NodeNetwork, end: Ending): Running | undefined {
  const { view, snapshot, search, logDirectory } = data;
  let disk: NodeDisk;
  let replica: Replica;
  try {
    disk = new NodeDisk(logDirectory);
    replica = new Replica({
      config: options.config,
      self: options.self,
      groupKey: options.groupKey ?? new Uint8Array(0),
      software: options.software,
      disk,
      diskReserveBytes: options.diskReserveBytes,
      view,
      saved: snapshot,
      resetView: (logId) => view.reset(logId),
      search: search.port,
      newLogId: randomLogId(),
      network,
      // The loop runs these when it has handed over all input that had arrived.
      whenHandedOver: (end) => {
        setImmediate(() => {
          end();
          network.flush();
        });
      },
      clock: nodeClock,
      crypto: nodeCrypto,
      passwords: new NodePasswords(),
      reporter: options.reporter,
      events: {
        opened: options.started,
        drained: () => end.come({ state: 'stopped' }),
        failed: (failed) => end.fail(whyNotWritten(failed, logDirectory), 'unavailable'),
        removed: (left) => end.come(endOfRemoved(left, options)),
      },
    });
  } catch (error) {
    end.come(whyNoLog(error, logDirectory));
    return undefined;
  }
  search.whenChanged((opened) => replica.useSearch(opened));
  const ticking = setInterval(() => replica.tick(), limits.tickMs);
  const checking = setInterval(
    () => void checkFiles(data.directory, disk, options.dataDirectory, end),
    limits.filesCheckMs,
  );
  const stop = (): void => {
    clearInterval(ticking);
    clearInterval(checking);
    replica.stop();
  };
  const drain = (): void => {
    replica.drain(() => end.come({ state: 'stopped' }));
  };
  return { events: replica.network, drain, stop };
}

/** A server whose files were removed would go on saying that messages are stored, and lose them when it ends. */
async function checkFiles(directory: DataDirectory, disk: NodeDisk, path: string, end: Ending): Promise<void> {
  const isInPlace = await directory.isInPlace();
  const lost = isInPlace ? await disk.lostFile() : undefined;
  if (isInPlace && lost === undefined) return;
  const what = lost === undefined ? `The data directory ${path} was` : `The file ${lost} of the log in ${path} was`;
  end.fail(
    `${what} removed or replaced while the server ran. Start the server again: it fetches from the others what they hold.`,
  );
}

/** The end of a server, which comes once: the first to come counts. */
class Ending {
  hasCome = false;
  readonly promise: Promise<ServerEnd>;
  #resolve!: (end: ServerEnd) => void;

  constructor(signal: AbortSignal) {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (signal.aborted) this.come({ state: 'stopped' });
    else signal.addEventListener('abort', () => this.come({ state: 'stopped' }));
  }

  come(end: ServerEnd): void {
    this.hasCome = true;
    this.#resolve(end);
  }

  fail(reason: string, errorClass: ErrorClass = 'internal'): void {
    this.come({ state: 'failed', errorClass, reason });
  }
}

function endOfRemoved(left: Left, { self, dataDirectory }: ServerOptions): ServerEnd {
  const removed = `Server ${self} was removed from the group.`;
  const reason =
    left === 'handedOver'
      ? `${removed} The others hold what it held; its data directory ${dataDirectory} may be deleted.`
      : `${removed} It could not hand over what it held to all others: keep ${dataDirectory} and start it once more when they can be reached.`;
  return { state: 'failed', errorClass: 'auth', reason };
}

function notStarted(errorClass: ErrorClass, reason: string): ServerEnd {
  return { state: 'notStarted', errorClass, reason };
}

/** Stands between the network and the replica that will own it. Who comes before there is one is sent away at once. */
class Door {
  network: NodeNetwork | undefined;
  owner: NetworkEvents | undefined;
  readonly events: NetworkEvents = {
    opened: (id, ...how) => (this.owner === undefined ? this.network?.close(id) : this.owner.opened(id, ...how)),
    received: (id, bytes) => this.owner?.received(id, bytes),
    drained: (id) => this.owner?.drained(id),
    closed: (id) => this.owner?.closed(id),
  };
}

function whyTooFewFiles(openFilesMax: number): string {
  return `This process may have ${openFilesMax} files and connections open, and a server needs ${limits.descriptorsMin} at least. Raise the limit (ulimit -n, or LimitNOFILE of systemd).`;
}

function whyNotListening(result: Exclude<ListenResult, { state: 'listening' }>, { host, port }: Address): string {
  if (result.state === 'failed') return `Listening on ${host}, port ${port}, failed: ${result.reason}.`;
  return {
    addressInUse: `Port ${port} on ${host} is in use. Is this server running already?`,
    addressUnknown: `${host} is not an address of this machine. A server listens on the host that the config gives for it.`,
    notPermitted: `Listening on port ${port} is not permitted to this user. Ports from 1024 on are.`,
  }[result.state];
}

function whyNotOpen(opening: Exclude<DataDirectoryOpening, { state: 'open' }>, path: string): ServerEnd {
  switch (opening.state) {
    case 'inUse':
      return notStarted(
        'unavailable',
        `The data directory ${path} is used by another server. Each needs its own (--data).`,
      );
    case 'ofAnother': {
      const { group, server } = opening.owner;
      return notStarted(
        'usage',
        `The data directory ${path} is that of server ${server} of the group "${group}". Give another with --data.`,
      );
    }
    case 'ownerUnreadable':
      return notStarted('usage', `${opening.file} is damaged. If ${path} is this server's, remove that file.`);
    case 'full':
      return noRoomToStart(path);
    case 'unusable':
      break;
  }
  return notStarted('usage', `The data directory ${path} ${opening.reason}. Give another with --data.`);
}

function noRoomToStart(path: string): ServerEnd {
  return notStarted('unavailable', `The disk of ${path} is full. Make room and start the server again.`);
}

function whyNotWritten(failed: DiskFailure, logDirectory: string): string {
  if (failed.state === 'full') {
    return `The disk is full, and a write to ${logDirectory} did not fit. Make room and start the server again: nothing that was acknowledged is lost.`;
  }
  return `The log in ${logDirectory} cannot be written: ${failed.reason}. Look to the disk before you start the server again; the others serve meanwhile.`;
}

/** Rethrows what is a mistake of the program. */
function whyNoLog(error: unknown, logDirectory: string): ServerEnd {
  if (isDiskFull(error)) return noRoomToStart(logDirectory);
  if (error instanceof LogTooNew) return notStarted('usage', error.message);
  if (error instanceof Error && 'syscall' in error) {
    return notStarted('unavailable', `The log in ${logDirectory} cannot be opened: ${error.message}.`);
  }
  throw error;
}

function randomLogId(): number {
  const bytes = nodeCrypto.randomBytes(6);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) * 0x10000 + (bytes[4]! << 8) + bytes[5]! + 1;
}
