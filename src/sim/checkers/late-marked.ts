/**
 * LateMarked: what a stream gives after something clearly younger, or after a later message of the same session of its
 * sender, is marked as late.
 */
import { formatDot } from '../../core/model/ids.js';
import { limits } from '../../core/model/limits.js';
import type { Device, ReceivedMessage } from '../device.js';
import type { Breach, Checker, Scene } from './checker.js';

interface Stream {
  latestTime: number;
  latestText: string;
  /** By session of the sender: the highest counter that came. */
  readonly counters: Map<string, number>;
}

const TICKS_PER_MS = 1024;

export function lateMarked({ devices }: Scene): Checker {
  const streams = new Map<string, Stream>();

  const sendOf = (text: string): { readonly session: string; readonly counter: number } | undefined => {
    for (const { sent } of devices) {
      const found = sent.find((message) => message.text === text);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  const seen = (device: Device, { message, account, stream: number }: ReceivedMessage): Breach => {
    const key = `${device.plan.label} ${account} ${number}`;
    const stream = streams.get(key) ?? { latestTime: 0, latestText: '', counters: new Map<string, number>() };
    streams.set(key, stream);
    const { latestTime, latestText, counters } = stream;
    const send = sendOf(message.text);
    const latestCounter = (send && counters.get(send.session)) ?? 0;
    if (send !== undefined) counters.set(send.session, Math.max(latestCounter, send.counter));
    if (message.time > latestTime) {
      stream.latestTime = message.time;
      stream.latestText = message.text;
    }
    if (message.late) return undefined;
    const behindMs = (latestTime - message.time) / TICKS_PER_MS;
    if (behindMs > limits.lateAfterMs) {
      return `${device.plan.label} was shown "${message.text}" (${formatDot(message.id)}) unmarked after "${latestText}", which is ${Math.round(behindMs)} ms younger`;
    }
    if (send === undefined || send.counter > latestCounter) return undefined;
    return `${device.plan.label} was shown "${message.text}" unmarked after a later message of the same session`;
  };
  return { name: 'LateMarked', seen };
}
