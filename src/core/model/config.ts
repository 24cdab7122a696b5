/**
 * The config of a group: what the file holds that servers and clients are started with.
 *
 * {@link checkConfig} takes any value and answers with a config in which every rule below holds, or with everything
 * that is wrong with it, each problem with the path of keys that leads to it. A rule that needs more than the value
 * itself, such as the readability of the key file, is not checked here.
 */
import { nearestWord } from '../lib/nearest-word.js';
import type { ServerId } from './ids.js';
import { limits } from './limits.js';

export interface ConfigServer {
  readonly id: ServerId;
  /** A name or an IP address: where others reach the server, and what it listens on. */
  readonly host: string;
  readonly port: number;
  /** Where the other servers dial this one, for whatever differs from `host` and `port`. It listens there too. */
  readonly peerHost?: string;
  readonly peerPort?: number;
}

export interface Config {
  readonly servers: readonly ConfigServer[];
  readonly group: string;
  readonly sessionsPerAccount: number;
  /** An operation that fewer servers would hold is refused. */
  readonly minCopies: number;
  /** As written in the file; relative to the file's folder. Clients never need it. */
  readonly groupKeyFile: string | undefined;
}

export type ConfigPath = readonly (string | number)[];

interface ConfigProblem {
  readonly path: ConfigPath;
  /** Whether the key itself or what it holds is wrong. */
  readonly at: 'key' | 'value';
  /** What was found and what is allowed, without the place. */
  readonly text: string;
}

export type ConfigReading =
  | { readonly state: 'valid'; readonly config: Config }
  | { readonly state: 'invalid'; readonly problems: readonly ConfigProblem[] };

const configKeys = ['servers', 'group', 'sessionsPerAccount', 'minCopies', 'groupKeyFile'];
const serverKeys = ['id', 'host', 'port', 'peerHost', 'peerPort'];

const PORT_MAX = 65_535;
const groupShape = /^[A-Za-z0-9_.-]+$/;
const ipv4Shape = /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/;
/** A name whose last label is a number is taken for an IPv4 address by everything that resolves names. */
const numericShape = /(^|\.)(\d+|0[xX][0-9A-Fa-f]*)\.?$/;
/** All zeros, however written. */
const anyIpv6Shape = /^[0:]+$/;
const loopbackIpv6Shape = /^[0:]*:0*1$/;
const hostNameShape = /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/;
/** Coarse on purpose: the operating system has the last word on what an address is. */
const ipv6Shape = /^[0-9A-Fa-f.]*(:[0-9A-Fa-f.]*){2,7}(%[A-Za-z0-9._-]+)?$/;

type Found = Readonly<Record<string, unknown>>;

/** Checks a parsed config file, or a value that a program made. */
export function checkConfig(value: unknown): ConfigReading {
  const checker = new Checker();
  const config = checker.config(value);
  return checker.problems.length === 0 && config !== undefined
    ? { state: 'valid', config }
    : { state: 'invalid', problems: checker.problems };
}

/** Where the other servers dial it. */
export function peerAddress({ host, port, peerHost, peerPort }: ConfigServer): { host: string; port: number } {
  return { host: peerHost ?? host, port: peerPort ?? port };
}

/** Whether an address of the one leads to the other: two servers must not. */
export function sharesAddress(one: ConfigServer, other: ConfigServer): boolean {
  return addressKeysOf(one).some((key) => addressKeysOf(other).includes(key));
}

function addressKeysOf(server: ConfigServer): string[] {
  const peer = peerAddress(server);
  return [`${sameHostKey(server.host)} ${server.port}`, `${sameHostKey(peer.host)} ${peer.port}`];
}

/** Whether only this machine can reach a server on the host: 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(host) || host === '::1' || host.toLowerCase() === 'localhost';
}

function isHostName(host: string): boolean {
  return hostNameShape.test(host) && (!numericShape.test(host) || ipv4Shape.test(host));
}

/** Equal for hosts that are sure to be the same: on one port of them listens one server. */
function sameHostKey(host: string): string {
  const key = host.toLowerCase().replace(/\.$/, '');
  return key === 'localhost' || key === '127.0.0.1' || loopbackIpv6Shape.test(key) ? 'localhost' : key;
}

class Checker {
  readonly problems: ConfigProblem[] = [];

  config(value: unknown): Config | undefined {
    if (!isObject(value)) {
      this.#report([], 'value', `the config is ${describe(value)}; it must be an object with the key "servers"`);
      return undefined;
    }
    this.#checkKeys(value, [], configKeys);
    const servers = this.#servers(value);
    return {
      servers,
      group: this.#group(value['group']),
      sessionsPerAccount: this.#sessionsPerAccount(value['sessionsPerAccount']),
      minCopies: this.#minCopies(value['minCopies'], value['servers']),
      groupKeyFile: this.#groupKeyFile(value['groupKeyFile']),
    };
  }

  #servers(config: Found): ConfigServer[] {
    const found = config['servers'];
    if (found === undefined) {
      this.#report([], 'value', '"servers" is missing; it is the list of all servers of the group');
      return [];
    }
    if (!Array.isArray(found)) {
      this.#report(['servers'], 'value', `"servers" is ${describe(found)}; it must be a list of servers`);
      return [];
    }
    if (found.length === 0) this.#report(['servers'], 'value', '"servers" is empty; a group has at least one server');
    if (found.length > limits.membersMax) {
      const text = `"servers" has ${found.length} entries; a group has at most ${limits.membersMax} servers`;
      this.#report(['servers', limits.membersMax], 'value', text);
    }
    const servers = found.slice(0, limits.membersMax).map((entry, index) => this.#server(entry, index));
    this.#checkDistinct(servers);
    return servers.filter((server) => isWhole(server));
  }

  #server(entry: unknown, index: number): Partial<ConfigServer> {
    const path = ['servers', index];
    if (!isObject(entry)) {
      this.#report(path, 'value', `a server is ${describe(entry)}; it must be an object with "id", "host" and "port"`);
      return {};
    }
    this.#checkKeys(entry, path, serverKeys);
    const id = this.#wholeNumber(entry, path, 'id', 'an id', limits.serverIdMax);
    const port = this.#wholeNumber(entry, path, 'port', 'a port', PORT_MAX);
    const host = this.#host(entry, path, 'host');
    const peerPort =
      entry['peerPort'] === undefined ? undefined : this.#wholeNumber(entry, path, 'peerPort', 'a port', PORT_MAX);
    const peerHost = entry['peerHost'] === undefined ? undefined : this.#host(entry, path, 'peerHost');
    return {
      ...(id !== undefined && { id }),
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      ...(peerHost !== undefined && { peerHost }),
      ...(peerPort !== undefined && { peerPort }),
    };
  }

  #wholeNumber(entry: Found, path: ConfigPath, key: string, noun: string, max: number): number | undefined {
    const found = entry[key];
    const allowed = `${noun} is a whole number from 1 to ${max}`;
    if (found === undefined) {
      this.#report(path, 'value', `"${key}" is missing; ${allowed}`);
      return undefined;
    }
    if (typeof found === 'number' && Number.isInteger(found) && found >= 1 && found <= max) return found;
    this.#report([...path, key], 'value', `"${key}" is ${describe(found)}; ${allowed}`);
    return undefined;
  }

  #host(entry: Found, path: ConfigPath, key: 'host' | 'peerHost'): string | undefined {
    const found = entry[key];
    const allowed = 'a host is a name or an IP address, without a scheme, brackets or a port';
    if (found === undefined) {
      this.#report(path, 'value', `"${key}" is missing; ${allowed}`);
      return undefined;
    }
    const fits = typeof found === 'string' && found.length <= limits.hostLengthMax;
    if (fits && (found === '0.0.0.0' || (ipv6Shape.test(found) && anyIpv6Shape.test(found)))) {
      const text = `"${key}" is "${found}", which is no address of its own; others must be able to dial it`;
      this.#report([...path, key], 'value', text);
      return undefined;
    }
    if (fits && (isHostName(found) || ipv6Shape.test(found))) return found;
    this.#report([...path, key], 'value', `"${key}" is ${describe(found)}; ${allowed}`);
    return undefined;
  }

  #checkDistinct(servers: readonly Partial<ConfigServer>[]): void {
    const firstById = new Map<number, number>();
    for (const [index, { id }] of servers.entries()) {
      const sameId = id === undefined ? undefined : firstById.get(id);
      if (id !== undefined && sameId === undefined) firstById.set(id, index);
      if (sameId !== undefined) {
        const text = `"id" is ${id} here and in entry ${sameId + 1} of "servers"; each server has its own`;
        this.#report(['servers', index, 'id'], 'value', text);
      }
    }
    this.#checkAddresses(servers);
  }

  /** No address, be it for clients or for other servers, leads to two servers. */
  #checkAddresses(servers: readonly Partial<ConfigServer>[]): void {
    const firstByAddress = new Map<string, number>();
    for (const [index, { host, port, peerHost = host, peerPort = port }] of servers.entries()) {
      const claim = (ownHost: string | undefined, ownPort: number | undefined, key: string, what: string) => {
        if (ownHost === undefined || ownPort === undefined) return;
        const address = `${sameHostKey(ownHost)} ${ownPort}`;
        const first = firstByAddress.get(address);
        if (first === undefined) firstByAddress.set(address, index);
        if (first === undefined || first === index) return;
        const text = `${what} those of entry ${first + 1} of "servers"; each server has its own`;
        this.#report(['servers', index, key], 'value', text);
      };
      claim(host, port, 'port', 'host and port are');
      if (peerHost === host && peerPort === port) continue;
      const key = peerPort === port ? 'peerHost' : 'peerPort';
      claim(peerHost, peerPort, key, 'host and port for other servers are');
    }
  }

  #group(found: unknown): string {
    if (found === undefined) return 'holdfast';
    if (typeof found === 'string' && found.length <= limits.groupLengthMax && groupShape.test(found)) return found;
    const allowed = `it must have 1 to ${limits.groupLengthMax} of A-Z, a-z, 0-9, "_", "." and "-"`;
    this.#report(['group'], 'value', `"group" is ${describe(found)}; ${allowed}`);
    return '';
  }

  #sessionsPerAccount(found: unknown): number {
    if (found === undefined) return 1;
    const max = limits.sessionsPerAccountMax;
    if (typeof found === 'number' && Number.isInteger(found) && found >= 1 && found <= max) return found;
    const allowed = `it must be a whole number from 1 to ${max}`;
    this.#report(['sessionsPerAccount'], 'value', `"sessionsPerAccount" is ${describe(found)}; ${allowed}`);
    return 1;
  }

  /** `servers` as found: more copies than servers cannot be, and how many servers are meant may not be known. */
  #minCopies(found: unknown, servers: unknown): number {
    if (found === undefined) return 1;
    const max = Array.isArray(servers) ? Math.min(Math.max(servers.length, 1), limits.membersMax) : limits.membersMax;
    if (typeof found === 'number' && Number.isInteger(found) && found >= 1 && found <= max) return found;
    const allowed = `it must be a whole number from 1 to ${max}, the number of servers`;
    this.#report(['minCopies'], 'value', `"minCopies" is ${describe(found)}; ${allowed}`);
    return 1;
  }

  #groupKeyFile(found: unknown): string | undefined {
    if (found === undefined || (typeof found === 'string' && found !== '')) return found;
    this.#report(['groupKeyFile'], 'value', `"groupKeyFile" is ${describe(found)}; it must be the path of a file`);
    return undefined;
  }

  #checkKeys(found: Found, path: ConfigPath, allowed: readonly string[]): void {
    for (const key of Object.keys(found)) {
      if (allowed.includes(key)) continue;
      const meant = nearestWord(key, allowed);
      const all = allowed.map((name) => `"${name}"`).join(', ');
      const hint = meant === undefined ? `allowed here: ${all}` : `did you mean "${meant}"?`;
      this.#report([...path, key], 'key', `unknown key ${describe(key)}; ${hint}`);
    }
  }

  #report(path: ConfigPath, at: ConfigProblem['at'], text: string): void {
    this.problems.push({ path, at, text });
  }
}

function isWhole(server: Partial<ConfigServer>): server is ConfigServer {
  return server.id !== undefined && server.host !== undefined && server.port !== undefined;
}

function isObject(value: unknown): value is Found {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a sentence names it; long strings are cut. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return String(value);
}
