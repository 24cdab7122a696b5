/**
 * Groups of servers that hold many messages from the start: the log of one is made (see made-log.ts), a server builds the
 * rest of its data from that, and the others get copies.
 */
import { constants, existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { makePlace, ServerGroup } from '../../test/support/server-group.js';
import { endedWith } from './ended-with.js';
import { lagOpsOf } from './group.js';
import { makeLog, type MadeAccount, type MadeLog, type MadeLogOptions } from './made-log.js';

const POLL_MS = 50;
/** What says whose data it is, and is not copied to another. */
const ownFiles = /^server\./;

/** Data of a server, ready to be copied. It is read only. */
export interface Store extends MadeLog {
  readonly directory: string;
  readonly messages: number;
  /** How long it took until a server had built all that it keeps beside the log. */
  readonly builtInSeconds: number;
}

/**
 * Makes the data and does the work; removes the data also where the work fails or is interrupted. With `kept`, a directory,
 * the data is made there and stays, and is used again where it is there already.
 */
export async function withStore(
  options: Omit<MadeLogOptions, 'directory'>,
  kept: string,
  work: (store: Store) => Promise<void>,
): Promise<void> {
  const parent = kept === '' ? await mkdtemp(join(tmpdir(), 'holdfast-store-')) : resolve(kept);
  await endedWith(
    async () => {
      if (kept === '') await rm(parent, { recursive: true, force: true });
    },
    async () => {
      const { messages, accounts } = options;
      const directory = join(parent, `${messages}-messages-${accounts}-accounts`);
      const made = await makeOrRead(options, directory);
      const startedMs = performance.now();
      await buildDatabases(directory);
      const builtInSeconds = (performance.now() - startedMs) / 1000;
      await work({ ...made, directory, messages, builtInSeconds });
    },
  );
}

async function makeOrRead(options: Omit<MadeLogOptions, 'directory'>, directory: string): Promise<MadeLog> {
  const factsFile = `${directory}.json`;
  // It is written last, so that a log that was made only in part is not taken for one.
  if (!existsSync(factsFile)) {
    await rm(directory, { recursive: true, force: true });
    const { accounts, ...facts } = await makeLog({ ...options, directory: join(directory, 'log') });
    const people = accounts.map((person) => ({ ...person, token: Buffer.from(person.token).toString('hex') }));
    await writeFile(factsFile, JSON.stringify({ ...facts, accounts: people }));
  }
  const { accounts, ...facts } = JSON.parse(await readFile(factsFile, 'utf8')) as KeptFacts;
  const people = accounts.map((person) => ({ ...person, token: Uint8Array.from(Buffer.from(person.token, 'hex')) }));
  return { ...facts, accounts: people };
}

type KeptFacts = Omit<MadeLog, 'accounts'> & {
  readonly accounts: readonly (Omit<MadeAccount, 'token'> & { readonly token: string })[];
};

/** Has a server run on the data until all that it keeps beside the log is current; gives how many ops it holds. */
async function buildDatabases(directory: string): Promise<number> {
  const group = new ServerGroup(await makePlace({ servers: 1 }));
  return endedWith(
    () => group.end(),
    async () => {
      await symlink(directory, group.dataDirectory(1));
      await group.start(1);
      await untilCurrent(group, 1);
      const [status] = await group.status(1);
      await group.stop(1);
      for (const name of await readdir(directory)) if (ownFiles.test(name)) await rm(join(directory, name));
      return status!.ops;
    },
  );
}

export interface MadeGroupOptions {
  readonly servers?: number;
  readonly nodeFlags?: readonly string[];
  /** Which servers get the data; all if left out. */
  readonly holders?: readonly number[];
}

/** A group whose servers hold the store's data and are not running yet; does the work and ends it. */
export async function withMadeGroup(
  store: Store,
  { servers = 3, nodeFlags = [], holders }: MadeGroupOptions,
  work: (group: ServerGroup) => Promise<void>,
): Promise<void> {
  const group = new ServerGroup(await makePlace({ servers, nodeFlags }));
  await endedWith(
    () => group.end(),
    async () => {
      for (const id of holders ?? group.ids) await copy(store.directory, group.dataDirectory(id));
      await work(group);
    },
  );
}

function copy(from: string, to: string): Promise<void> {
  return cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

/** Waits until the databases of views and of search of the server have everything. */
export async function untilCurrent(group: ServerGroup, id: number): Promise<void> {
  for (;;) {
    const [status] = await group.status(id);
    if (lagOpsOf(status!) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * Copies the data without the last segments of the log, so that at least so many messages are lacking, and builds the rest
 * anew; gives how many ops are left.
 */
export async function copyCut(store: Store, directory: string, lacking: number): Promise<number> {
  await copy(store.directory, directory);
  const log = join(directory, 'log');
  const bytesEach = store.bytes / store.messages;
  let cutBytes = 0;
  for (const file of (await readdir(log)).toSorted().toReversed()) {
    if (cutBytes / bytesEach >= lacking) break;
    cutBytes += (await stat(join(log, file))).size;
    await rm(join(log, file));
  }
  for (const name of await readdir(directory)) if (name !== 'log') await rm(join(directory, name), { recursive: true });
  return buildDatabases(directory);
}
