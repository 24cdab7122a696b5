import { createHash, createHmac, randomBytes } from 'node:crypto';

import type { Crypto } from '../../core/ports/crypto.js';

export const nodeCrypto: Crypto = {
  randomBytes: (length) => randomBytes(length),
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
};
