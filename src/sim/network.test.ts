import { describeNetwork } from '../core/ports/network.contract.js';
import { MemoryNetwork } from './network.js';
import { SeededRandom } from './seeded-random.js';
import { Timeline } from './timeline.js';

describeNetwork('the network in memory', (dialling, accepting) => {
  const timeline = new Timeline();
  const network = new MemoryNetwork(timeline, new SeededRandom(1));
  const dialler = network.host('dialler');
  const acceptor = network.host('acceptor', 6000);
  dialler.events = dialling;
  acceptor.events = accepting;
  acceptor.isListening = true;
  // The contract waits for what is told; time passes for as long as it does.
  let isRunning = true;
  const run = (): void => {
    timeline.advance(10);
    if (isRunning) setImmediate(run);
  };
  run();
  return Promise.resolve({
    dialler,
    acceptor,
    transport: 'tcp',
    address: acceptor.address,
    deadAddress: { host: 'acceptor', port: 6001 },
    tellsReasons: true,
    stop: () => {
      isRunning = false;
      return Promise.resolve();
    },
  });
});
