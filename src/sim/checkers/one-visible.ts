/**
 * OneVisible: a send is shown once, however often it was repeated: once in each stream, and once in the history. The one
 * exception is decision 0008: a device that began a new stream, at a server that lacks the copy shown before.
 */
import { formatDot } from '../../core/model/ids.js';
import type { Device, ReceivedMessage } from '../device.js';
import type { Breach, Checker, Scene } from './checker.js';

export function oneVisible(scene: Scene): Checker {
  const { ledger } = scene;
  const firstByDevice = new Map<Device, Map<string, ReceivedMessage>>();

  const seen = (device: Device, received: ReceivedMessage): Breach => {
    const { message, account, stream } = received;
    let firsts = firstByDevice.get(device);
    if (firsts === undefined) {
      firsts = new Map();
      firstByDevice.set(device, firsts);
    }
    const key = `${account} ${message.text}`;
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, received);
      return undefined;
    }
    const before = first.message.id;
    const wasUnknown = device.server !== undefined && !ledger.held(device.server).covers(before);
    if (first.stream !== stream && wasUnknown) return undefined;
    return `${device.plan.label} was shown "${message.text}" twice, as ${formatDot(before)} and as ${formatDot(message.id)}`;
  };

  const ended = (): Breach => {
    for (const { device, with: other, texts } of scene.histories) {
      const twice = texts.find((text, index) => texts.indexOf(text) !== index);
      if (twice !== undefined) return `the history of ${device.plan.label} with ${other} has "${twice}" twice`;
    }
    return undefined;
  };
  return { name: 'OneVisible', seen, ended };
}
