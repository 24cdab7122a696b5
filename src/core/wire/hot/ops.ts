/** The frame of records on their way to another server. */
import type { ByteWriter } from '../../lib/byte-writer.js';
import { beginFrame, endFrame, PUSH, typeOf } from '../frame.js';

const OPS_TYPE = typeOf('Ops');
/** The tag of the records in Ops. */
const RECORDS = 0x0a;

/** Appends the frame that `encodeFrame` makes of the parts joined, as a push. There is at least one byte of them. */
export function writeOpsFrame(writer: ByteWriter, parts: readonly Uint8Array[]): void {
  const start = beginFrame(writer, { type: OPS_TYPE, correlation: PUSH });
  let length = 0;
  for (const part of parts) length += part.length;
  writer.byte(RECORDS);
  writer.uint(length);
  writer.makeRoom(length);
  for (const part of parts) writer.bytes(part);
  endFrame(writer, start);
}
