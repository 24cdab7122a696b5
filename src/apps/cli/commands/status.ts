import { bytesText } from '../../output/bytes-text.js';
import { limits } from '../../../core/model/limits.js';
import { counted, timeText } from '../../output/message-text.js';
import { jsonLine, printable } from '../../output/printable.js';
import { tableLines, type Column } from '../../output/table.js';
import { askGroup } from '../ask-group.js';
import { askStatus } from '../ask-status.js';
import { writeData } from '../console.js';
import { knownServers } from '../kept-group.js';
import { loadConfig } from '../load-config.js';
import {
  exitCodeByHealth,
  reportStatus,
  type MergeLine,
  type ServerLine,
  type StatusReport,
} from '../status-report.js';

/** `holdfast status <config> [--json]` */
export async function status(configPath: string, asJson: boolean): Promise<number> {
  const { config } = await loadConfig(configPath);
  const asked = await askGroup(await knownServers(config), (server) => askStatus(config, server));
  const report = reportStatus(asked.servers, asked.askedById, asked.former);
  if (asJson) writeData(jsonLine(report));
  else for (const line of statusLines(report, process.stdout.columns ?? Infinity, Date.now())) writeData(line);
  return exitCodeByHealth[report.health];
}

/** In the order of their importance: a narrow terminal leaves out the last ones. */
const columns: readonly Column<ServerLine>[] = [
  { title: 'server', align: 'right', cell: ({ id }) => String(id) },
  { title: 'state', align: 'left', cell: ({ state }) => printable(state) },
  { title: 'behind', align: 'right', cell: ({ lagOps }) => numberText(lagOps) },
  {
    title: 'in sync',
    align: 'left',
    cell: ({ inSyncWith }) => (inSyncWith === null ? '-' : inSyncWith.join(' ') || 'none'),
  },
  { title: 'ops', align: 'right', cell: ({ ops }) => numberText(ops) },
  { title: 'clients', align: 'right', cell: ({ clients }) => numberText(clients) },
  { title: 'up', align: 'right', cell: ({ uptimeMs }) => (uptimeMs === null ? '-' : durationText(uptimeMs)) },
  { title: 'log', align: 'right', cell: ({ logBytes }) => (logBytes === null ? '-' : bytesText(logBytes)) },
  { title: 'version', align: 'left', cell: ({ software }) => (software === null ? '-' : printable(software)) },
  { title: 'address', align: 'left', cell: ({ host, port }) => `${host}:${port}` },
];

export function statusLines(report: StatusReport, widthMax: number, nowMs: number): string[] {
  return [...tableLines(columns, report.servers, widthMax), ...mergeLines(report.merges, nowMs), report.verdict];
}

/** `2026-11-23 12:16  server 2 from server 1, apart 41 s: 12 operations, 5 messages (5 late)`, for the latest few of a day. */
function mergeLines(merges: readonly MergeLine[], nowMs: number): string[] {
  const recent = merges.filter(({ at }) => nowMs - Date.parse(at) < limits.mergesShownMs);
  if (recent.length === 0) return [];
  const lines = recent.slice(0, limits.mergesShown).map(({ server, peer, at, apartMs, ...counts }) => {
    const { ops, messages, lateMessages, displaced, sessionsEnded } = counts;
    const what = [
      counted(ops, 'operation'),
      ...(messages > 0 ? [`${counted(messages, 'message')} (${lateMessages} late)`] : []),
      ...(displaced > 0 ? [`${counted(displaced, 'account')} renamed`] : []),
      ...(sessionsEnded > 0 ? [`${counted(sessionsEnded, 'session')} ended`] : []),
    ];
    const when = timeText(new Date(at));
    return `  ${when}  server ${server} from server ${peer}, apart ${durationText(apartMs)}: ${what.join(', ')}`;
  });
  return ['Met again after they were apart:', ...lines];
}

function numberText(number: number | null): string {
  return number === null ? '-' : String(number);
}

function durationText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const hours = Math.floor(minutes / 60);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  if (hours < 1) return `${minutes} min`;
  return hours < 48 ? `${hours} h ${minutes % 60} min` : counted(Math.floor(hours / 24), 'day');
}
