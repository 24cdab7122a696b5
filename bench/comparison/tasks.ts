/** The work of the comparison, one piece after the other; the same for every system. */
import { CpuMeter } from '../support/machine.js';
import { quantile } from '../support/statistics.js';
import type { System } from '../support/system.js';
import type { Measured, Traffic } from '../support/traffic.js';
import { CPU_MESSAGES, LOW_RATE, type Figures } from './rows.js';

export interface Lengths {
  /** Of the warm-up before the first round. */
  readonly firstSeconds: number;
  readonly burstSeconds: number;
  /** Of what is measured for its latencies: longer than others, since a p99.9 of fewer than a thousand messages means nothing. */
  readonly latencySeconds: number;
  readonly otherSeconds: number;
  /** Of each measurement, before it begins. */
  readonly warmUpSeconds: number;
}

interface Circumstances {
  readonly system: System;
  readonly lengths: Lengths;
  /** What was found of this system in this round so far. */
  readonly earlier: Figures;
}

export interface Task {
  readonly name: string;
  readonly clients: number;
  run(traffic: Traffic, circumstances: Circumstances): Promise<Figures>;
}

const ackedPerSecond = ({ acked, seconds }: Measured): number => acked / seconds;

/** Seconds of CPU of one server for {@link CPU_MESSAGES}, where all together took so many seconds for so many messages. */
export function serverCpuOf(seconds: number, servers: number, messages: number): number {
  return (seconds * CPU_MESSAGES) / (servers * messages);
}

export const burst: Task = {
  name: '100 x 32',
  clients: 100,
  async run(traffic, { system, lengths }) {
    const meter = new CpuMeter(system.pids);
    const ackedBefore = traffic.acked;
    const measured = await traffic.closedLoop(32, lengths.warmUpSeconds, lengths.burstSeconds);
    return {
      burstAcked: ackedPerSecond(measured),
      burstDelivered: measured.delivered / measured.seconds,
      burstServerCpu: serverCpuOf(meter.read().seconds, system.pids.length, traffic.acked - ackedBefore),
    };
  },
};

/** Before the first round, since programs that are compiled while they run begin slowly. Nothing of it counts. */
export const warmUp: Task = {
  name: 'warm-up',
  clients: 100,
  async run(traffic, { lengths }) {
    await traffic.closedLoop(32, 0, lengths.firstSeconds);
    return {};
  },
};

const oneClient: Task = {
  name: '1 x 32',
  clients: 2,
  async run(traffic, { lengths }) {
    return { oneClient: ackedPerSecond(await traffic.oneSender(32, lengths.warmUpSeconds, lengths.otherSeconds)) };
  },
};

const hundreds: Task = {
  name: '300 x 8',
  clients: 300,
  async run(traffic, { lengths }) {
    return { hundreds: ackedPerSecond(await traffic.closedLoop(8, lengths.warmUpSeconds, lengths.otherSeconds)) };
  },
};

const thousands: Task = {
  name: '1,500 x 1',
  clients: 1_500,
  async run(traffic, { lengths }) {
    return { thousands: ackedPerSecond(await traffic.closedLoop(1, lengths.warmUpSeconds, lengths.otherSeconds)) };
  },
};

const alone: Task = {
  name: 'one at a time',
  clients: 2,
  async run(traffic, { lengths }) {
    const { ackMs } = await traffic.oneSender(1, lengths.warmUpSeconds, lengths.latencySeconds);
    return { aloneP50: quantile(ackMs, 0.5), aloneP99: quantile(ackMs, 0.99), aloneP999: quantile(ackMs, 0.999) };
  },
};

const low: Task = {
  name: 'low load',
  clients: 100,
  async run(traffic, { lengths }) {
    const { ackMs, deliveryMs } = await traffic.openLoop(LOW_RATE, lengths.warmUpSeconds, lengths.latencySeconds);
    return {
      lowAckP50: quantile(ackMs, 0.5),
      lowAckP99: quantile(ackMs, 0.99),
      lowAckP999: quantile(ackMs, 0.999),
      lowDeliveryP50: quantile(deliveryMs, 0.5),
      lowDeliveryP99: quantile(deliveryMs, 0.99),
      lowDeliveryP999: quantile(deliveryMs, 0.999),
    };
  },
};

const half: Task = {
  name: 'half load',
  clients: 100,
  async run(traffic, { earlier, lengths }) {
    const rate = earlier.burstAcked! / 2;
    const { ackMs, deliveryMs } = await traffic.openLoop(rate, lengths.warmUpSeconds, lengths.latencySeconds);
    return {
      halfAckP50: quantile(ackMs, 0.5),
      halfAckP99: quantile(ackMs, 0.99),
      halfAckP999: quantile(ackMs, 0.999),
      halfDeliveryP50: quantile(deliveryMs, 0.5),
      halfDeliveryP99: quantile(deliveryMs, 0.99),
      halfDeliveryP999: quantile(deliveryMs, 0.999),
    };
  },
};

/** In this order, as half of what the burst found is the load of the last one. */
export const tasks: readonly Task[] = [burst, oneClient, hundreds, alone, low, half];

/** Comes after all rounds of the others: it leaves accounts and queues by the thousand, which take CPU while they are idle. */
export const crowdTasks: readonly Task[] = [thousands];
