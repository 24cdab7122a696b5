/** What a drill found, as a table and as an object for programs. */
import { interruptedExitCode } from '../input/ending-signals.js';
import { counted } from '../output/message-text.js';
import { tableLines, type Column } from '../output/table.js';
import { messagesOf, type Finding } from './check.js';
import { faultKinds, type FaultKind } from './faults.js';
import type { Served } from './outages.js';
import { isWell, type DrillOptions, type DrillResult } from './run-drill.js';

/** Findings and troubles beyond these are counted, not told. */
const TOLD_MAX = 10;
const NOT_WELL = 1;

interface OutageLine {
  readonly kind: FaultKind;
  readonly served: Served;
  readonly times: number;
  /** Milliseconds; infinite where acknowledgements did not come back. */
  readonly medianMs: number;
  readonly worstMs: number;
}

export interface DrillReport {
  readonly seed: number;
  readonly servers: number;
  readonly clients: number;
  readonly seconds: number;
  readonly isInterrupted: boolean;
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** What the servers held before the clients came: of the logs that they began with a copy of. */
  readonly opsBefore: number;
  readonly acked: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
  readonly late: number;
  readonly neverSent: number;
  /** Not where its sender put it, in some server's history. */
  readonly misplaced: number;
  readonly statesEqual: boolean;
  readonly outages: readonly OutageLine[];
  readonly findings: readonly Finding[];
  readonly troubles: readonly string[];
  readonly folder: string | undefined;
  readonly isWell: boolean;
}

export function reportDrill(options: DrillOptions, result: DrillResult): DrillReport {
  const { findings, faults } = result;
  const count = (kind: FaultKind): number => faults.filter((fault) => fault.kind === kind).length;
  return {
    seed: options.seed,
    servers: options.ids.length,
    clients: options.clients,
    seconds: Math.round(result.elapsedMs / 1000),
    isInterrupted: options.signal.aborted,
    faults: { crash: count('crash'), freeze: count('freeze'), split: count('split') },
    opsBefore: result.opsBefore,
    acked: result.acked,
    lost: messagesOf(findings, 'lost'),
    duplicated: messagesOf(findings, 'duplicated'),
    outOfOrder: messagesOf(findings, 'outOfOrder'),
    late: result.late,
    neverSent: messagesOf(findings, 'neverSent'),
    misplaced: messagesOf(findings, 'misplaced'),
    statesEqual: result.statesEqual,
    outages: outageLines(result),
    findings: findings.slice(0, TOLD_MAX),
    troubles: result.troubles,
    folder: result.folder,
    isWell: isWell(result),
  };
}

function outageLines({ outages }: DrillResult): OutageLine[] {
  const lines = faultKinds.flatMap((kind) => (['own', 'other'] as const).map((served) => ({ kind, served })));
  return lines.flatMap(({ kind, served }) => {
    const found = outages.filter((outage) => outage.kind === kind && outage.served === served);
    const sorted = found.map(({ ms = Infinity }) => ms).toSorted((one, other) => one - other);
    if (sorted.length === 0) return [];
    const medianMs = sorted[Math.floor(sorted.length / 2)]!;
    return [{ kind, served, times: sorted.length, medianMs, worstMs: sorted.at(-1)! }];
  });
}

const outageTexts: Readonly<Record<FaultKind, Readonly<Record<Served, string>>>> = {
  crash: { own: 'its server killed', other: 'others killed' },
  freeze: { own: 'its server frozen', other: 'others frozen' },
  split: { own: 'its server cut off from some', other: 'others cut off' },
};

const outageColumns: readonly Column<OutageLine>[] = [
  { title: 'a client without acknowledgements', align: 'left', cell: ({ kind, served }) => outageTexts[kind][served] },
  { title: 'times', align: 'right', cell: ({ times }) => String(times) },
  { title: 'median ms', align: 'right', cell: ({ medianMs }) => msText(medianMs) },
  { title: 'worst ms', align: 'right', cell: ({ worstMs }) => msText(worstMs) },
];

type CountLine = readonly [text: string, count: number];

const countColumns: readonly Column<CountLine>[] = [
  { title: 'messages', align: 'left', cell: ([text]) => text },
  { title: 'count', align: 'right', cell: ([, count]) => count.toLocaleString('en-US') },
];

export function drillLines(report: DrillReport, widthMax: number): string[] {
  const { acked, lost, duplicated, outOfOrder, late, neverSent, misplaced } = report;
  const counts: CountLine[] = [
    ['acknowledged', acked],
    ['lost', lost],
    ['duplicated', duplicated],
    ['out of order', outOfOrder],
    ['late, and marked so', late],
  ];
  if (misplaced > 0) counts.push(['misplaced in a history', misplaced]);
  if (neverSent > 0) counts.push(['never sent', neverSent]);
  const outages = report.outages.length === 0 ? [] : ['', ...tableLines(outageColumns, report.outages, widthMax)];
  return [...tableLines(countColumns, counts, widthMax), ...outages, '', ...troubleLines(report), verdictOf(report)];
}

function troubleLines({ findings, troubles, statesEqual, folder }: DrillReport): string[] {
  const lines = [
    ...findings.map(findingText),
    ...troubles.slice(0, TOLD_MAX),
    ...(troubles.length > TOLD_MAX ? [`And ${counted(troubles.length - TOLD_MAX, 'more trouble')}.`] : []),
    ...(statesEqual ? [] : ['The servers do not have the same state.']),
    ...(folder === undefined ? [] : [`The data and logs of the servers are kept in ${folder}`]),
  ];
  return lines.length === 0 ? [] : [...lines, ''];
}

const whatByKind: Readonly<Record<Finding['kind'], string>> = {
  lost: 'lost',
  duplicated: 'there twice',
  outOfOrder: 'out of order',
  misplaced: 'behind a later one',
  neverSent: 'never sent',
};

function findingText({ kind, sender, reader, number, place }: Finding): string {
  const what = whatByKind[kind];
  const where = place === 'stream' ? `in what ${reader} was shown` : `on server ${place}`;
  return `Message ${number} of ${sender} to ${reader}: ${what} ${where}.`;
}

/** All must be well; what was interrupted says so where it was well until then. */
export function exitCodeOf({ isWell, isInterrupted }: Pick<DrillReport, 'isWell' | 'isInterrupted'>): number {
  if (!isWell) return NOT_WELL;
  return isInterrupted ? interruptedExitCode : 0;
}

function verdictOf({ isWell, isInterrupted, seconds, faults, servers, clients, seed }: DrillReport): string {
  const total = faults.crash + faults.freeze + faults.split;
  const kinds = faultKinds.map((kind) => `${kind} ${faults[kind]}`).join(', ');
  const run = `${counted(servers, 'server')}, ${counted(clients, 'client')}, ${counted(seconds, 'second')}, ${counted(total, 'fault')} (${kinds}), seed ${seed}`;
  return `${isWell ? 'All is well' : 'NOT WELL'}: ${run}${isInterrupted ? '; interrupted' : ''}.`;
}

function msText(ms: number): string {
  return ms === Infinity ? 'never' : ms.toFixed(0);
}
