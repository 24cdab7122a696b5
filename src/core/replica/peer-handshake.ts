/**
 * How two servers come to trust a connection: each shows its id and group, and proves that it holds the group's key
 * before the other says anything of what it holds. Nothing but the handshake's own messages is read until then. A
 * command of an operator proves itself in the same way.
 */
import { failure, type Failure } from '../model/errors.js';
import type { ServerId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Crypto } from '../ports/crypto.js';
import { decode } from '../wire/codec.js';
import type { FrameName, MessageOf } from '../wire/message-types.js';
import { isPeerProof, makePeerProof, PEER_NONCE_BYTES, type PeerProofFacts } from '../wire/peer-proof.js';
import { commonVersion, spokenVersions } from '../wire/version.js';
import type { Connection } from './connection.js';

/** What a server shows of itself, and the secret that it proves to hold. */
export interface PeerIdentity {
  readonly group: string;
  readonly server: ServerId;
  readonly key: Uint8Array;
  /** Whether there is a link to the server already. */
  readonly isLinked: (server: ServerId) => boolean;
  /** Whether the group has settled that the server is a member. */
  readonly vouchesFor: (server: ServerId) => boolean;
}

/**
 * In place of a server's id: a command of an operator, which holds the key of the group as servers do. It is never dialled,
 * and gets no link.
 */
export const OPERATOR: ServerId = 0;

export type HandshakeStep =
  | { readonly state: 'waiting' }
  /** Another connection with that server became the link meanwhile; the other side has no proof, so this can be closed. */
  | { readonly state: 'needless' }
  | Proved
  | Failure;

/** The other side has shown that it holds the key of the group. */
export interface Proved {
  readonly state: 'proved';
  /** {@link OPERATOR} where it is no server. */
  readonly server: ServerId;
  /** Of the protocol. */
  readonly version: number;
  /** It says that the group has settled that this server is a member. */
  readonly vouches: boolean;
}

const waiting: HandshakeStep = { state: 'waiting' };

export class PeerHandshake {
  readonly #nonce: Uint8Array;
  #facts: PeerProofFacts | undefined;
  /** Who the other says it is. */
  #peer: ServerId | undefined;
  #version: number | undefined;
  #vouches = false;

  constructor(
    readonly connection: Connection,
    readonly identity: PeerIdentity,
    readonly crypto: Crypto,
    /** Of a connection that was dialled: whom it was to lead to. */
    readonly expected: ServerId | undefined,
  ) {
    this.#nonce = crypto.randomBytes(PEER_NONCE_BYTES);
    if (connection.side === 'dialled') this.#sendHello(new Uint8Array(0));
  }

  /** The server at the other end, by its own word or by the config; undefined before it said anything. */
  get claimed(): ServerId | undefined {
    return this.expected ?? this.#peer;
  }

  /** @throws WireFault where the body cannot be read. */
  received(name: FrameName | undefined, body: Uint8Array): HandshakeStep {
    if (name === 'PeerHello' && this.#facts === undefined) return this.#hello(decode('PeerHello', body.slice()));
    if (name === 'PeerProof' && this.#facts !== undefined && this.connection.side === 'accepted') {
      return this.#checkProof('dialler', decode('PeerProof', body).proof);
    }
    if (name === 'Failed') {
      const { message, retry } = decode('Failed', body);
      // What passes by itself, such as a silence, is no reason that somebody has to look into.
      return failure(retry === 0 ? 'OUT_OF_ORDER' : 'CONNECTION_LOST', `It refused: ${message}`);
    }
    return failure('OUT_OF_ORDER');
  }

  #hello(hello: MessageOf<'PeerHello'>): HandshakeStep {
    const { group, server, key } = this.identity;
    this.#version = commonVersion(hello);
    if (this.#version === undefined) return failure('VERSION_UNSUPPORTED');
    this.#peer = hello.server;
    this.#vouches = hello.vouches === true;
    if (hello.group.length > limits.groupLengthMax) return failure('MALFORMED', 'The name of the group is too long.');
    if (hello.group !== group) return failure('GROUP_MISMATCH', `This is group "${group}", not "${hello.group}".`);
    const isOperator = hello.server === OPERATOR && this.connection.side === 'accepted';
    // Whether the other is a member is said only to one that has proved that it may know.
    const isServer = hello.server !== OPERATOR && hello.server !== server && hello.server <= limits.serverIdMax;
    if (!isOperator && !isServer) {
      return failure(
        'GROUP_MISMATCH',
        `Server ${server} links to other servers, and this one says it is ${hello.server}.`,
      );
    }
    if (this.expected !== undefined && hello.server !== this.expected) {
      return failure('GROUP_MISMATCH', `Server ${hello.server} answers where server ${this.expected} should be.`);
    }
    if (hello.nonce.length !== PEER_NONCE_BYTES) return failure('MALFORMED', 'A nonce has 32 bytes.');
    if (this.connection.side === 'accepted') {
      this.#facts = {
        group,
        dialler: hello.server,
        acceptor: server,
        diallerNonce: hello.nonce,
        acceptorNonce: this.#nonce,
      };
      this.#sendHello(makePeerProof(this.crypto, key, 'acceptor', this.#facts));
      return waiting;
    }
    this.#facts = {
      group,
      dialler: server,
      acceptor: hello.server,
      diallerNonce: this.#nonce,
      acceptorNonce: hello.nonce,
    };
    const step = this.#checkProof('acceptor', hello.proof);
    if ('code' in step) return step;
    if (this.identity.isLinked(hello.server)) return { state: 'needless' };
    this.connection.send('PeerProof', { proof: makePeerProof(this.crypto, key, 'dialler', this.#facts) });
    return step;
  }

  #checkProof(side: 'dialler' | 'acceptor', proof: Uint8Array): HandshakeStep {
    if (!isPeerProof(this.crypto, this.identity.key, side, this.#facts!, proof)) return failure('GROUP_KEY_WRONG');
    return { state: 'proved', server: this.#peer!, version: this.#version!, vouches: this.#vouches };
  }

  #sendHello(proof: Uint8Array): void {
    const { group, server, vouchesFor } = this.identity;
    this.connection.send('PeerHello', {
      ...spokenVersions,
      group,
      server,
      nonce: this.#nonce,
      proof,
      capabilities: [],
      // Who dials knows whom, and need not be vouched for.
      vouches: this.expected !== undefined && vouchesFor(this.expected),
    });
  }
}
