/**
 * The schema table: every message of the wire protocol and the body of every op. The codec, the TypeScript types,
 * `docs/spec/holdfast.proto`, the tables of `docs/spec/wire.md` and the test vectors come from it.
 *
 * A field's number and type are never changed or used again. A test pins the hash of the table to the protocol version.
 */
import { sharedMessages } from './schema/shared.js';
import { handshakeMessages } from './schema/handshake.js';
import { accountMessages } from './schema/accounts.js';
import { textMessages } from './schema/texts.js';
import { operatorMessages } from './schema/operators.js';
import { peerMessages } from './schema/peers.js';
import { opMessages } from './schema/ops.js';
import { savedMessages } from './schema/saved.js';

/** The newest version. Which others are spoken is in version.ts. */
export const protocolVersion = 2;

export const schema = {
  ...sharedMessages,
  ...handshakeMessages,
  ...accountMessages,
  ...textMessages,
  ...operatorMessages,
  ...peerMessages,
  ...opMessages,
  ...savedMessages,
};
