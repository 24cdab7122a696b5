/**
 * InOrder: what one device sends another comes in the order in which it was sent, where the servers were not apart. They
 * were apart where the server that took a message did not hold the one before: that one is late when it comes.
 */
import { formatDot } from '../../core/model/ids.js';
import type { Vector } from '../../core/model/vector.js';
import type { Device, ReceivedMessage } from '../device.js';
import type { KnownOp } from '../ledger.js';
import { isWhole } from '../options.js';
import type { MadeServer } from '../server.js';
import type { Breach, Checker, Scene } from './checker.js';

interface Shown {
  readonly index: number;
  readonly text: string;
  readonly key: string;
}

export function inOrder({ options, devices, ledger }: Scene): Checker {
  /** By op: what the first server that held it held then. */
  const heldWith = new Map<string, Vector>();
  const latest = new Map<string, Shown>();
  const senderOf = new Map<string, { readonly label: string; readonly index: number }>();

  const stored = ({ id }: MadeServer, { key }: KnownOp): Breach => {
    if (!heldWith.has(key)) heldWith.set(key, ledger.held(id).clone());
    return undefined;
  };

  const find = (text: string): { readonly label: string; readonly index: number } | undefined => {
    const known = senderOf.get(text);
    if (known !== undefined) return known;
    for (const { plan, sent } of devices) {
      const index = sent.findIndex((message) => message.text === text);
      if (index < 0) continue;
      const sender = { label: plan.label, index };
      senderOf.set(text, sender);
      return sender;
    }
    return undefined;
  };

  const seen = (device: Device, { message, account }: ReceivedMessage): Breach => {
    const sender = find(message.text);
    if (sender === undefined) return `${device.plan.label} was shown "${message.text}", which nobody sent`;
    if (!isWhole(options)) return undefined;
    const pair = `${sender.label} ${device.plan.label} ${account}`;
    const before = latest.get(pair);
    const isLate = before !== undefined && sender.index < before.index;
    if (!isLate) {
      latest.set(pair, { index: sender.index, text: message.text, key: formatDot(message.id) });
      return undefined;
    }
    if (heldWith.get(before.key)?.covers(message.id) !== true) return undefined;
    return `${device.plan.label} was shown "${message.text}" after "${before.text}", whose server held both`;
  };
  return { name: 'InOrder', stored, seen };
}
