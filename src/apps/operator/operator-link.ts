/**
 * The connection of an operator's command to one server: proves that both hold the group's key, then asks.
 *
 * A request may take as long as the server needs; only silence ends it.
 */
import { ByteWriter } from '../../core/lib/byte-writer.js';
import type { ConfigServer } from '../../core/model/config.js';
import { errorCodeOf } from '../../core/model/errors.js';
import { limits } from '../../core/model/limits.js';
import type { ConnectionId, DialFailure } from '../../core/ports/network.js';
import { OPERATOR } from '../../core/replica/peer-handshake.js';
import { decode } from '../../core/wire/codec.js';
import {
  encodeFrame,
  FLAG_IGNORABLE,
  FrameDecoder,
  messageNameOfType,
  preface,
  PUSH,
  type Frame,
} from '../../core/wire/frame.js';
import type { FrameName, MessageOf } from '../../core/wire/message-types.js';
import { isPeerProof, makePeerProof, PEER_NONCE_BYTES, type PeerProofFacts } from '../../core/wire/peer-proof.js';
import { spokenVersions } from '../../core/wire/version.js';
import { WireFault } from '../../core/wire/wire-fault.js';
import { DiallingNetwork } from '../../io/node/dialling-network.js';
import { nodeCrypto } from '../../io/node/crypto.js';
import { CommandFailed } from '../cli/command-failed.js';

export interface OperatorLinkOptions {
  readonly group: string;
  /** Empty where the group has none. */
  readonly key: Uint8Array;
  readonly server: ConfigServer;
}

interface Waiting {
  readonly take: (frame: Frame) => boolean;
  readonly fail: (failed: CommandFailed) => void;
}

const dialFailureTexts: Readonly<Record<DialFailure, string>> = {
  refused: 'it refuses connections',
  unreachable: 'its host cannot be reached',
  timedOut: 'the connection timed out',
  unknownHost: 'the name of its host is not known',
};

export class OperatorLink {
  readonly #options: OperatorLinkOptions;
  readonly #network: DiallingNetwork;
  readonly #connection: ConnectionId;
  readonly #decoder = new FrameDecoder({ bodyBytesMax: limits.peerFrameBytesMax, expectsPreface: false });
  readonly #writer = new ByteWriter();
  readonly #nonce = nodeCrypto.randomBytes(PEER_NONCE_BYTES);
  readonly #waiting = new Map<number, Waiting>();
  #latestCorrelation = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout;
  #ended: CommandFailed | undefined;
  #proved: (() => void) | undefined;
  #provingFailed: ((failed: CommandFailed) => void) | undefined;

  /** @throws CommandFailed where the server cannot be reached or does not prove itself. */
  static connect(options: OperatorLinkOptions): Promise<OperatorLink> {
    return new Promise((resolve, reject) => {
      const link: OperatorLink = new OperatorLink(options, () => resolve(link), reject);
    });
  }

  private constructor(options: OperatorLinkOptions, proved: () => void, failed: (failed: CommandFailed) => void) {
    this.#options = options;
    this.#proved = proved;
    this.#provingFailed = failed;
    this.#network = new DiallingNetwork({
      opened: () => this.#sendHello(),
      received: (_id, bytes) => this.#received(bytes),
      drained: () => {},
      closed: (_id, reason) => this.#end('NO_SERVER', this.#whyClosed(reason)),
    });
    this.#connection = this.#network.dial(options.server);
    this.#silence = this.#expectWithin(limits.clientConnectMs);
  }

  /**
   * Asks, and resolves with the answer. `progress` is told of every other frame that comes under the same correlation id.
   * @throws CommandFailed with what the server said, or where the connection ends before the answer.
   */
  ask<Name extends FrameName, Answer extends FrameName>(
    name: Name,
    message: MessageOf<Name>,
    answerName: Answer,
    progress: (name: FrameName, body: Uint8Array) => void = () => {},
  ): Promise<MessageOf<Answer>> {
    this.#latestCorrelation += 1;
    const correlation = this.#latestCorrelation;
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      const take = ({ type, body }: Frame): boolean => {
        const came = messageNameOfType(type);
        if (came === answerName) resolve(decode(answerName, body.slice()));
        else if (came === 'Failed') reject(failedOf(decode('Failed', body)));
        else if (came !== undefined) progress(came, body.slice());
        return came === answerName || came === 'Failed';
      };
      this.#waiting.set(correlation, { take, fail: reject });
      this.#send(name, message, correlation);
    });
  }

  async close(): Promise<void> {
    this.#end('CLOSED', 'The command has ended.');
    await this.#network.stop();
  }

  #send<Name extends FrameName>(name: Name, message: MessageOf<Name>, correlation: number): void {
    encodeFrame(this.#writer, name, message, correlation);
    this.#network.send(this.#connection, this.#writer.take());
  }

  #sendHello(): void {
    const { group } = this.#options;
    this.#network.send(this.#connection, preface.slice());
    const proof = new Uint8Array(0);
    const hello = { ...spokenVersions, group, server: OPERATOR, nonce: this.#nonce, proof, capabilities: [] };
    this.#send('PeerHello', hello, PUSH);
  }

  #received(bytes: Uint8Array): void {
    if (this.#ended !== undefined) return;
    clearTimeout(this.#silence);
    this.#silence = this.#expectWithin(limits.clientSilenceMs);
    try {
      for (const frame of this.#decoder.feed(bytes)) {
        this.#take(frame);
        if (this.#ended !== undefined) return;
      }
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
      this.#end(error.code, `${this.#who} broke the protocol: ${error.message}`);
    }
  }

  #take(frame: Frame): void {
    const name = messageNameOfType(frame.type);
    if (name === 'Failed' && frame.correlation === PUSH) {
      const { code, message } = failedOf(decode('Failed', frame.body));
      this.#end(code, `${this.#who} refused: ${message}`);
    } else if (name === 'PeerHello' && this.#proved !== undefined) {
      this.#prove(decode('PeerHello', frame.body.slice()));
    } else if (frame.correlation !== PUSH) {
      if (this.#waiting.get(frame.correlation)?.take(frame) === true) this.#waiting.delete(frame.correlation);
    } else if ((frame.flags & FLAG_IGNORABLE) === 0) {
      this.#end('OUT_OF_ORDER', `${this.#who} sent what no operator expects.`);
    }
  }

  #prove({ server, nonce, proof }: MessageOf<'PeerHello'>): void {
    const { group, key, server: expected } = this.#options;
    if (server !== expected.id) {
      this.#end('GROUP_MISMATCH', `Server ${server} answers where the config has server ${expected.id}.`);
      return;
    }
    const facts: PeerProofFacts = {
      group,
      dialler: OPERATOR,
      acceptor: server,
      diallerNonce: this.#nonce,
      acceptorNonce: nonce,
    };
    if (!isPeerProof(nodeCrypto, key, 'acceptor', facts, proof)) {
      const what =
        key.length === 0 ? 'has a key, and the config names none' : 'does not hold the key that the config names';
      this.#end('GROUP_KEY_WRONG', `${this.#who} ${what}.`);
      return;
    }
    this.#send('PeerProof', { proof: makePeerProof(nodeCrypto, key, 'dialler', facts) }, PUSH);
    this.#heartbeat = setInterval(() => void this.ask('Ping', {}, 'Pong').catch(() => {}), limits.clientHeartbeatMs);
    this.#proved?.();
    this.#proved = this.#provingFailed = undefined;
  }

  #end(code: CommandFailed['code'], message: string): void {
    if (this.#ended !== undefined) return;
    const ended = new CommandFailed(code, message);
    this.#ended = ended;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#silence);
    this.#network.close(this.#connection);
    this.#provingFailed?.(ended);
    for (const { fail } of this.#waiting.values()) fail(ended);
    this.#waiting.clear();
  }

  #expectWithin(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#end('NO_SERVER', `${this.#who} did not answer in time.`), ms);
  }

  #whyClosed(reason: DialFailure | undefined): string {
    if (reason !== undefined) return `${this.#who} cannot be reached: ${dialFailureTexts[reason]}.`;
    return this.#proved === undefined
      ? `${this.#who} closed the connection before it answered.`
      : `${this.#who} cannot be reached.`;
  }

  get #who(): string {
    const { id, host, port } = this.#options.server;
    return `Server ${id} (${host}:${port})`;
  }
}

function failedOf({ code, message }: MessageOf<'Failed'>): CommandFailed {
  return new CommandFailed(errorCodeOf(code) ?? 'INTERNAL', message);
}
