/**
 * What a drill does to its servers, drawn from a seed: one fault at a time, each over before the next begins. There is
 * always a server that is up, well, and reached by its clients.
 */
import { SeededRandom } from '../../sim/seeded-random.js';
import type { CutDirection } from './link-proxy.js';

export const faultKinds = ['crash', 'freeze', 'split'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A link of two servers, the smaller id first. */
export interface Link {
  readonly from: number;
  readonly to: number;
}

export interface LinkCut extends Link {
  /** As seen from the first. */
  readonly direction: CutDirection;
}

/** `lastsMs`: after that the servers are started again, thawed, or their links healed. */
export type Fault = ServerFault | Split;

interface ServerFault {
  readonly kind: 'crash' | 'freeze';
  readonly servers: readonly number[];
  readonly lastsMs: number;
}

interface Split {
  readonly kind: 'split';
  readonly cuts: readonly LinkCut[];
  readonly lastsMs: number;
  /** What happens while the links are cut, so that clients go on elsewhere, perhaps on the other side. */
  readonly within?: { readonly afterMs: number; readonly fault: ServerFault };
}

/** Most faults last this share of the time between two. */
const LASTS_FROM = 0.4;
const LASTS_TO = 0.75;
/** One in so many lasts hardly any time. */
const SHORT_ONE_IN = 5;
const SHORT_TO = 0.2;

export class FaultPlan {
  readonly #random: SeededRandom;
  readonly #kinds: readonly FaultKind[];
  readonly #ids: readonly number[];
  readonly #everyMs: number;

  /** The ids in rising order. */
  constructor(seed: number, kinds: readonly FaultKind[], ids: readonly number[], everyMs: number) {
    this.#random = new SeededRandom(seed);
    this.#kinds = ids.length > 1 ? kinds : [];
    this.#ids = ids;
    this.#everyMs = everyMs;
  }

  /** The next fault, where these servers are up by now; undefined where it would leave none. */
  next(up: readonly number[]): Fault | undefined {
    // Drawn in any case, so that how fast a machine is changes as little as possible of what follows from a seed.
    const kind = this.#kinds.length === 0 ? undefined : this.#random.pick(this.#kinds);
    const lastsMs = this.#lastsMs();
    const order = this.#shuffled();
    const isMany = this.#random.oneIn(3);
    const shape = this.#random.below(4);
    const direction = this.#random.pick(['both', 'both', 'sent', 'received'] as const);
    const afterMs = Math.round((lastsMs * this.#random.below(1000)) / 1000);
    const within = this.#random.pick(['crash', 'freeze'] as const);
    const victims = order.filter((id) => up.includes(id)).slice(1);
    if (kind === undefined) return undefined;
    if (kind === 'split') {
      const cuts = this.#cuts(order[0]!, order[1]!, shape, direction);
      if (!isMany || victims.length === 0) return { kind, cuts, lastsMs };
      const fault = { kind: within, servers: victims.slice(0, 1), lastsMs: lastsMs - afterMs };
      return { kind, cuts, lastsMs, within: { afterMs, fault } };
    }
    const servers = kind === 'crash' && isMany ? victims : victims.slice(0, 1);
    return servers.length === 0 ? undefined : { kind, servers, lastsMs };
  }

  #lastsMs(): number {
    const isShort = this.#random.oneIn(SHORT_ONE_IN);
    const [from, to] = isShort ? [0, SHORT_TO] : [LASTS_FROM, LASTS_TO];
    return Math.round(this.#everyMs * (from + ((to - from) * this.#random.below(1000)) / 1000));
  }

  #shuffled(): number[] {
    const left = [...this.#ids];
    const order: number[] = [];
    while (left.length > 0) order.push(...left.splice(this.#random.below(left.length), 1));
    return order;
  }

  /** All links; those of one server; one link alone, so that a third server reaches both sides; or one, one way. */
  #cuts(one: number, other: number, shape: number, direction: CutDirection): LinkCut[] {
    const links = linksOf(this.#ids);
    const touches = ({ from, to }: Link, id: number): boolean => from === id || to === id;
    if (shape === 0) return links.map((link) => ({ ...link, direction: 'both' }));
    if (shape === 1) return links.filter((link) => touches(link, one)).map((link) => ({ ...link, direction: 'both' }));
    return links
      .filter((link) => touches(link, one) && touches(link, other))
      .map((link) => ({ ...link, direction: shape === 2 ? 'both' : direction }));
  }
}

/** Every two servers. */
export function linksOf(ids: readonly number[]): Link[] {
  return ids.flatMap((from) => ids.filter((to) => from < to).map((to) => ({ from, to })));
}

/** `server 2 killed`, `links 1-2, 1>3 cut`: 1>3 is a link on which only what 1 says is lost. */
export function describeFault(fault: Fault): string {
  if (fault.kind === 'split') {
    const within = fault.within === undefined ? '' : ` and ${describeFault(fault.within.fault)}`;
    return `${plural('link', fault.cuts.map(describeCut))} cut${within}`;
  }
  return `${plural('server', fault.servers.map(String))} ${fault.kind === 'crash' ? 'killed' : 'frozen'}`;
}

function describeCut({ from, to, direction }: LinkCut): string {
  if (direction === 'both') return `${from}-${to}`;
  return direction === 'sent' ? `${from}>${to}` : `${to}>${from}`;
}

function plural(noun: string, names: readonly string[]): string {
  return `${noun}${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}
