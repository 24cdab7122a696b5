import type { Config, ConfigServer } from '../../core/model/config.js';
import { formatDot } from '../../core/model/ids.js';
import { limits } from '../../core/model/limits.js';
import { connect, HoldfastError } from '../../library/node.js';
import type { Asked } from './status-report.js';

/** Asks one server, and no other, how it is; what has not answered in a moment counts as unreachable. */
export async function askStatus(config: Config, server: ConfigServer): Promise<Asked> {
  const signal = AbortSignal.timeout(limits.statusTimeoutMs);
  try {
    const client = await connect(
      { ...config, servers: [server] },
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
      return { state: 'unreachable', reason: error.failedTries[0]?.message ?? error.message };
    }
    if (signal.aborted) return { state: 'unreachable', reason: 'It did not answer in time.' };
    throw error;
  }
}
