import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections (from 32,768 on Linux, from 49,152 elsewhere): one of those
 * would be lost to any connection made while its server is down, and the server could not come back.
 */
const FIRST_PORT = 10_000;
const PORTS_PER_PROCESS = 50;
const BLOCKS = 440;

/** Processes that run at the same time hardly ever share a block, so none takes the port of a server that another restarts. */
const block = FIRST_PORT + (process.pid % BLOCKS) * PORTS_PER_PROCESS;
let given = 0;

/** Ports of loopback that were free a moment ago, and that no outgoing connection takes. @throws Error where there are none */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tried = 0; ports.length < count; tried += 1) {
    if (tried === PORTS_PER_PROCESS) {
      throw new Error(
        `Ports ${block} to ${block + PORTS_PER_PROCESS - 1} of 127.0.0.1 are in use, nearly all of them.`,
      );
    }
    const port = block + (given % PORTS_PER_PROCESS);
    given += 1;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
