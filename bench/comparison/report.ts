/** What a comparison comes to: text for people, JSON for programs, a section and a chart for docs/benchmarks.md. */
import { chartOf, type Panel } from './chart.js';
import { APPEND_BYTES, type DiskTimes } from './disk.js';
import type { Findings } from './rounds.js';
import { LOW_RATE, rows, type RowKey } from './rows.js';
import { wrapped } from './section.js';
import { medianOf, type Measurements } from './summary.js';
import { median } from '../support/statistics.js';
import type { Sustained } from './sustained.js';
import { figureText, tableOf } from './table.js';

export interface Comparison {
  /** Node, cores, load. */
  readonly machine: string;
  readonly burstSeconds: number;
  readonly latencySeconds: number;
  readonly otherSeconds: number;
  readonly findings: readonly Findings[];
  readonly sustained: Sustained | undefined;
  /** By round. */
  readonly disk: readonly DiskTimes[];
}

const charted: readonly RowKey[] = ['burstAcked', 'oneClient', 'hundreds', 'thousands', 'aloneP50', 'aloneP99'];

export function measurementsOf({ findings }: Comparison): Measurements[] {
  return findings.map(({ system, rounds }) => ({ name: system.name, rounds }));
}

/** In Markdown, for the document and the terminal alike. */
export function textOf(comparison: Comparison): string {
  const { machine, burstSeconds, latencySeconds, otherSeconds, findings } = comparison;
  const systems = measurementsOf(comparison);
  const about =
    `Medians of ${roundsText(systems)}, in one run, interleaved; ${burstSeconds} s for 100 x 32, ${latencySeconds} s for one ` +
    `at a time, ${LOW_RATE}/s and half load, ${otherSeconds} s for each other row. ` +
    `A ratio above 1 means that ${findings[0]!.system.name} does better (median of the rounds' ratios). ${machine}.`;
  const durability = findings.map(({ system }) => wrapped(`- ${system.name}: ${system.durability}`, 118));
  return [
    wrapped(about),
    tableOf(systems),
    `When a message is acknowledged, it is:\n\n${durability.join('\n').replaceAll(/\n(?!- )/g, '\n  ')}`,
    ...[...besideDisk(comparison), ...overTime(comparison)].map((line) => wrapped(line)),
    ...findings.flatMap(({ system, failure }) => (failure === undefined ? [] : [`${system.name} failed: ${failure}`])),
  ].join('\n\n');
}

/** How many rounds there were, and which rows had fewer. */
function roundsText(systems: readonly Measurements[]): string {
  const all = Math.max(0, ...systems.map(({ rounds }) => rounds.length));
  const crowd = Math.max(
    0,
    ...systems.map(({ rounds }) => rounds.filter((each) => each.thousands !== undefined).length),
  );
  const fewer = crowd > 0 && crowd < all ? ` (${rows.thousands.title}: ${crowd})` : '';
  return `${all} round${all === 1 ? '' : 's'}${fewer}`;
}

/** What one message at a time is measured by. */
function besideDisk(comparison: Comparison): string[] {
  const [first] = measurementsOf(comparison);
  const p50 = medianOf(first!, 'aloneP50');
  if (p50 === undefined || comparison.disk.length === 0) return [];
  const aloneMs = median(comparison.disk.map((times) => times.aloneMs));
  const threeMs = median(comparison.disk.map((times) => times.threeAtOnceMs));
  return [
    `One append of ${APPEND_BYTES} bytes with fdatasync takes ${threeMs.toFixed(2)} ms on this disk where three do it at once, as the three ` +
      `servers do, and ${aloneMs.toFixed(2)} ms where one does (p50, medians of the rounds). One message at a time takes ${first!.name} ` +
      `${(p50 / threeMs).toFixed(1)} and ${(p50 / aloneMs).toFixed(1)} times that.`,
  ];
}

function overTime({ findings, sustained, burstSeconds }: Comparison): string[] {
  const { system, settleSeconds } = findings[0]!;
  const lines: string[] = [];
  if (settleSeconds.length > 0) {
    const seconds = median(settleSeconds).toFixed(1);
    lines.push(
      `After each burst of ${burstSeconds} s, ${system.name}'s databases of views and search were current ${seconds} s later (median).`,
    );
  }
  if (sustained !== undefined) {
    const { seconds, ackedPerSecond, lagOpsMax, settleSeconds: after } = sustained;
    lines.push(
      `Sustained: ${system.name} took ${figureText(ackedPerSecond, { unit: 'msg/s' })} msg/s for ${seconds.toFixed(0)} s with its ` +
        `databases of views and search never more than ${lagOpsMax.toLocaleString('en-US')} ops behind, and current ${after.toFixed(1)} s after the end.`,
    );
  }
  return lines;
}

/** Rates and times, one panel each. */
export function svgOf(comparison: Comparison): string {
  const systems = measurementsOf(comparison);
  const panels = charted.map((key): Panel => {
    const { title, unit, better } = titled(key);
    const bars = systems.flatMap((system) => {
      const value = medianOf(system, key);
      return value === undefined ? [] : [{ label: system.name, value, text: figureText(value, rows[key]) }];
    });
    return { title: `${title}, ${unit} (${better} is better)`, bars };
  });
  return chartOf(panels.filter(({ bars }) => bars.length > 0));
}

/** Titles that stand alone, where the table's refer to the row above. */
function titled(key: RowKey): { title: string; unit: string; better: string } {
  const { title, unit, better } = rows[key];
  return { title: key === 'aloneP99' ? 'one at a time, send to ack, p99' : title, unit, better };
}

export function jsonOf(comparison: Comparison): string {
  const { findings, ...rest } = comparison;
  const systems = findings.map(({ system, rounds, settleSeconds, failure }) => ({
    name: system.name,
    durability: system.durability,
    rounds,
    settleSeconds,
    ...(failure !== undefined && { failure }),
  }));
  return `${JSON.stringify({ ...rest, rows, systems }, null, 2)}\n`;
}
