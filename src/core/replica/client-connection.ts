/**
 * A client's connection: the handshake, requests and their answers, the session attached to it.
 *
 * Requests are begun in the order in which they came. Those that change who is logged in are finished before the next is
 * begun, so a client may send Resume and what follows it at once. Answers come as they are ready.
 */
import type { Account, Session } from '../chat/account.js';
import { createAccount } from '../chat/commands/create-account.js';
import { deleteAccount } from '../chat/commands/delete-account.js';
import { listAccounts } from '../chat/commands/list-accounts.js';
import { login } from '../chat/commands/login.js';
import { logOff } from '../chat/commands/log-off.js';
import { markDelivered } from '../chat/commands/mark-delivered.js';
import { readHistory } from '../chat/commands/read-history.js';
import { resume } from '../chat/commands/resume.js';
import { search } from '../chat/commands/search.js';
import type { Attached, Caller, ServerContext } from '../chat/context.js';
import { run, type Outcome, type Steps } from '../chat/steps.js';
import { errorDefinitions, failure, type ErrorCode, type Failure } from '../model/errors.js';
import type { Dot } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { Vector } from '../model/vector.js';
import { decode } from '../wire/codec.js';
import { FLAG_IGNORABLE, messageNameOfType, PUSH, type Frame } from '../wire/frame.js';
import { writeDeliverFrame, type DeliverInBytes } from '../wire/hot/deliver.js';
import { readSend, writeSentFrame } from '../wire/hot/send.js';
import type { FrameName, MessageOf } from '../wire/message-types.js';
import { WireFault } from '../wire/wire-fault.js';
import type { Connection } from './connection.js';
import { Delivery } from './delivery.js';
import type { AttachedSessions, SessionHolder } from './attached-sessions.js';
import { Reads } from './reads.js';
import type { Line, Sends } from './sends.js';

const requestNames = [
  'CreateAccount',
  'Login',
  'Resume',
  'LogOff',
  'DeleteAccount',
  'ListAccounts',
  'Send',
  'Receive',
  'MarkDelivered',
  'ReadHistory',
  'Search',
  'AskStatus',
] as const satisfies readonly FrameName[];

/** Those that can end in an op. A Send may also be one that was stored before; see there. */
const writingNames: ReadonlySet<FrameName> = new Set([
  'CreateAccount',
  'Login',
  'LogOff',
  'DeleteAccount',
  'MarkDelivered',
]);

type RequestName = (typeof requestNames)[number];

/** What a client's connection needs of the server that it is connected to. */
export interface ClientServices {
  readonly context: ServerContext;
  readonly attached: AttachedSessions;
  readonly sends: Sends;
  /** Where the views are behind by as much as they may be, sends wait for them. */
  readonly viewRoom: { readonly isFull: boolean; whenRoom(callback: () => void): void };
  /** The answer to Hello, or why there is none. */
  welcome(hello: MessageOf<'Hello'>): MessageOf<'Welcome'> | Failure;
  status(): MessageOf<'Status'>;
  /** Runs what a client set off; a mistake of ours in it ends that client's connection and nothing else. */
  guard(client: ClientConnection, work: () => void): void;
}

interface WaitingRequest {
  readonly name: RequestName;
  readonly body: Uint8Array;
  readonly correlation: number;
}

export class ClientConnection implements Caller, Line, SessionHolder {
  readonly #services: ClientServices;
  #greeted = false;
  /** Of the protocol; 0 before the handshake. */
  #version = 0;
  #attached: Attached | undefined;
  #delivery: Delivery | undefined;
  #isClosed = false;
  #inFlight = 0;
  /** Above 0, requests wait in line. */
  #holds = 0;
  #line: WaitingRequest[] = [];
  #lineBytes = 0;
  /** Who is behind the requests that wait in line has yet to be shown. */
  #awaitsPassword = false;
  /** A command runs that the client's other requests wait for. */
  #isAlone = false;
  #untoldEnd: Failure | undefined;
  readonly #reads = new Reads();
  /** By themselves, so that a search that takes long does not hold up the history. */
  readonly #searches = new Reads();
  /** For requests that only read, which wait for each other. */
  readonly #readingContext: ServerContext;

  constructor(
    readonly connection: Connection,
    services: ClientServices,
  ) {
    this.#services = services;
    const { context } = services;
    this.#readingContext = {
      ...context,
      query: (query) => this.#reads.request(context.query(query)),
      search: (query) => this.#searches.request(context.search(query)),
    };
  }

  get attached(): Attached | undefined {
    return this.#attached;
  }

  get delivery(): Delivery | undefined {
    return this.#delivery;
  }

  /** Handles one frame. A body may be overwritten afterwards. @throws WireFault where it cannot be read. */
  received(frame: Frame): void {
    const name = messageNameOfType(frame.type);
    if (!this.#greeted) {
      this.#greet(name, frame);
      return;
    }
    switch (name) {
      case 'Ping':
        decode(name, frame.body);
        this.connection.send('Pong', {}, frame.correlation);
        return;
      case 'Pong':
        decode(name, frame.body);
        return;
      case 'Credit': {
        const { credit } = decode(name, frame.body);
        this.#delivery?.grant(credit);
        return;
      }
      default:
        break;
    }
    if (name === undefined || !isRequest(name)) {
      if (name === undefined && (frame.flags & FLAG_IGNORABLE) !== 0) return;
      this.closeWith(name === undefined ? 'UNKNOWN_TYPE' : 'OUT_OF_ORDER');
      return;
    }
    if (frame.correlation === PUSH) {
      this.closeWith('OUT_OF_ORDER', 'A request has a correlation id that is not 0.');
      return;
    }
    if (this.#inFlight >= limits.requestsInFlightMax) {
      this.closeWith('TOO_MANY_IN_FLIGHT');
      return;
    }
    this.#inFlight += 1;
    // What comes behind a login, at once, may be as long as what comes after it.
    if (name === 'Login' || name === 'Resume') this.connection.decoder.bodyBytesMax = limits.frameBytesMax;
    if (this.#holds > 0) this.#wait({ name, body: frame.body.slice(), correlation: frame.correlation });
    else this.#begin(name, frame.body, frame.correlation);
  }

  /** Puts the request in line. Strangers get little room there. */
  #wait(request: WaitingRequest): void {
    this.#lineBytes += request.body.length;
    if (this.#awaitsPassword && this.#lineBytes > limits.bytesBehindPasswordMax) this.closeWith('TOO_MANY_IN_FLIGHT');
    else this.#line.push(request);
  }

  /** Asks the client to go on with another server. */
  moveOn(): void {
    this.connection.send('MoveOn', {});
  }

  /** Tells the client who the members are now. */
  tellMembers(members: MessageOf<'Members'>['members']): void {
    if (this.#greeted) this.connection.send('Members', { members });
  }

  /** Whether it does so when it is asked to. */
  get movesOn(): boolean {
    return this.#version >= 2;
  }

  /** Says why, then closes. */
  closeWith(code: ErrorCode, message?: string): void {
    this.connection.fail(failure(code, message));
    this.connection.close();
    this.closed();
  }

  /** Tells that the session has ended for a reason that did not come from here. */
  endSession(ended: Failure): void {
    if (this.#attached === undefined) return;
    this.detach();
    if (this.#isAlone) this.#untoldEnd = ended;
    else this.#tellEnd(ended);
  }

  #tellEnd({ code, message }: Failure): void {
    this.connection.send('SessionEnded', { code: errorDefinitions[code].number, message });
  }

  tellName({ displayName, formerName }: Account): void {
    this.connection.send('NameChanged', { name: displayName, formerName });
  }

  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#line = [];
    this.#reads.end();
    this.#searches.end();
    this.detach();
  }

  attach(account: Account, session: Session): void {
    if (this.#isClosed) return;
    this.#attached = { account, session };
    this.#services.attached.add(account, this);
  }

  detach(): void {
    if (this.#attached === undefined) return;
    this.#services.attached.remove(this.#attached.account, this);
    this.#attached = undefined;
    this.#delivery?.end();
    this.#delivery = undefined;
  }

  #greet(name: FrameName | undefined, frame: Frame): void {
    if (name !== 'Hello' || frame.correlation === PUSH) {
      this.closeWith('OUT_OF_ORDER', 'The first frame is Hello, with a correlation id that is not 0.');
      return;
    }
    const hello = decode('Hello', frame.body);
    if (hello.capabilities.length > limits.capabilitiesMax) {
      throw new WireFault('MALFORMED', `More than ${limits.capabilitiesMax} capabilities.`);
    }
    const welcome = this.#services.welcome(hello);
    if ('code' in welcome) {
      this.closeWith(welcome.code, welcome.message);
      return;
    }
    this.#greeted = true;
    this.#version = welcome.version;
    this.connection.send('Welcome', welcome, frame.correlation);
  }

  /** @throws WireFault */
  #begin(name: RequestName, body: Uint8Array, correlation: number): void {
    const { context } = this.#services;
    const whyNot = this.#whyNot(name);
    if (whyNot !== undefined) {
      this.#answer(name, { state: 'refused', failure: whyNot }, correlation);
      return;
    }
    switch (name) {
      case 'Send':
        if (this.#services.viewRoom.isFull) this.#waitForRoom({ name, body: body.slice(), correlation });
        else this.#services.sends.send(this.#attached, readSend(body), this, correlation);
        return;
      case 'Receive':
        this.#answer('Receiving', this.#receive(checked(decode(name, body))), correlation);
        return;
      case 'CreateAccount':
        this.#runAlone('AccountCreated', createAccount(context, this, decode(name, body.slice())), correlation, true);
        return;
      case 'Login':
        this.#runAlone('LoggedIn', login(context, this, decode(name, body.slice())), correlation, true);
        return;
      case 'Resume':
        this.#runAlone('Resumed', resume(context, this, decode(name, body.slice())), correlation);
        return;
      case 'LogOff':
        decode(name, body);
        this.#runAlone('LoggedOff', logOff(context, this), correlation);
        return;
      case 'DeleteAccount':
        decode(name, body);
        this.#runAlone('AccountDeleted', deleteAccount(context, this), correlation);
        return;
      case 'ListAccounts':
        this.#run('AccountList', listAccounts(this.#readingContext, decode(name, body)), correlation);
        return;
      case 'MarkDelivered':
        this.#run('Marked', markDelivered(context, this, checked(decode(name, body))), correlation);
        return;
      case 'ReadHistory':
        this.#run('History', readHistory(this.#readingContext, this, decode(name, body)), correlation);
        return;
      case 'Search':
        this.#run('Found', search(this.#readingContext, this, decode(name, body)), correlation);
        return;
      case 'AskStatus':
        decode(name, body);
        this.#answer('Status', { state: 'done', value: this.#services.status() }, correlation);
        return;
    }
  }

  /** Who has a session is better served where new messages arrive, so a Resume is sent elsewhere as well. */
  #whyNot(name: RequestName): Failure | undefined {
    if (name !== 'Resume' && !writingNames.has(name)) return undefined;
    const whyNot = this.#services.context.whyNotWritable();
    return name === 'Resume' && whyNot?.retry !== 'elsewhere' ? undefined : whyNot;
  }

  #run<N extends FrameName>(answerName: N, steps: Steps<MessageOf<N>>, correlation: number): void {
    run(steps, (outcome) => this.#answer(answerName, outcome, correlation));
  }

  /**
   * While the command runs, what the client sends after it waits. That its session ended meanwhile is told behind the answer, unless
   * that says so itself.
   */
  #runAlone<N extends FrameName>(
    answerName: N,
    steps: Steps<MessageOf<N>>,
    correlation: number,
    awaitsPassword = false,
  ): void {
    this.hold();
    this.#isAlone = true;
    this.#awaitsPassword = awaitsPassword;
    run(steps, (outcome) => {
      this.#awaitsPassword = false;
      this.#answer(answerName, outcome, correlation);
      const ended = this.#untoldEnd;
      this.#isAlone = false;
      this.#untoldEnd = undefined;
      const saysSo = answerName === 'AccountDeleted' && outcome.state === 'done';
      if (ended !== undefined && !saysSo) this.#tellEnd(ended);
      this.letGo();
    });
  }

  hold(): void {
    this.#holds += 1;
  }

  letGo(): void {
    this.#holds -= 1;
    while (this.#holds === 0) {
      const next = this.#line.shift();
      if (next === undefined) return;
      this.#lineBytes -= next.body.length;
      this.#services.guard(this, () => this.#begin(next.name, next.body, next.correlation));
    }
  }

  answerSend(outcome: Outcome<MessageOf<'Sent'>>, correlation: number): void {
    if (outcome.state === 'refused') return this.#answer('Sent', outcome, correlation);
    this.#inFlight -= 1;
    const { writer } = this.connection;
    if (writer !== undefined) writeSentFrame(writer, outcome.value, correlation);
  }

  /** The request goes back to the front of the line, and nothing moves until there is room. */
  #waitForRoom(request: WaitingRequest): void {
    this.#line.unshift(request);
    this.#lineBytes += request.body.length;
    this.hold();
    this.#services.viewRoom.whenRoom(() => this.letGo());
  }

  #receive(request: MessageOf<'Receive'>): Outcome<MessageOf<'Receiving'>> {
    if (this.#attached === undefined) return { state: 'refused', failure: failure('NOT_LOGGED_IN') };
    this.#delivery?.end();
    this.#delivery = new Delivery({
      stream: this.#attached.account.key,
      state: this.#services.context.state,
      // It may cover what has not arrived here. That is no harm: the reader has it, so it is not pushed when it comes.
      cursor: new Vector(request.cursor),
      credit: Math.min(request.credit, limits.creditMax),
      query: (query, done) => this.#reads.stream(this.#services.context.query(query), done),
      push: (message) => this.#deliver(message),
      live: () => this.connection.send('Live', {}),
    });
    return { state: 'done', value: {} };
  }

  #deliver(message: DeliverInBytes): void {
    const { writer } = this.connection;
    if (writer !== undefined) writeDeliverFrame(writer, message);
  }

  #answer<N extends FrameName>(name: N, outcome: Outcome<MessageOf<N>>, correlation: number): void {
    this.#inFlight -= 1;
    if (outcome.state === 'done') this.connection.send(name, outcome.value, correlation);
    else this.connection.fail(outcome.failure, correlation);
  }
}

/** @throws WireFault where the cursor has more entries than allowed. */
function checked<T extends { readonly cursor: readonly Dot[] }>(request: T): T {
  const entries = request.cursor.length;
  if (entries > limits.vectorEntriesMax) {
    throw new WireFault('MALFORMED', `A cursor of ${entries} entries; ${limits.vectorEntriesMax} are allowed.`);
  }
  return request;
}

function isRequest(name: FrameName): name is RequestName {
  return (requestNames as readonly FrameName[]).includes(name);
}
