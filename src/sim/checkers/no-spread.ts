/**
 * NoSpread: a bad record never leaves its server. Every record that a server gives to the network for another is whole, and
 * the one that its maker wrote under that dot. Looked at where bits turn.
 */
import { crc32c } from '../../core/lib/crc32c.js';
import { readRecord } from '../../core/model/record.js';
import { formatDot } from '../../core/model/ids.js';
import { limits } from '../../core/model/limits.js';
import type { ConnectionId } from '../../core/ports/network.js';
import { decode } from '../../core/wire/codec.js';
import { FrameDecoder, messageNameOfType, preface } from '../../core/wire/frame.js';
import type { MadeServer } from '../server.js';
import type { Breach, Checker, Scene } from './checker.js';

export function noSpread({ options, ledger }: Scene): Checker {
  const turnsBits = options.faults.includes('flip');
  const decoders = new Map<ConnectionId, FrameDecoder>();

  const sent = ({ id }: MadeServer, connection: ConnectionId, bytes: Uint8Array): Breach => {
    if (!turnsBits) return undefined;
    let decoder = decoders.get(connection);
    if (decoder === undefined) {
      const expectsPreface = preface.every((byte, index) => bytes[index] === byte);
      decoder = new FrameDecoder({ bodyBytesMax: limits.peerFrameBytesMax, expectsPreface });
      decoders.set(connection, decoder);
    }
    let breach: Breach;
    for (const { type, body } of decoder.feed(bytes)) {
      if (messageNameOfType(type) === 'Ops') breach ??= faultIn(decode('Ops', body).records, id);
    }
    return breach;
  };

  const faultIn = (records: Uint8Array, server: number): Breach => {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    for (let at = 0; at < records.length; at += view.getUint32(at)) {
      const end = at + view.getUint32(at);
      const isSound = end <= records.length && crc32c(records, at + 8, end) === view.getUint32(at + 4);
      if (!isSound) return `server ${server} sent another a record whose checksum is wrong`;
      const reading = readRecord(records, at);
      const known = reading.state === 'whole' ? ledger.ops.get(formatDot(reading.header)) : undefined;
      const isOther = reading.state === 'whole' && known !== undefined && known.checksum !== reading.header.checksum;
      // A dot whose op went with the last disk that held it is used anew, and what is written is sent while it is written.
      if (isOther && !ledger.isLost(known)) {
        return `server ${server} sent another an op ${known.key} that is not the one written under that dot`;
      }
    }
    return undefined;
  };
  return { name: 'NoSpread', sent };
}
