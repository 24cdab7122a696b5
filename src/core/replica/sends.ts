/**
 * Send, the one request that comes by the hundred thousand: no steps, no reservation, one op.
 *
 * A send that was seen before is answered with its first result, whichever server that came from. Before it is, it must
 * be stored where a new one would be; and what the client sends after it waits, or a reader could see the later
 * message first.
 */
import type { Account } from '../chat/account.js';
import type { ClientCounters } from '../chat/client-counters.js';
import type { Attached, ServerContext, WrittenMessage } from '../chat/context.js';
import { conversationKey, directConversation } from '../model/conversation.js';
import { sameBytes } from '../chat/operation-id.js';
import { accountNamed, plainName } from '../chat/rules.js';
import { run, wait, type Outcome, type Steps } from '../chat/steps.js';
import { readMessageRecord } from '../chat/text.js';
import { ByteKeeper } from '../lib/byte-keeper.js';
import { toHex } from '../lib/hex.js';
import { failure, Refused, type ErrorCode, type Failure } from '../model/errors.js';
import { wallMsOf, type HybridTime } from '../model/hybrid-time.js';
import type { Dot } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { SendInBytes } from '../wire/hot/send.js';
import type { MessageOf } from '../wire/message-types.js';
import { WireFault } from '../wire/wire-fault.js';

/** The connection that a send came on. */
export interface Line {
  /** Keeps what the client sends next waiting. */
  hold(): void;
  letGo(): void;
  answerSend(outcome: Outcome<MessageOf<'Sent'>>, correlation: number): void;
}

interface FirstSend extends Dot {
  readonly time: HybridTime;
  readonly text: Uint8Array;
}

/** A send that was written here, from then until it is acknowledged. */
class UnsettledSend implements FirstSend, WrittenMessage {
  origin = 0;
  seq = 0;
  time = 0;
  sinceMs = 0;

  constructor(
    readonly sends: Sends,
    readonly line: Line,
    readonly correlation: number,
    readonly counters: ClientCounters,
    readonly counter: number,
    readonly recipient: Account,
    readonly text: Uint8Array,
  ) {}

  stored(copies: number): void {
    this.sends.stored(this, copies);
  }
}

export class Sends {
  readonly #context: ServerContext;
  /** By client, and then by counter. */
  readonly #unsettled = new Map<ClientCounters, Map<number, UnsettledSend>>();
  /** Requests share their memory with what was received. */
  readonly #texts = new ByteKeeper();

  /**
   * By connection, the counter of the first send that was refused for want of copies. What was sent behind it is refused
   * too, until that one comes again: else it would be overtaken as soon as there are copies enough.
   */
  readonly #firstRefused = new WeakMap<Line, number>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** Answers on the line, then or later. @throws WireFault */
  send(attached: Attached | undefined, request: SendInBytes, line: Line, correlation: number): void {
    if (attached === undefined) return refuse(line, correlation, 'NOT_LOGGED_IN');
    const { counter, text } = request;
    if (text.length === 0) return refuse(line, correlation, 'TEXT_EMPTY');
    if (text.length > limits.textBytesMax) return refuse(line, correlation, 'TEXT_TOO_LONG');
    if (counter < 1) throw new WireFault('MALFORMED', 'The counter of a send is 1 or more.');
    const { state } = this.#context;
    const { id: sender } = attached.account;
    const { client } = attached.session.operation;
    const counters = attached.account.clients.of(client);

    const unsettled = this.#unsettled.get(counters);
    const first = unsettled?.get(counter);
    if (first !== undefined) {
      // As when the first send is looked for: the name may have changed hands since.
      const isTheSame = state.names.claims(plainName(request.to)).includes(first.recipient);
      if (!isTheSame) return refuse(line, correlation, 'OPERATION_REUSED');
      return this.#answerAgain(first, text, line, correlation);
    }
    if (counters.seen.has(counter)) return this.#repeat(attached, request, line, correlation);
    if (counters.seen.runs >= limits.counterRunsMax && this.#leavesGap(counters, unsettled, counter)) {
      return refuse(line, correlation, 'COUNTERS_SKIPPED');
    }

    const recipient = accountNamed(state.names, request.to);
    if (recipient === undefined) return refuse(line, correlation, 'RECIPIENT_NOT_FOUND');
    const whyNot = this.#whyNot(line, counter);
    if (whyNot !== undefined) return line.answerSend({ state: 'refused', failure: whyNot }, correlation);
    const conversation = directConversation(sender, recipient.id);
    const kept = this.#texts.keep(text);
    const send = new UnsettledSend(this, line, correlation, counters, counter, recipient, kept);
    this.#context.writeMessage({ sender, conversation, operation: { client, counter }, text }, send);
    this.#remember(send);
  }

  /** To be called by what this has written. */
  stored(send: UnsettledSend, copies: number): void {
    this.#settle(send);
    answer(send, send.time, this.#context.outcomeOf(copies), send.line, send.correlation);
  }

  /** Whether neither the counter before this one nor the one behind it was seen or is on its way. */
  #leavesGap({ seen }: ClientCounters, unsettled: ReadonlyMap<number, unknown> | undefined, counter: number): boolean {
    return ![counter - 1, counter + 1].some((next) => seen.has(next) || unsettled?.has(next));
  }

  #whyNot(line: Line, counter: number): Failure | undefined {
    const whyNot = this.#context.whyNotWritable();
    if (whyNot !== undefined) return whyNot;
    const first = this.#firstRefused.get(line);
    const isBehind = first !== undefined && counter > first;
    const lacking = this.#context.lackOfCopies() ?? (isBehind ? failure('NOT_ENOUGH_COPIES') : undefined);
    if (lacking === undefined && first === undefined) return undefined;
    if (lacking === undefined) this.#firstRefused.delete(line);
    else if (!isBehind) this.#firstRefused.set(line, counter);
    return lacking;
  }

  #remember(send: UnsettledSend): void {
    const byCounter = this.#unsettled.get(send.counters);
    if (byCounter === undefined) this.#unsettled.set(send.counters, new Map([[send.counter, send]]));
    else byCounter.set(send.counter, send);
  }

  #settle({ counters, counter }: UnsettledSend): void {
    const byCounter = this.#unsettled.get(counters);
    byCounter?.delete(counter);
    if (byCounter?.size === 0) this.#unsettled.delete(counters);
  }

  /** Answers a send that was seen before and of which only the log still knows the result. */
  #repeat(attached: Attached, request: SendInBytes, line: Line, correlation: number): void {
    const { to, counter } = request;
    const text = request.text.slice();
    line.hold();
    run(this.#findFirst(attached, to, counter), (outcome) => {
      if (outcome.state === 'refused') line.answerSend(outcome, correlation);
      else this.#answerAgain(outcome.value, text, line, correlation);
      line.letGo();
    });
  }

  /** The name may have changed hands since, so the first send is looked for with everyone who ever claimed it. */
  *#findFirst(attached: Attached, to: string, counter: number): Steps<FirstSend> {
    const { client } = attached.session.operation;
    for (const recipient of this.#context.state.names.claims(plainName(to))) {
      const conversation = conversationKey(directConversation(attached.account.id, recipient.id));
      const query = { kind: 'sent', conversation, client: toHex(client), counter } as const;
      const { record, unreadable } = yield* wait(this.#context.query(query));
      if (record !== undefined) return firstSendOf(record);
      // It was stored, and cannot be read here until another server has helped.
      if (unreadable.length > 0)
        throw new Refused(failure('BUSY', 'The first result stands on a damaged part of the disk.'));
    }
    throw new Refused('OPERATION_REUSED');
  }

  #answerAgain(first: FirstSend, text: Uint8Array, line: Line, correlation: number): void {
    if (!sameBytes(first.text, text)) return refuse(line, correlation, 'OPERATION_REUSED');
    line.hold();
    const { origin, seq, time } = first;
    const dot = { origin, seq };
    this.#context.whenStored(dot)((outcome) => {
      answer(dot, time, outcome, line, correlation);
      line.letGo();
    });
  }
}

function firstSendOf(record: Uint8Array): FirstSend {
  const { header, op } = readMessageRecord(record);
  const { origin, seq, time } = header;
  return { origin, seq, time, text: op.text };
}

function refuse(line: Line, correlation: number, code: ErrorCode): void {
  line.answerSend({ state: 'refused', failure: failure(code) }, correlation);
}

/** Tells the client what came of a message. */
function answer(
  id: Dot,
  time: HybridTime,
  outcome: Outcome<MessageOf<'StoredOn'>>,
  line: Line,
  correlation: number,
): void {
  if (outcome.state === 'refused') {
    line.answerSend(outcome, correlation);
    return;
  }
  const sent = { id, sentAtMs: wallMsOf(time), time, storedOn: outcome.value };
  line.answerSend({ state: 'done', value: sent }, correlation);
}
