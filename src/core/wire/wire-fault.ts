/**
 * What decoding throws: the other side sent bytes that break the rules. It goes no further than whoever handed the
 * bytes to the codec, who answers with the code and closes. No input makes decoding throw anything else.
 */
import type { ErrorCode } from '../model/errors.js';

export class WireFault extends Error {
  override readonly name = 'WireFault';
  readonly code: Extract<ErrorCode, 'MALFORMED' | 'FRAME_TOO_LARGE'>;

  /** The message says what was found and where: the names of message and field, for a frame its sizes. */
  constructor(code: WireFault['code'], message: string) {
    super(message);
    this.code = code;
  }
}
