/** The work of the comparison, one piece after the other; the same for every system. */
import { CpuMeter } from '../support/machine.js';
import { quantile } from '../support/statistics.js';
import type { System } from '../support/system.js';
import type { Measured, Traffic } from '../support/traffic.js';
import { LOW_RATE, type Figures } from './rows.js';

export interface Lengths {
  /** Of the warm-up before the first round. */
  readonly firstSeconds: number;
  readonly burstSeconds: number;
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
      burstCpu: (meter.read().seconds * 1e6) / (traffic.acked - ackedBefore),
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
    const { ackMs } = await traffic.oneSender(1, lengths.warmUpSeconds, lengths.otherSeconds);
    return { aloneP50: quantile(ackMs, 0.5), aloneP99: quantile(ackMs, 0.99), aloneP999: quantile(ackMs, 0.999) };
  },
};

const low: Task = {
  name: 'low load',
  clients: 100,
  async run(traffic, { lengths }) {
    const { ackMs, deliveryMs } = await traffic.openLoop(LOW_RATE, lengths.warmUpSeconds, lengths.otherSeconds);
    return {
      lowAckP50: quantile(ackMs, 0.5),
      lowAckP99: quantile(ackMs, 0.99),
      lowDeliveryP50: quantile(deliveryMs, 0.5),
      lowDeliveryP99: quantile(deliveryMs, 0.99),
    };
  },
};

const half: Task = {
  name: 'half load',
  clients: 100,
  async run(traffic, { earlier, lengths }) {
    const rate = earlier.burstAcked! / 2;
    const { ackMs, deliveryMs } = await traffic.openLoop(rate, lengths.warmUpSeconds, lengths.otherSeconds);
    return {
      halfAckP50: quantile(ackMs, 0.5),
      halfAckP99: quantile(ackMs, 0.99),
      halfDeliveryP50: quantile(deliveryMs, 0.5),
      halfDeliveryP99: quantile(deliveryMs, 0.99),
    };
  },
};

/** In this order, as half of what the burst found is the load of the last one. */
export const tasks: readonly Task[] = [burst, oneClient, hundreds, alone, low, half];

/** Comes after all rounds of the others: it leaves accounts and queues by the thousand, which take CPU while they are idle. */
export const crowdTasks: readonly Task[] = [thousands];
