/** The rows of the comparison: what is measured of each system in each round. */

export interface Row {
  readonly title: string;
  readonly unit: 'msg/s' | 'ms' | 's';
  /** Whether more is better, as with a rate, or less, as with a time. */
  readonly better: 'more' | 'less';
}

const rate = (title: string): Row => ({ title, unit: 'msg/s', better: 'more' });
const time = (title: string): Row => ({ title, unit: 'ms', better: 'less' });

export const LOW_RATE = 200;
/** CPU is told for so many. */
export const CPU_MESSAGES = 100_000;

export const rows = {
  burstAcked: rate('100 clients x 32 sends under way, acknowledged'),
  burstDelivered: rate('the same, delivered'),
  burstServerCpu: {
    title: `the same, CPU of a server (mean) for ${CPU_MESSAGES.toLocaleString('en-US')} messages`,
    unit: 's',
    better: 'less',
  },
  oneClient: rate('1 x 32, acknowledged'),
  hundreds: rate('300 x 8, acknowledged'),
  thousands: rate('1,500 x 1, acknowledged'),
  aloneP50: time('one at a time, send to ack, p50'),
  aloneP99: time('the same, p99'),
  aloneP999: time('the same, p99.9'),
  lowAckP50: time(`${LOW_RATE}/s open loop, ack p50`),
  lowAckP99: time('the same, ack p99'),
  lowAckP999: time('the same, ack p99.9'),
  lowDeliveryP50: time('the same, delivery p50'),
  lowDeliveryP99: time('the same, delivery p99'),
  lowDeliveryP999: time('the same, delivery p99.9'),
  halfAckP50: time('half of its own burst rate, open loop, ack p50'),
  halfAckP99: time('the same, ack p99'),
  halfAckP999: time('the same, ack p99.9'),
  halfDeliveryP50: time('the same, delivery p50'),
  halfDeliveryP99: time('the same, delivery p99'),
  halfDeliveryP999: time('the same, delivery p99.9'),
} as const satisfies Record<string, Row>;

export type RowKey = keyof typeof rows;

export const rowKeys = Object.keys(rows) as readonly RowKey[];

/** Of one system in one round. */
export type Figures = Partial<Record<RowKey, number>>;
