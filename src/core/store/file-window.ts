/** Reads a file of records from front to back through a window, so that a scan asks the disk once per MiB. */
import { limits } from '../model/limits.js';
import { RECORD_HEADER_BYTES, readRecord, type RecordReading } from '../model/record.js';
import type { Disk } from '../ports/disk.js';
import { readAtStart } from './start-reading.js';

const WINDOW_BYTES = 1024 * 1024;

export class FileWindow {
  readonly #disk: Disk;
  readonly #file: string;
  readonly size: number;
  /** Some of what was read is zeros because the medium did not give it. */
  hasUnreadable = false;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(disk: Disk, file: string) {
    this.#disk = disk;
    this.#file = file;
    this.size = disk.size(file);
  }

  /** What stands at `offset`; `short` only where the file ends too early. Throws where the disk fails. */
  record(offset: number): RecordReading {
    const index = this.#indexOf(offset);
    return readRecord(this.#bytes, index);
  }

  /** The bytes of the record just read there. They are overwritten by nothing, but keep the whole window alive. */
  slice(offset: number, length: number): Uint8Array {
    const index = this.#indexOf(offset);
    return this.#bytes.subarray(index, index + length);
  }

  /** The length that the bytes at `offset` would give a record there, where that can be a length. */
  statedLength(offset: number): number | undefined {
    if (offset + 4 > this.size) return undefined;
    const index = this.#indexOf(offset);
    const bytes = this.#bytes;
    if (bytes[index] !== 0) return undefined;
    const length = (bytes[index + 1]! << 16) | (bytes[index + 2]! << 8) | bytes[index + 3]!;
    return length >= RECORD_HEADER_BYTES && length <= limits.recordBytesMax ? length : undefined;
  }

  /** Makes sure that the longest record that can begin at `offset` is in the window; the index of its first byte. */
  #indexOf(offset: number): number {
    const end = Math.min(offset + limits.recordBytesMax, this.size);
    if (offset < this.#start || end > this.#start + this.#bytes.length) {
      this.#start = offset;
      const reading = readAtStart(this.#disk, this.#file, offset, Math.min(WINDOW_BYTES, this.size - offset));
      this.#bytes = reading.bytes;
      this.hasUnreadable ||= reading.hasUnreadable;
    }
    return offset - this.#start;
  }
}
