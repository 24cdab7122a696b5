/**
 * One server of the group as a state machine: it is told of connections, bytes and the passing of time, and uses the
 * ports. It holds no clock, socket or file of its own, so that it runs the same in the real world and in a made one.
 *
 * Life: it opens its log and catches up with what its view database has not seen (in the constructor), then links to the
 * others and catches up with them (`joining`), then serves clients (`open`), until it is stopped.
 */
import type { ServerContext } from '../chat/context.js';
import { KnownOps, canBeTakenUp } from '../chat/known-ops.js';
import { ChatState, type Change } from '../chat/state.js';
import { limits } from '../model/limits.js';
import type { Position } from '../model/position.js';
import type { RecordHeader } from '../model/record.js';
import { nothingIndexed } from '../ports/log-sink.js';
import type { NetworkEvents } from '../ports/network.js';
import { PendingWrites } from '../replication/pending-writes.js';
import type { MessageOf } from '../wire/message-types.js';
import { AttachedSessions } from './attached-sessions.js';
import { Claims } from './claims.js';
import { Outbox } from './connection.js';
import { DiskRoom } from './disk-room.js';
import { Journal } from './journal.js';
import { Life } from './life.js';
import { LogCare } from './log-care.js';
import type { LogFollowerOptions } from './log-follower.js';
import { MemberChanges, type MembersSettled } from './member-changes.js';
import { Members, reportMembers } from './members.js';
import { Merges } from './merges.js';
import { OwnOrigin, savedSelf } from './own-origin.js';
import { Peers } from './peers.js';
import { Reception } from './reception.js';
import type { ReplicaOptions } from './replica-options.js';
import { Reserving } from './reserving.js';
import { Rush } from './rush.js';
import { Sends } from './sends.js';
import { SearchFeed, type OpenSearch } from './search-feed.js';
import { describeStatus } from './status.js';
import { tellChange, tellCopy, type Hearers } from './telling.js';
import { SurplusSessions } from './surplus-sessions.js';
import { Turn } from './turn.js';
import { ViewFeed, type Mend } from './view-feed.js';
import { Writing, type WritingOptions } from './writing.js';

export class Replica {
  readonly care: LogCare;
  readonly #options: ReplicaOptions;
  readonly #turn: Turn;
  readonly #state = new ChatState();
  readonly #outbox: Outbox;
  readonly #members: Members;
  readonly #feed: ViewFeed;
  readonly #search: SearchFeed;
  readonly #rush: Rush;
  readonly #journal: Journal;
  readonly #origin: OwnOrigin;
  readonly #room: DiskRoom;
  readonly #merges: Merges;
  readonly #peers: Peers;
  readonly #pending = new PendingWrites();
  readonly #writing: Writing;
  readonly #attached = new AttachedSessions((account) => this.#surplus.look(account));
  readonly #claims: Claims;
  readonly #reserving: Reserving;
  readonly #surplus: SurplusSessions;
  readonly #hearers: Hearers;
  readonly #memberChanges: MemberChanges;
  readonly #reception: Reception;
  readonly #life: Life;
  #lastTickMs: number;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#turn = new Turn(options.whenHandedOver);
    const { config, self, clock } = options;
    this.#lastTickMs = clock.monotonicMs();
    this.#rush = new Rush(this.#lastTickMs);
    this.#outbox = new Outbox(options.network);
    let saved = options.saved !== undefined && canBeTakenUp(options.saved.entities) ? options.saved : undefined;
    const appliedTo = saved?.appliedTo ?? 0;
    const mend: Mend = (...asked) => this.care.mender.lookFor(...asked);
    this.#feed = new ViewFeed(options.view, this.#state, this.#turn, appliedTo, mend);
    this.#search = new SearchFeed(this.#state, this.#turn, clock);
    this.#members = new Members({
      self,
      group: config.group,
      seeds: config.servers,
      settled: this.#state.members,
    });
    this.#reserving = new Reserving({
      members: this.#members,
      state: this.#state,
      attached: this.#attached,
      linkTo: (server) => this.#peers.link(server),
    });
    this.#surplus = this.#makeSurplus();
    this.#hearers = {
      members: this.#members,
      feed: this.#feed,
      reserving: this.#reserving,
      attached: this.#attached,
      surplus: this.#surplus,
    };
    this.#merges = this.#makeMerges();
    // Before the log leaves for the disk, so that what they write is in the same batch.
    this.#turn.atEnd(() => this.#surplus.pump());
    this.#turn.atEnd(() => this.#merges.settle());
    this.#journal = this.#openJournal(saved, () => {
      saved = undefined;
    });
    const { log } = this.#journal;
    const damaged: LogFollowerOptions['damaged'] = (...met) => this.care.mender.met(...met);
    this.#feed.follow(log, saved?.indexed ?? nothingIndexed, damaged, this.#rush);
    this.#search.begin({ log, damaged, rush: this.#rush }, options.search);
    this.#room = new DiskRoom(options, this.#journal.log, this.#turn, () => this.#peers.fullChanged());
    this.#origin = this.#takeUpOrigin(saved);
    this.#peers = this.#makePeers();
    this.care = new LogCare(options, this.#turn, this.#journal, this.#peers, this.#room, this.#feed, this.#search);
    this.#writing = new Writing(this.#makeWritingOptions());
    this.#claims = new Claims({ ...this.#makeWritingOptions(), mayWrite: () => !this.#room.isFull }, this.#writing);
    this.#turn.atEnd(() => this.#feed.endTurn(this.#life.state === 'stopping'));
    this.#turn.atEnd(() => this.#search.pump());
    this.#turn.atEnd(() => this.#outbox.flushAll());
    const context = this.#context();
    const isOpen = (): boolean => this.#life.state === 'open';
    const hasKey = options.groupKey.length > 0;
    this.#memberChanges = new MemberChanges({ members: this.#members, peers: this.#peers, isOpen, hasKey, context });
    this.#reception = this.#makeReception(context);
    this.#members.onChange(() => this.#reception.tellMembers());
    this.#life = this.#begin();
    reportMembers(this.#members, options.reporter);
  }

  /** Opens the log and catches up with it, from what was saved where that is of this log; `begunAnew` is called where not. */
  #openJournal(saved: ReplicaOptions['saved'], begunAnew: () => void): Journal {
    const { disk, newLogId, segmentBytes, clock, reporter, resetView, events } = this.#options;
    return new Journal({
      disk,
      newLogId,
      segmentBytes,
      from: saved && { logId: saved.logId, position: saved.appliedTo },
      own: savedSelf(saved?.entities),
      begin: (start, logId) => {
        if (start === 'fromBeginning') {
          begunAnew();
          this.#feed.beginAnew();
          resetView(logId);
        }
        this.#state.restore(start === 'fromBeginning' ? [] : saved!.entities);
        this.#state.book.touch(new KnownOps());
      },
      state: this.#state,
      clock,
      turn: this.#turn,
      reporter,
      events: {
        applied: (header, position, change) => this.#applied(header, position, change),
        settled: () => this.#settled(),
        failed: (failed) => events.failed(failed),
      },
    });
  }

  #makeSurplus(): SurplusSessions {
    const { config, reporter } = this.#options;
    return new SurplusSessions({
      attached: this.#attached,
      allowed: config.sessionsPerAccount,
      reserve: (key, reserveOptions) => this.#reserving.reserveEverywhere(this.#peers, key, reserveOptions),
      close: ({ id }, session) => this.#writing.anyhow('SessionClosedOp', { account: id, session }, () => undefined),
      mayWrite: () => !this.#room.isFull,
      ended: (count, staying) => this.#merges.sessionsEnded(count, staying),
      reporter,
    });
  }

  #makeMerges(): Merges {
    const { self, clock, reporter } = this.#options;
    return new Merges({
      self,
      held: () => this.#journal.log.held(),
      applied: this.#state.applied,
      isEndingSessions: () => this.#surplus.isBusy,
      time: () => this.#journal.time.now(clock.wallMs()),
      latestMessageTime: () => this.#journal.latestMessageTime,
      clock,
      reporter,
      write: (op) => {
        if (!this.#room.isFull) this.#writing.anyhow('MergedOp', op, () => undefined);
      },
    });
  }

  #takeUpOrigin(saved: ReplicaOptions['saved']): OwnOrigin {
    const { incomplete, isBehindItself } = this.#journal;
    const { origin } = savedSelf(saved?.entities);
    return new OwnOrigin({
      others: () => this.#members.everOthers,
      crypto: this.#options.crypto,
      book: this.#state.book,
      saved: isBehindItself || incomplete.includes(origin) ? 0 : origin,
    });
  }

  #makePeers(): Peers {
    const { config, network, clock, reporter } = this.#options;
    return new Peers({
      members: this.#members,
      journal: this.#journal,
      origin: this.#origin,
      merges: this.#merges,
      network,
      clock,
      turn: this.#turn,
      reporter,
      isOpen: () => this.#life.state === 'open',
      isFull: () => this.#room.isFull,
      minCopies: config.minCopies,
      changed: () => this.#advance(),
      damaged: (...met) => this.care.mender.met(...met),
      met: () => this.#surplus.lookAtAll(),
      reserve: (holder, request, answer) => this.#reserving.asked(holder, request, answer),
      release: (holder, released) => this.#reserving.release(holder, released),
      lost: (server) => this.#reserving.lost(server),
    });
  }

  #makeReception(context: ServerContext): Reception {
    const { config, groupKey, clock, crypto, reporter } = this.#options;
    return new Reception({
      group: config.group,
      members: this.#members,
      groupKey,
      clock,
      crypto,
      outbox: this.#outbox,
      turn: this.#turn,
      reporter,
      peers: this.#peers,
      context,
      attached: this.#attached,
      sends: new Sends(context),
      viewRoom: this.#feed,
      status: () => this.status(),
      operators: {
        drain: (answer) => this.#life.drainForOperator(answer, () => this.#options.events.drained()),
        verify: (progress, done) => this.care.verify(this.#state, progress, done),
        addMember: (request, done) => this.#memberChanges.add(request, done),
        removeMember: (request, done) => this.#memberChanges.remove(request, done),
      },
    });
  }

  #begin(): Life {
    const { clock, reporter, events } = this.#options;
    return new Life({
      members: this.#members,
      clock,
      reporter,
      log: this.#journal.log,
      room: this.#room,
      peers: this.#peers,
      reception: this.#reception,
      opened: () => {
        this.#merges.serves(clock.monotonicMs());
        events.opened();
      },
      removed: (left) => events.removed(left),
    });
  }

  /** To be told what happens on the network. */
  get network(): NetworkEvents {
    return this.#reception;
  }

  /** To be called every {@link limits.tickMs} or so. */
  tick(): void {
    this.#turn.run(() => {
      const nowMs = this.#options.clock.monotonicMs();
      // After a pause of this process nobody else is to blame for the silence.
      const wasPaused = nowMs - this.#lastTickMs > limits.suspectAfterMs / 2;
      this.#lastTickMs = nowMs;
      if (wasPaused && this.#life.state === 'open') this.#merges.serves(nowMs);
      this.#reception.checkSilence(nowMs, wasPaused);
      this.#room.tick(nowMs);
      this.#peers.tick(nowMs);
      this.#peers.leaveTooSlow((durable) => this.#pending.oldestLackedBy(durable), nowMs);
      this.#life.tick(nowMs, wasPaused);
      this.#surplus.tick();
      this.care.tick(nowMs);
      this.#claims.tick(nowMs);
      this.#rush.tick(nowMs);
      this.#feed.flush();
      this.#search.tick(nowMs);
    });
  }

  /**
   * Moves the clients to other servers where one is open, so that {@link stop} finds none; `done` is called once that is
   * over. Peers no longer count on this server for clients, and it serves those that are still here.
   */
  drain(done: (drained: MessageOf<'Drained'>) => void): void {
    this.#turn.run(() => this.#life.drain(done));
  }

  /** Makes a server a member, or moves it. */
  addMember(request: MessageOf<'AddMember'>, done: (settled: MembersSettled) => void): void {
    this.#turn.run(() => this.#memberChanges.add(request, done));
  }

  /** Makes a server a member no more. */
  removeMember(request: MessageOf<'RemoveMember'>, done: (settled: MembersSettled) => void): void {
    this.#turn.run(() => this.#memberChanges.remove(request, done));
  }

  /**
   * Tells every client to go elsewhere, and takes no more. What was begun is finished by those who remain. The view may be
   * closed after this.
   */
  stop(): void {
    this.#turn.run(() => {
      this.#life.stop();
      this.care.mender.end();
      this.#feed.end();
      this.#search.end();
    });
    this.#turn.end();
  }

  /** The search index was opened anew; undefined where it has failed, and nothing can be searched for now. */
  useSearch(search: OpenSearch | undefined): void {
    this.#turn.run(() => this.#search.use(search));
  }

  status(): MessageOf<'Status'> {
    const { clock, software } = this.#options;
    return describeStatus({
      members: this.#members,
      software,
      life: this.#life.state,
      nowMs: clock.monotonicMs(),
      uptimeMs: this.#life.uptimeMs,
      state: this.#state,
      log: this.#journal.log,
      origin: this.#origin.current,
      peers: this.#peers,
      clients: this.#reception.clients - 1,
      sessions: this.#attached.size,
      viewLagOps: this.#feed.lagOps,
      search: this.#search,
      damage: this.care.mender.status,
      disk: this.#room.status,
      minCopies: this.#options.config.minCopies,
    });
  }

  #applied(header: RecordHeader, position: Position, change: Change): void {
    tellChange(this.#hearers, header, change);
    this.#merges.applied(header, change);
    this.#rush.applied();
    this.#feed.applied(position + header.length);
    this.#search.applied(position + header.length);
    tellCopy(this.#hearers, header, change);
  }

  #settled(): void {
    this.#peers.confirm();
    this.care.advance();
    this.#advance();
  }

  /** Something changed of what writes wait for, or of how far this server has caught up. */
  #advance(): void {
    this.#pending.advance(this.#peers.durableView(this.#state.applied));
    this.#life.openIfCaughtUp();
    this.#claims.advance();
  }

  /** What writing is made of. */
  #makeWritingOptions(): WritingOptions {
    return {
      minCopies: this.#options.config.minCopies,
      members: this.#members,
      state: this.#state,
      journal: this.#journal,
      origin: this.#origin,
      peers: this.#peers,
      pending: this.#pending,
      clock: this.#options.clock,
      advance: () => this.#advance(),
    };
  }

  #context(): ServerContext {
    const { config, crypto, passwords, clock } = this.#options;
    return {
      state: this.#state,
      crypto,
      sessionsPerAccount: config.sessionsPerAccount,
      hashPassword: (password) => (done) =>
        passwords.hash(
          password,
          this.#turn.event((result) => done(result.state === 'hashed' ? result.hash : undefined)),
        ),
      verifyPassword: (hash, password) => (done) =>
        passwords.verify(
          hash,
          password,
          this.#turn.event((result) => done(result === 'busy' ? undefined : result === 'right')),
        ),
      reserve: (key, reserveOptions) => this.#reserving.reserveEverywhere(this.#peers, key, reserveOptions),
      whyNotWritable: () => this.#life.whyNotWritable(),
      ...this.#writing.context,
      ...this.#claims.context,
      query: (query) => (done) => this.#feed.query(query, done),
      search: this.#search.query,
      observeTime: (time) => this.#journal.time.observe(time, clock.wallMs()),
    };
  }
}
