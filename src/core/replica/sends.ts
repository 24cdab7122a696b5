/**
 * Send, the one request that comes by the hundred thousand: no steps, no reservation, one op.
 *
 * A send that was seen before is answered with its first result, whichever server that came from. Before it is, it must
 * be stored where a new one would be; and what the client sends after it waits, or a reader could see the later
 * message first.
 */
import type { Account } from '../chat/account.js';
import type { ClientCounters } from '../chat/client-counters.js';
import type { Attached, ServerContext } from '../chat/context.js';
import { conversationKey, directConversation } from '../model/conversation.js';
import { accountNamed, plainName } from '../chat/rules.js';
import { run, wait, type Outcome, type Steps } from '../chat/steps.js';
import { assert } from '../lib/assert.js';
import { toHex } from '../lib/hex.js';
import { byteLengthOf } from '../lib/utf8.js';
import { failure, Refused, type ErrorCode, type Failure } from '../model/errors.js';
import { wallMsOf } from '../model/hybrid-time.js';
import type { Dot } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { bodyOf, readRecord } from '../model/record.js';
import { decode } from '../wire/codec.js';
import type { MessageOf } from '../wire/message-types.js';
import { WireFault } from '../wire/wire-fault.js';

export type SendDone = (outcome: Outcome<MessageOf<'Sent'>>) => void;

/** Keeps what a client sends next waiting. */
export interface Line {
  hold(): void;
  letGo(): void;
}

interface FirstSend extends Dot {
  readonly time: number;
  readonly text: string;
}

interface UnsettledSend extends FirstSend {
  readonly recipient: Account;
}

export class Sends {
  readonly #context: ServerContext;
  /** Written here and not yet acknowledged: by client, and then by counter. */
  readonly #unsettled = new Map<ClientCounters, Map<number, UnsettledSend>>();

  /**
   * By connection, the counter of the first send that was refused for want of copies. What was sent behind it is refused
   * too, until that one comes again: else it would be overtaken as soon as there are copies enough.
   */
  readonly #firstRefused = new WeakMap<Line, number>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  send(attached: Attached | undefined, request: MessageOf<'Send'>, line: Line, done: SendDone): void {
    if (attached === undefined) return refuse(done, 'NOT_LOGGED_IN');
    const textBytes = byteLengthOf(request.text);
    if (textBytes === 0) return refuse(done, 'TEXT_EMPTY');
    if (textBytes > limits.textBytesMax) return refuse(done, 'TEXT_TOO_LONG');
    if (request.counter < 1) throw new WireFault('MALFORMED', 'The counter of a send is 1 or more.');
    const { state } = this.#context;
    const { id: sender } = attached.account;
    const { client } = attached.session.operation;
    const { counter, text } = request;
    const counters = attached.account.clients.of(client);

    const unsettled = this.#unsettled.get(counters)?.get(counter);
    if (unsettled !== undefined) {
      // As when the first send is looked for: the name may have changed hands since.
      const isTheSame = state.names.claims(plainName(request.to)).includes(unsettled.recipient);
      if (!isTheSame) return refuse(done, 'OPERATION_REUSED');
      return this.#answerAgain(unsettled, text, line, done);
    }
    if (counters.seen.has(counter)) return this.#repeat(attached, request, line, done);
    const leavesGap = !counters.seen.has(counter - 1);
    if (leavesGap && counters.seen.runs >= limits.counterRunsMax) return refuse(done, 'COUNTERS_SKIPPED');

    const recipient = accountNamed(state.names, request.to);
    if (recipient === undefined) return refuse(done, 'RECIPIENT_NOT_FOUND');
    const whyNot = this.#whyNot(line, counter);
    if (whyNot !== undefined) return done({ state: 'refused', failure: whyNot });
    const conversation = directConversation(sender, recipient.id);
    const op = { sender, conversation, operation: { client, counter }, text };
    const { origin, seq, time } = this.#context.writeNow('MessageSentOp', op, (outcome) => {
      this.#settle(counters, counter);
      if (outcome.state === 'refused') done(outcome);
      else done({ state: 'done', value: sentOf(outcome.value.dot, outcome.value.time, outcome.value.storedOn) });
    });
    this.#remember(counters, counter, { origin, seq, time, text, recipient });
  }

  #whyNot(line: Line, counter: number): Failure | undefined {
    const whyNot = this.#context.whyNotWritable();
    if (whyNot !== undefined) return whyNot;
    const first = this.#firstRefused.get(line);
    const isBehind = first !== undefined && counter > first;
    const lacking = this.#context.lackOfCopies() ?? (isBehind ? failure('NOT_ENOUGH_COPIES') : undefined);
    if (lacking === undefined) this.#firstRefused.delete(line);
    else if (!isBehind) this.#firstRefused.set(line, counter);
    return lacking;
  }

  #remember(counters: ClientCounters, counter: number, first: UnsettledSend): void {
    const byCounter = this.#unsettled.get(counters);
    if (byCounter === undefined) this.#unsettled.set(counters, new Map([[counter, first]]));
    else byCounter.set(counter, first);
  }

  #settle(counters: ClientCounters, counter: number): void {
    const byCounter = this.#unsettled.get(counters);
    byCounter?.delete(counter);
    if (byCounter?.size === 0) this.#unsettled.delete(counters);
  }

  /** Answers a send that was seen before and of which only the log still knows the result. */
  #repeat(attached: Attached, request: MessageOf<'Send'>, line: Line, done: SendDone): void {
    line.hold();
    run(this.#findFirst(attached, request), (outcome) => {
      if (outcome.state === 'refused') done(outcome);
      else this.#answerAgain(outcome.value, request.text, line, done);
      line.letGo();
    });
  }

  /** The name may have changed hands since, so the first send is looked for with everyone who ever claimed it. */
  *#findFirst(attached: Attached, request: MessageOf<'Send'>): Steps<FirstSend> {
    const { client } = attached.session.operation;
    const { counter } = request;
    for (const recipient of this.#context.state.names.claims(plainName(request.to))) {
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

  #answerAgain(first: FirstSend, text: string, line: Line, done: SendDone): void {
    if (first.text !== text) return refuse(done, 'OPERATION_REUSED');
    line.hold();
    const dot = { origin: first.origin, seq: first.seq };
    this.#context.whenStored(dot)((outcome) => {
      if (outcome.state === 'refused') done(outcome);
      else done({ state: 'done', value: sentOf(dot, first.time, outcome.value) });
      line.letGo();
    });
  }
}

function firstSendOf(record: Uint8Array): FirstSend {
  const reading = readRecord(record, 0);
  assert(reading.state === 'whole', 'the view database gives whole records');
  const { origin, seq, time } = reading.header;
  return { origin, seq, time, text: decode('MessageSentOp', bodyOf(record)).text };
}

function refuse(done: SendDone, code: ErrorCode): void {
  done({ state: 'refused', failure: failure(code) });
}

function sentOf(id: Dot, time: number, storedOn: MessageOf<'StoredOn'>): MessageOf<'Sent'> {
  return { id, sentAtMs: wallMsOf(time), time, storedOn };
}
