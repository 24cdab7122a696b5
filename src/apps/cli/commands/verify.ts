import type { ConfigServer } from '../../../core/model/config.js';
import { exitCodeByClass } from '../../../core/model/errors.js';
import { decode } from '../../../core/wire/codec.js';
import type { MessageOf } from '../../../core/wire/message-types.js';
import { bytesText } from '../../output/bytes-text.js';
import { jsonLine } from '../../output/printable.js';
import { tableLines, type Column } from '../../output/table.js';
import { CommandFailed } from '../command-failed.js';
import { writeData } from '../console.js';
import { operateGroup, type OperatedGroup } from '../operator.js';
import { exitCodeByHealth } from '../status-report.js';
import { reportVerify, type Verified, type VerifiedLine, type VerifyReport } from '../verify-report.js';

/** `holdfast verify <config> [--json]` */
export async function verify(configPath: string, asJson: boolean): Promise<number> {
  const group = await operateGroup(configPath);
  const progress = new Progress(group.servers);
  const verified = group.servers.map(async (server) => [server.id, await verifyOne(group, server, progress)] as const);
  const verifiedById = new Map(await Promise.all(verified));
  progress.end();
  const report = reportVerify(group.servers, verifiedById);
  if (asJson) writeData(jsonLine(report));
  else for (const line of verifyLines(report, process.stdout.columns ?? Infinity)) writeData(line);
  if (report.isWell) return 0;
  const isAnyAsked = [...verifiedById.values()].some(({ state }) => state === 'verified');
  return isAnyAsked ? exitCodeByHealth.degraded : exitCodeByClass.unavailable;
}

async function verifyOne(group: OperatedGroup, server: ConfigServer, progress: Progress): Promise<Verified> {
  try {
    const link = await group.connect(server);
    try {
      const answer = await link.ask('Verify', {}, 'Verified', (name, body) => {
        if (name === 'Verifying') progress.told(server.id, decode(name, body));
      });
      return { state: 'verified', answer };
    } finally {
      await link.close();
    }
  } catch (error) {
    if (error instanceof CommandFailed) return { state: 'failed', reason: error.message };
    throw error;
  }
}

const columns: readonly Column<VerifiedLine>[] = [
  { title: 'server', align: 'right', cell: ({ id }) => String(id) },
  { title: 'records', align: 'right', cell: ({ records }) => numberText(records) },
  { title: 'damaged', align: 'right', cell: ({ damaged }) => numberText(damaged) },
  { title: 'mended', align: 'right', cell: ({ mended }) => numberText(mended) },
  { title: 'left', align: 'right', cell: ({ left }) => numberText(left === null ? null : left.length) },
  { title: 'agrees', align: 'left', cell: ({ agrees }) => (agrees === null ? '-' : agrees ? 'yes' : 'no') },
  { title: 'log', align: 'right', cell: ({ logBytes }) => (logBytes === null ? '-' : bytesText(logBytes)) },
  { title: 'address', align: 'left', cell: ({ host, port }) => `${host}:${port}` },
];

function verifyLines(report: VerifyReport, widthMax: number): string[] {
  return [...tableLines(columns, report.servers, widthMax), report.verdict];
}

function numberText(number: number | null): string {
  return number === null ? '-' : String(number);
}

/** One line that is written anew, for a terminal: how far each server is. */
class Progress {
  readonly #percentById: Map<number, number>;
  #isShown = false;

  constructor(servers: readonly ConfigServer[]) {
    this.#percentById = new Map(servers.map(({ id }) => [id, 0]));
  }

  told(id: number, { bytes, ofBytes }: MessageOf<'Verifying'>): void {
    if (!process.stderr.isTTY) return;
    this.#isShown = true;
    this.#percentById.set(id, ofBytes === 0 ? 100 : Math.min(100, Math.floor((bytes / ofBytes) * 100)));
    const parts = [...this.#percentById].map(([server, percent]) => `${server}: ${percent} %`);
    process.stderr.write(`\r\u001b[KChecking  ${parts.join('  ')}`);
  }

  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K');
  }
}
