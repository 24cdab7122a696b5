/** Throughput and latency of three servers under load. `node dist/bench/load.js --help` */
import { limits } from '#src/core/model/limits.js';
import { pidsOf, withGroup } from './support/group.js';
import { CpuMeter, describeMachine } from './support/machine.js';
import { readOptions } from './support/options.js';
import { driverNames, peopleOf } from './support/people.js';
import { count, latencies, median } from './support/statistics.js';
import { Traffic, type Measured } from './support/traffic.js';

/** Each text begins with a number of its own, which must fit. */
const TEXT_BYTES_LEAST = 10;

const options = readOptions(
  `Starts three servers and has clients write to each other in a ring: closed loop (each client keeps so many sends under
way), or with --rate an open loop (so many messages a second in all, latency from the time each was due). Every
message is checked for its arrival.`,
  {
    clients: { value: 100, least: 1, meaning: 'clients, spread over the servers' },
    'in-flight': { value: 32, least: 1, meaning: 'closed loop: sends under way for each client' },
    rate: { value: 0, meaning: 'open loop: messages a second in all; 0 for the closed loop' },
    driver: { value: 'frames', among: driverNames, meaning: 'frames: bare protocol; library: the client library' },
    seconds: { value: 5, least: 0.1, meaning: 'how long each run is measured' },
    'warm-up': { value: 3, meaning: 'seconds before that' },
    runs: { value: 3, least: 1, meaning: 'runs, of which the median is told last' },
    text: { value: 200, least: TEXT_BYTES_LEAST, most: limits.textBytesMax, meaning: 'bytes of each text' },
    node: { value: '', meaning: 'a flag for Node in the servers, such as --max-semi-space-size=64' },
    profile: { value: '', meaning: 'write CPU profiles of the servers to this directory' },
  },
);

const { clients, rate, driver, seconds, runs, text, profile } = options;
const inFlight = options['in-flight'];
const loop = rate > 0 ? `${rate}/s open loop` : `${inFlight} in flight`;
console.log(`${describeMachine()}\n${clients} clients, ${loop}, ${text} bytes, ${driver}`);

const measured: Measured[] = [];
await withGroup({ profile, nodeFlags: options.node === '' ? [] : [options.node] }, async (group) => {
  const traffic = await Traffic.start(peopleOf(group, driver), { clients, textBytes: text });
  for (let run = 0; run < runs; run += 1) {
    const meter = new CpuMeter(pidsOf(group));
    const ackedBefore = traffic.acked;
    const result =
      rate > 0
        ? await traffic.openLoop(rate, options['warm-up'], seconds)
        : await traffic.closedLoop(inFlight, options['warm-up'], seconds);
    const used = meter.read();
    const microsEach = (used.seconds * 1e6) / (traffic.acked - ackedBefore);
    await traffic.drain();
    measured.push(result);
    console.log(`${describe(result)}; CPU of the servers ${microsEach.toFixed(1)} µs a message (${used.shares})`);
  }
  await traffic.close();
});
const perSecond = median(measured.map((each) => each.acked / each.seconds));
console.log(
  `median of ${runs}: ${count(perSecond)} acked/s; all ${count(measured.flatMap((each) => each.ackMs).length)}: ` +
    `ack ${latencies(measured.flatMap((each) => each.ackMs))}, ` +
    `delivery ${latencies(measured.flatMap((each) => each.deliveryMs))} (p50/p99)`,
);

function describe({ seconds, acked, delivered, ackMs, deliveryMs }: Measured): string {
  return (
    `${count(acked / seconds)} acked/s, ${count(delivered / seconds)} delivered/s, ` +
    `ack ${latencies(ackMs)}, delivery ${latencies(deliveryMs)}`
  );
}
