/** Memory of a server that does nothing, and what idle connections add. `node dist/bench/memory.js --help` */
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';

import { ByteWriter } from '#src/core/lib/byte-writer.js';
import { limits } from '#src/core/model/limits.js';
import { encodeFrame, preface } from '#src/core/wire/frame.js';
import { spokenVersions } from '#src/core/wire/version.js';
import { heapBytes, heapFlags, withGroup } from './support/group.js';
import { describeMachine, residentBytes } from './support/machine.js';
import { readOptions } from './support/options.js';
import { mebibytes } from './support/statistics.js';

const options = readOptions(
  'Starts three servers and tells the memory of the first: idle, and with idle TCP connections that have said Hello.',
  {
    connections: { value: 1000, meaning: 'connections in one step' },
    steps: { value: 3, meaning: 'steps' },
  },
);

/** Says Hello and then a Ping now and then, as a client does that has nothing to say. */
async function openIdle(port: number): Promise<Socket> {
  const socket = connectSocket(port, '127.0.0.1');
  await once(socket, 'connect');
  const writer = new ByteWriter();
  writer.bytes(preface);
  const hello = { ...spokenVersions, capabilities: [], software: 'bench' };
  encodeFrame(writer, 'Hello', hello, 1);
  socket.write(writer.take());
  await once(socket, 'data');
  const pinging = setInterval(() => {
    encodeFrame(writer, 'Ping', {}, 1);
    socket.write(writer.take());
  }, limits.clientHeartbeatMs);
  socket.on('close', () => clearInterval(pinging));
  return socket;
}

console.log(describeMachine());
await withGroup({ nodeFlags: heapFlags }, async (group) => {
  const [server] = group.config.servers;
  const tell = async (what: string): Promise<void> => {
    const { heap, buffers } = await heapBytes(group, server!.id);
    const resident = residentBytes(group.process(server!.id).pid!);
    console.log(`${what}: resident ${mebibytes(resident)}, heap ${mebibytes(heap)}, buffers ${mebibytes(buffers)}`);
  };
  await group.converged();
  await tell('idle');
  const sockets: Socket[] = [];
  for (let step = 0; step < options.steps; step += 1) {
    for (let made = 0; made < options.connections; made += 1) sockets.push(await openIdle(server!.port));
    await tell(`${sockets.length} idle connections`);
  }
  for (const socket of sockets) socket.destroy();
});
