import type { Config, ConfigServer } from '../../core/model/config.js';
import { formatDot } from '../../core/model/ids.js';
import { limits } from '../../core/model/limits.js';
import { connect, HoldfastError } from '../../library/node.js';
import type { Asked, Refusal } from './status-report.js';

/** What is wrong with a server that answers and is none of ours. */
const refusalByCode: Readonly<Partial<Record<string, Refusal>>> = {
  GROUP_MISMATCH: 'other group',
  VERSION_UNSUPPORTED: 'other version',
};

/** Asks one server, and no other, how it is; what has not answered in a moment counts as unreachable. */
export async function askStatus(config: Config, server: ConfigServer): Promise<Asked> {
  const signal = AbortSignal.timeout(limits.statusTimeoutMs);
  try {
    const client = await connect(
      { group: config.group, servers: [server] },
      {
        connectTimeoutMs: limits.statusTimeoutMs,
        roundsMax: 1,
      },
    );
    try {
      const { vector, ...answer } = await client.status({ signal });
      return { state: 'answered', answer: { ...answer, vector: vector.map(formatDot).sort().join(' ') } };
    } finally {
      await client.close();
    }
  } catch (error) {
    if (error instanceof HoldfastError) {
      const [failed] = error.failedTries;
      const reason = failed?.message ?? error.message;
      const refusal = failed === undefined ? undefined : refusalByCode[failed.code];
      return refusal === undefined ? { state: 'unreachable', reason } : { state: 'refused', refusal, reason };
    }
    if (signal.aborted) return { state: 'unreachable', reason: 'It did not answer in time.' };
    throw error;
  }
}
