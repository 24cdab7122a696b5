/**
 * A few hosts on one switch, made of Linux network namespaces: each has its own interface, address and routes, and its
 * packets really travel and are really lost. Needs root and the `ip` command; where these are not to be had
 * {@link HostNetwork.make} says why.
 *
 * Every host has fixed entries for the hardware addresses of the others. A path is cut by an entry that is nobody's: what is
 * sent there is lost without a word, in that direction alone, as on a bad network. Nothing is sent to anyone outside.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

const NOBODY = '02:00:00:00:ff:ff';
const PREFIX = 'holdfast';

export type NetworkMaking =
  | { readonly state: 'made'; readonly network: HostNetwork }
  | { readonly state: 'impossible'; readonly reason: string };

let made = 0;

export class HostNetwork {
  readonly #name: string;
  readonly #hosts: readonly string[];
  readonly #removeNow = (): void => {
    for (const namespace of this.#namespaces) {
      try {
        execFileSync('ip', ['netns', 'del', namespace], { stdio: 'ignore' });
      } catch {
        // It was never made, or is gone.
      }
    }
  };

  private constructor(name: string, hosts: readonly string[]) {
    this.#name = name;
    this.#hosts = hosts;
    process.once('exit', this.#removeNow);
  }

  /** Makes a network of hosts with these names. */
  static async make(hosts: readonly string[]): Promise<NetworkMaking> {
    if (process.platform !== 'linux') return impossible('network namespaces are a thing of Linux');
    if (process.getuid?.() !== 0) return impossible('network namespaces are for root');
    await removeLeftovers();
    made += 1;
    const network = new HostNetwork(`${PREFIX}-${process.pid}-${made}`, hosts);
    try {
      await network.#build();
      return { state: 'made', network };
    } catch (error) {
      network.remove();
      const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
      return impossible(code === 'ENOENT' ? 'there is no command "ip" (iproute2)' : (stderr ?? message).trim());
    }
  }

  address(host: string): string {
    return `10.213.0.${this.#number(host)}`;
  }

  /** What a command line begins with, to run on the host. */
  on(host: string): string[] {
    return ['ip', 'netns', 'exec', this.#namespace(host)];
  }

  /** What one host sends to the other is lost from now on; what comes back arrives. */
  async drop(from: string, to: string): Promise<void> {
    await this.#setPath(from, to, NOBODY);
  }

  async restore(from: string, to: string): Promise<void> {
    await this.#setPath(from, to, this.#hardwareAddress(to));
  }

  /** The two hosts are lost to each other, and reach all others. */
  async cut(one: string, other: string): Promise<void> {
    await Promise.all([this.drop(one, other), this.drop(other, one)]);
  }

  async heal(one: string, other: string): Promise<void> {
    await Promise.all([this.restore(one, other), this.restore(other, one)]);
  }

  /** Pulls the host's cable. */
  async unplug(host: string): Promise<void> {
    await ip('-n', this.#switch, 'link', 'set', this.#port(host), 'down');
  }

  async plugIn(host: string): Promise<void> {
    await ip('-n', this.#switch, 'link', 'set', this.#port(host), 'up');
  }

  /** What runs on the hosts must have ended. */
  remove(): void {
    process.off('exit', this.#removeNow);
    this.#removeNow();
  }

  async #build(): Promise<void> {
    for (const namespace of this.#namespaces) await ip('netns', 'add', namespace);
    await ip('-n', this.#switch, 'link', 'add', 'switch', 'type', 'bridge');
    await ip('-n', this.#switch, 'link', 'set', 'switch', 'up');
    for (const host of this.#hosts) await this.#connect(host);
    for (const host of this.#hosts) {
      for (const other of this.#hosts) if (other !== host) await this.restore(host, other);
    }
  }

  async #connect(host: string): Promise<void> {
    const [at, port] = [this.#namespace(host), this.#port(host)];
    const peer = ['peer', 'name', 'eth0', 'netns', at, 'address', this.#hardwareAddress(host)];
    await ip('link', 'add', port, 'netns', this.#switch, 'type', 'veth', ...peer);
    await ip('-n', this.#switch, 'link', 'set', port, 'master', 'switch', 'up');
    await ip('-n', at, 'addr', 'add', `${this.address(host)}/24`, 'dev', 'eth0');
    await ip('-n', at, 'link', 'set', 'eth0', 'up');
    await ip('-n', at, 'link', 'set', 'lo', 'up');
  }

  async #setPath(from: string, to: string, hardwareAddress: string): Promise<void> {
    const entry = [this.address(to), 'lladdr', hardwareAddress, 'nud', 'permanent', 'dev', 'eth0'];
    await ip('-n', this.#namespace(from), 'neigh', 'replace', ...entry);
  }

  get #switch(): string {
    return `${this.#name}-switch`;
  }

  get #namespaces(): string[] {
    return [this.#switch, ...this.#hosts.map((host) => this.#namespace(host))];
  }

  #namespace(host: string): string {
    return `${this.#name}-${host}`;
  }

  #port(host: string): string {
    return `port${this.#number(host)}`;
  }

  #hardwareAddress(host: string): string {
    return `02:00:00:00:00:${this.#number(host).toString(16).padStart(2, '0')}`;
  }

  #number(host: string): number {
    return this.#hosts.indexOf(host) + 1;
  }
}

async function ip(...parameters: string[]): Promise<string> {
  return (await run('ip', parameters)).stdout;
}

function impossible(reason: string): NetworkMaking {
  return { state: 'impossible', reason };
}

/** A test that was killed could not clean up; its namespaces name its process. */
async function removeLeftovers(): Promise<void> {
  const listed = await ip('netns', 'list').catch(() => '');
  for (const [, namespace, pid] of listed.matchAll(new RegExp(`^(${PREFIX}-([0-9]+)-[^ \\n]+)`, 'gm'))) {
    if (!existsSync(`/proc/${pid}`)) await ip('netns', 'del', namespace!).catch(() => undefined);
  }
}
