/**
 * The servers of a drill: processes on loopback in a folder of their own, and two proxies for each link of two, since either
 * side may dial. Each server has a config of its own, in which the addresses of the others for servers are those of the
 * proxies; clients dial the servers themselves.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ConfigServer } from '../../core/model/config.js';
import type { ClientConfig } from '../../library/node.js';
import { linksOf, type Fault } from './faults.js';
import { freePorts } from './free-ports.js';
import { LinkProxy, type CutDirection } from './link-proxy.js';
import { ServerProcess } from './server-process.js';

const HOST = '127.0.0.1';

/** What a cut holds back, seen from the other side. */
const otherWayRound: Readonly<Record<CutDirection, CutDirection>> = {
  both: 'both',
  sent: 'received',
  received: 'sent',
};

export interface DrillGroupEvents {
  /** A server ended though nothing was done to it. */
  readonly died: (id: number, reason: string) => void;
}

export class DrillGroup {
  readonly folder: string;
  readonly config: ClientConfig;
  readonly #events: DrillGroupEvents;
  /** By {@link keyOf}. */
  readonly #proxyByKey: ReadonlyMap<string, LinkProxy>;
  readonly #processes = new Map<number, ServerProcess>();
  readonly #up = new Set<number>();
  readonly #killNow = (): void => {
    for (const { child } of this.#processes.values()) child.kill('SIGKILL');
  };

  private constructor(
    folder: string,
    config: ClientConfig,
    proxyByKey: ReadonlyMap<string, LinkProxy>,
    events: DrillGroupEvents,
  ) {
    this.folder = folder;
    this.config = config;
    this.#proxyByKey = proxyByKey;
    this.#events = events;
    process.on('exit', this.#killNow);
  }

  /** Makes the folder with the configs and a key that nobody else has; starts nothing. */
  static async make(ids: readonly number[], events: DrillGroupEvents): Promise<DrillGroup> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-drill-'));
    const ports = await freePorts(ids.length);
    const servers = ids.map((id, index) => ({ id, host: HOST, port: ports[index]! }));
    // Neither a client nor a server of this group can be taken for one of any other.
    const group = `drill-${randomBytes(8).toString('hex')}`;
    await writeFile(join(folder, 'group.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
    const proxyByKey = new Map<string, LinkProxy>();
    for (const { from, to } of linksOf(ids)) {
      for (const [dialler, target] of [
        [from, to],
        [to, from],
      ] as const) {
        const address = servers.find(({ id }) => id === target)!;
        proxyByKey.set(keyOf(dialler, target), await LinkProxy.start(address));
      }
    }
    for (const self of ids) {
      const seen = servers.map((server): ConfigServer => {
        const proxy = proxyByKey.get(keyOf(self, server.id));
        return proxy === undefined ? server : { ...server, peerPort: proxy.port };
      });
      const config = { servers: seen, group, groupKeyFile: 'group.key' };
      await writeFile(join(folder, `server-${self}.json`), JSON.stringify(config, null, 2));
    }
    return new DrillGroup(folder, { servers, group }, proxyByKey, events);
  }

  get ids(): number[] {
    return this.config.servers.map(({ id }) => id);
  }

  /** Servers that serve clients and are not frozen. */
  get up(): number[] {
    return [...this.#up];
  }

  dataDirectory(id: number): string {
    return join(this.folder, 'data', String(id));
  }

  /** Resolves when the server serves clients, or has ended. */
  async start(id: number): Promise<void> {
    const running = new ServerProcess({
      configPath: join(this.folder, `server-${id}.json`),
      id,
      dataDirectory: this.dataDirectory(id),
      said: (text) => appendFileSync(join(this.folder, `server-${id}.log`), text),
    });
    this.#processes.set(id, running);
    void running.ended.then(({ exitCode }) => {
      if (this.#processes.get(id) !== running) return;
      this.#processes.delete(id);
      this.#up.delete(id);
      this.#events.died(id, `Server ${id} ended by itself (exit code ${exitCode}): ${running.stderr.slice(-500)}`);
    });
    try {
      await running.started;
      if (this.#processes.get(id) === running) this.#up.add(id);
    } catch {
      // Its end is told above, or was wanted.
    }
  }

  async startAll(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.start(id)));
  }

  begin(fault: Fault): void {
    if (fault.kind === 'split') {
      for (const { from, to, direction } of fault.cuts) {
        this.#proxyByKey.get(keyOf(from, to))!.cut(direction);
        this.#proxyByKey.get(keyOf(to, from))!.cut(otherWayRound[direction]);
      }
      return;
    }
    for (const id of fault.servers) {
      this.#up.delete(id);
      const running = this.#processes.get(id);
      if (fault.kind === 'freeze') running?.freeze();
      else this.#forget(id)?.child.kill('SIGKILL');
    }
  }

  /** Undoes the fault. Resolves when what was killed serves again. */
  async end(fault: Fault): Promise<void> {
    if (fault.kind === 'split') {
      for (const { from, to } of fault.cuts) {
        this.#proxyByKey.get(keyOf(from, to))!.heal();
        this.#proxyByKey.get(keyOf(to, from))!.heal();
      }
    } else if (fault.kind === 'crash') {
      await Promise.all(fault.servers.map((id) => this.start(id)));
    } else {
      for (const id of fault.servers) {
        this.#processes.get(id)?.thaw();
        if (this.#processes.has(id)) this.#up.add(id);
      }
    }
  }

  /** Kills what runs. The folder stays where `keepFolder`. */
  async stop(keepFolder: boolean): Promise<void> {
    const running = this.ids.flatMap((id) => this.#forget(id) ?? []);
    await Promise.all(running.map((each) => each.end('SIGKILL')));
    await Promise.all([...this.#proxyByKey.values()].map((proxy) => proxy.stop()));
    process.off('exit', this.#killNow);
    if (!keepFolder) await rm(this.folder, { recursive: true, force: true });
  }

  /** Its end is no news from here on. */
  #forget(id: number): ServerProcess | undefined {
    const running = this.#processes.get(id);
    this.#processes.delete(id);
    this.#up.delete(id);
    return running;
  }
}

/** Of the proxy between a server that dials and the one that it means. */
function keyOf(dialler: number, target: number): string {
  return `${dialler}-${target}`;
}
