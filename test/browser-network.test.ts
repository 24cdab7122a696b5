/** The browser's side of the network, held to the contract of all networks, on a WebSocket that Node can run. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';

import { WebSocket } from 'ws';

import { describeNetwork } from '#src/core/ports/network.contract.js';
import type { NetworkEvents } from '#src/core/ports/network.js';
import { BrowserNetwork } from '#src/io/browser/network.js';
import { NodeNetwork } from '#src/io/node/network.js';

const host = '127.0.0.1';

Object.assign(globalThis, { WebSocket });

describeNetwork('the network of browsers', async (dialling: NetworkEvents, accepting: NetworkEvents) => {
  const acceptor = new NodeNetwork(accepting);
  const listening = await acceptor.listen({ host, port: 0 });
  assert.equal(listening.state, 'listening');
  return {
    dialler: new BrowserNetwork(dialling),
    acceptor,
    transport: 'websocket',
    address: { host, port: listening.port },
    deadAddress: { host, port: await freePort() },
    tellsReasons: false,
    stop: () => acceptor.stop(),
  };
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
