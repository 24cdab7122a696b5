import { exitCodeByClass } from '../../../core/model/errors.js';
import { readGroupKey } from '../../config/group-key.js';
import { onEndingSignal } from '../../input/ending-signals.js';
import { lineReporter, type ReportLevel } from '../../server/line-reporter.js';
import { runServer } from '../../server/run-server.js';
import { CommandFailed } from '../command-failed.js';
import { outliveReader, writeData, writeNote } from '../console.js';
import { loadConfig } from '../load-config.js';
import { serverOfId } from '../operator.js';
import { readVersion } from '../version.js';

export interface ServerCommandOptions {
  readonly dataDirectory: string;
  readonly logLevel: ReportLevel;
  /** In MiB, as typed. */
  readonly diskReserve: string | undefined;
}

/** `holdfast server <config> <id>` */
export async function server(
  configPath: string,
  id: string,
  { dataDirectory, logLevel, diskReserve }: ServerCommandOptions,
): Promise<number> {
  if (dataDirectory === '') throw new CommandFailed('USAGE', '--data is empty; give the path of a directory.');
  const diskReserveMib = diskReserve === undefined ? undefined : wholeNumberOf(diskReserve);
  const configFile = await loadConfig(configPath);
  const { servers } = configFile.config;
  const self = serverOfId(servers, id, configPath);
  const key = await readGroupKey(configFile);
  if (key.state === 'rejected') throw new CommandFailed('CONFIG_INVALID', key.problem);
  outliveReader();
  const drain = new AbortController();
  const stop = new AbortController();
  // The first signal stops in order, the second at once.
  onEndingSignal(() => (drain.signal.aborted ? stop.abort() : drain.abort()));
  const end = await runServer({
    config: configFile.config,
    self: self.id,
    groupKey: key.key,
    dataDirectory,
    diskReserveBytes: diskReserveMib === undefined ? undefined : diskReserveMib * 2 ** 20,
    software: `holdfast ${readVersion()}`,
    reporter: lineReporter(logLevel, (line) => process.stderr.write(line)),
    started: () => writeData('Server started'),
    drain: drain.signal,
    signal: stop.signal,
  });
  if (end.state === 'stopped') return 0;
  writeNote(end.reason);
  return exitCodeByClass[end.errorClass];
}

function wholeNumberOf(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new CommandFailed('USAGE', `--disk-reserve is "${text}"; it is a whole number of MiB.`);
}
