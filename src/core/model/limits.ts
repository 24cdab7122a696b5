/** Every limit of the system, in one place; the relations that must hold between them are asserted below. */
import { assert } from '../lib/assert.js';

const KIB = 1024;
const MIB = 1024 * KIB;

export const limits = {
  /** What people type. */
  nameLengthMin: 2,
  nameLengthMax: 32,
  passwordBytesMin: 1,
  passwordBytesMax: 1 * KIB,
  textBytesMax: 16 * KIB,
  patternCharactersMax: 256,
  accountsPerPageMax: 500,
  messagesPerPageMax: 200,
  /** A search as it is typed, and the words and phrases in it. */
  searchCharactersMax: 1024,
  searchTermsMax: 32,
  /** What stands before the "*". Less would be found nearly everywhere. */
  searchPrefixCharactersMin: 2,
  /** A login tells of the latest senders; their messages come all the same. */
  waitingSendersMax: 500,
  /** Runs of counters that are kept of one client; each counter that it leaves out begins another. */
  counterRunsMax: 4096,

  /** The config file. */
  configBytesMax: 256 * KIB,
  /** Every two servers keep a link, and every write waits for all that are in sync: this is for a handful of machines. */
  membersMax: 16,
  serverIdMax: 65_535,
  hostLengthMax: 253,
  groupLengthMax: 64,
  /** Reasons why there is no link to a server that are logged until there is one. Strangers may pose as it. */
  refusalsLoggedMax: 8,
  sessionsPerAccountMax: 100,
  /** Of the group's key, once decoded. */
  groupKeyBytesMin: 32,
  groupKeyBytesMax: 4 * KIB,

  /** The wire, for clients. */
  frameBytesBeforeLoginMax: 10 * 1000,
  frameBytesMax: 64 * KIB,
  requestsInFlightMax: 256,
  /** Frames that arrive at once. Who waits for a login has requests in flight, and a few frames that are none. */
  framesAtOnceBeforeLoginMax: 512,
  /** Bodies of the requests that wait behind a Login or CreateAccount: whoever sent them may be anyone. */
  bytesBehindPasswordMax: 128 * KIB,
  creditMax: 256,
  capabilitiesMax: 32,
  handshakeMs: 10_000,
  clientHeartbeatMs: 5_000,
  clientSilenceMs: 15_000,
  /** A connection that leaves this much unread is closed: memory here is for those who read. */
  clientBacklogBytesMax: 8 * MIB,
  connectionsMax: 20_000,
  /** At an address that is for the other servers only. */
  peerConnectionsMax: 48,
  /** Connections that are refused since there are enough are reported this often. */
  refusedReportMs: 60_000,
  /** Descriptors that connections leave to the files of the server and to what it dials. It has at most some 150 of those. */
  descriptorsReserved: 192,
  /** With fewer descriptors in all, a server does not start. */
  descriptorsMin: 256,
  /** Whoever needs a descriptor where there is none tries again after this long. */
  descriptorWaitMs: 50,
  /** One message of a WebSocket; a longer one closes it. */
  webSocketMessageBytesMax: 1 * MIB,
  /** A connection that we closed gets this long to read what is left. */
  lingerMs: 2_000,
  /** A server that is about to stop waits this long for its clients to go elsewhere. */
  drainMs: 5_000,
  vectorEntriesMax: 4096,

  /** A client: how long it gives a server, and how much it holds. */
  clientConnectMs: 2_000,
  /** In the first round, where there is another server to turn to. */
  clientFirstConnectMs: 1_000,
  /** With a request waiting and nothing heard for the first time, the server is asked; after the second it is left. */
  clientSuspectAfterMs: 300,
  clientProbeMs: 900,
  /** A connection that ends sooner counts as a failed try. */
  clientStableMs: 250,
  /** A session that no server within reach has heard of for this long is over. */
  clientBehindMs: 10_000,
  clientRedialMinMs: 50,
  clientRedialMaxMs: 2_000,
  clientRequestsQueuedMax: 10_000,
  /** Of the requests in flight, those kept free for the connection's own: Hello, Resume, Receive and Ping. */
  clientRequestsReserved: 4,
  clientRepeatsMax: 6,
  /** Counters that a client with a memory marks as used ahead of their use. */
  clientCountersReserved: 1024,
  /** Messages that a client holds for its consumer. */
  clientWindow: 256,
  /** Clients of senders whose latest messages a client remembers, so as to know one that comes again. */
  clientSendersKept: 10_000,
  clientMarkEveryMs: 1_000,
  clientCloseMs: 1_000,
  clientAddressesMax: 64,
  /** The largest frame body that a client takes from a server. */
  clientFrameBytesMax: 1 * MIB,

  /** A command of the command line, without a server, gives up after this long; `status` on each server after that. */
  commandReconnectMs: 10_000,
  /** A person at a terminal is told what is being waited for after this long. */
  commandNoticeMs: 1_000,
  statusTimeoutMs: 2_000,
  /** In the chat: whether a recipient exists is asked before the text, and not waited for longer than this. */
  recipientLookupMs: 500,
  /** In the chat: so many messages of a history or a search are shown at once. */
  chatPageMessages: 20,
  /**
   * In the chat: without a connection for this long, a person is told what happened at each server. By then two that answer
   * nothing were left for a third.
   */
  chatNoServerMs: 3_000,
  /** Leaving the chat takes no longer than this to log off. */
  leaveMs: 1_000,

  /** The wire, between servers. */
  peerFrameBytesMax: 1 * MIB,
  peerHeartbeatMs: 200,
  suspectAfterMs: 1_000,
  redialMinMs: 50,
  redialMaxMs: 250,
  /** Without a link for this long, the server with the larger id dials as well. */
  dialBackAfterMs: 500,
  /** A removed server that still lives gets this long to hand over what only it holds, and then tells that it could not. */
  handOverMs: 10_000,
  /** After this the others let go of a removed server that has nothing more to say and does not go by itself. */
  dismissAfterMs: 20_000,
  /** Ops sent to a peer that it has not yet confirmed to be durable. */
  peerWindowOps: 65_536,
  /** What comes by a merge and is older than this is late. */
  lateAfterMs: 2_000,
  /** Accounts with too many sessions after a split, about which a server asks the others at the same time. */
  surplusChecksAtOnce: 32,
  /** A merge is told of this long after all of it has come, be it that sessions are still to be ended. */
  mergeSettleMs: 5_000,
  /** Merges that are remembered for operators. */
  mergesKeptMax: 16,
  /** Of these, as many as `status` prints for people, and no older ones than a day. */
  mergesShown: 4,
  mergesShownMs: 24 * 3_600_000,
  /** A peer this many ops behind, or nearer, is waited for by new writes. */
  inSyncLagOpsMax: 4096,

  /** Starting and writing. */
  tickMs: 50,
  /** A write that the disk has not confirmed for this long sends clients to a server whose disk answers. */
  diskStallMs: 3_000,
  joinGraceMs: 1_000,
  /** How often a server looks whether its files are still where they were. */
  filesCheckMs: 2_000,
  clockSkewMs: 60_000,
  /** Whoever creates an account that has to be confirmed is sent elsewhere after this long. */
  claimAnswerMs: 2_000,
  /** How often a server looks how much room its disk has. */
  diskSpaceCheckMs: 1_000,
  /** With less room than this, or than this part of the whole disk if that is less, a server takes no more ops. */
  diskReserveBytes: 256 * MIB,
  diskReservePart: 1 / 16,
  /** Ops whose changes of the state go to the view database in one batch. Fewer than the least go with the next tick, or with a query. */
  viewBatchOpsMin: 512,
  viewBatchOpsMax: 4096,
  /** What one that reads behind the state is given of the log at once. */
  followerChunkBytes: 64 * KIB,
  /** With the view database more ops than this behind, sends wait too. It takes in as many in about a minute. */
  viewLagOpsMax: 1_700_000,
  /** While more ops than this come, a view that is more than so many behind rests: see replica/rush.ts. Two cores with three servers on them follow twice as many at best. */
  rushOpsPerSecond: 10_000,
  rushLagOps: 4_000,
  segmentBytes: 64 * MIB,
  /** One disk write. Larger batches win nothing (bench/log.ts) and delay the ack of their first op. */
  batchBytesMax: 4 * MIB,
  recordBytesMax: 64 * KIB,
  recentRecordBytes: 16 * MIB,
  /** The log remembers where what stands this finely. */
  logMarkBytes: 1 * MIB,
  /** Bytes checked in search of a sound record after a damaged place; past it, what follows is set aside. */
  recoverySearchBytesMax: 256 * MIB,

  /** Reading the log through in search of damage: how often, and how much of the disk's time it may take. */
  scrubEveryMs: 24 * 60 * 60 * 1000,
  scrubBytesPerSecond: 8 * MIB,
  scrubReadBytes: 256 * KIB,
  /** Where the disk does not give a stretch, it is read in pieces of this. */
  scrubPieceBytes: 4 * KIB,
  /** Ends of a damaged place that are tried. */
  scrubEndsTriedMax: 8,
  /** Ranges of ops in one question to a peer. */
  fetchRangesMax: 256,
  /** Damaged places that status tells of. */
  damagedPlacesToldMax: 100,
  /** Records that are known to be nowhere within reach, and are not looked for again until another server links. */
  lookedForInVainMax: 100_000,

  /** The view database. Bytes of records in one answer: what a page of the longest messages is cut to. */
  viewAnswerBytesMax: 1 * MIB,
  /** A transaction of the view takes in batches for this long, or this many messages, so that a page is written once. */
  viewTransactionMs: 1_000,
  viewTransactionMessagesMax: 8_192,
  /** Must hold what one transaction changes, or SQLite writes pages early. */
  viewPageCacheBytes: 64 * MIB,
  viewWalBytes: 32 * MIB,
  viewKeysCachedMax: 100_000,
  viewSegmentsOpenMax: 16,

  /** The search index. A query waits so long for it to take in what was applied when it came. */
  searchWaitMs: 2_000,
  /** It may take so long in all. */
  searchMs: 10_000,
  /** Messages in one part of the index, which is searched by itself: it bounds what a step of a search can cost. */
  searchPartMessages: 131_072,
  /** Messages of which the index knows the earliest and the latest time. */
  searchBlockMessages: 256,
  /** Matches looked at, and messages taken in, between two other things that the thread does. */
  searchRowsPerStep: 128,
  searchMessagesPerStep: 256,
  searchTransactionMs: 1_000,
  searchTransactionMessagesMax: 8_192,
  searchPageCacheBytes: 64 * MIB,
  searchWalBytes: 8 * MIB,
  /** An index that failed or could not be opened is opened again after so long. */
  searchReopenMs: 60_000,

  /** Password hashing shares the thread pool with the disk: this is half of it. */
  passwordHashesAtOnceMax: 2,
  passwordHashesWaitingMax: 1000,
  /** An account's older displaced namesakes that a login with the plain name is tried against. */
  namesakesTriedMax: 3,
} as const;

assert(limits.textBytesMax + 1 * KIB < limits.recordBytesMax, 'the longest message must fit a record');
assert(limits.textBytesMax + 1 * KIB < limits.frameBytesMax, 'the longest message must fit a frame');
assert(limits.recordBytesMax < limits.peerFrameBytesMax, 'every record must fit a frame between servers');
assert(limits.recordBytesMax <= limits.scrubReadBytes, 'every record must fit a read of the scrub');
assert(limits.recordBytesMax < limits.batchBytesMax, 'every record must fit a disk write');
assert(limits.batchBytesMax < limits.segmentBytes, 'a segment must hold more than one disk write');
assert(limits.segmentBytes + limits.recordBytesMax < 2 ** 32, 'every offset in a segment must fit a position');
assert(limits.frameBytesMax * 2 < limits.webSocketMessageBytesMax, 'a WebSocket message must fit more than one frame');
assert(limits.recordBytesMax < limits.viewAnswerBytesMax, 'every record must fit an answer of the view');
assert(limits.peerHeartbeatMs * 3 < limits.suspectAfterMs, 'a peer may lose two heartbeats before it is suspected');
assert(limits.lateAfterMs > limits.suspectAfterMs, 'what a broken link holds up for a moment is not late');
assert(limits.searchCharactersMax * 4 < limits.frameBytesMax, 'the longest search must fit a frame');
assert(limits.searchPartMessages % limits.searchBlockMessages === 0, 'a part of the search index has whole blocks');
assert(limits.drainMs < limits.handOverMs, 'a removed server has moved its clients before it gives up handing over');
assert(limits.handOverMs < limits.dismissAfterMs, 'a removed server goes by itself before it is let go');
assert(limits.dialBackAfterMs + limits.redialMaxMs < limits.joinGraceMs, 'whoever can reach the other links in time');
assert(
  limits.suspectAfterMs < limits.claimAnswerMs,
  'a server that is gone is known to be before it is waited for in vain',
);
assert(limits.inSyncLagOpsMax < limits.peerWindowOps, 'a peer can come near enough to be waited for');
assert(
  limits.suspectAfterMs < limits.clientSuspectAfterMs + limits.clientProbeMs,
  'a write may wait for a silent peer',
);
assert(limits.clientHeartbeatMs * 2 < limits.clientSilenceMs, 'a client may lose a heartbeat before it is let go');
assert(limits.clientWindow <= limits.creditMax, 'a client may grant its whole window at once');
assert(
  limits.creditMax * (limits.textBytesMax + 1 * KIB) < limits.clientBacklogBytesMax,
  'nobody is let go for what a server pushes on the credit that it offers',
);
assert(limits.clientRequestsReserved < limits.requestsInFlightMax, 'a client has requests in flight beside its own');
assert(
  limits.descriptorsReserved + limits.peerConnectionsMax < limits.descriptorsMin,
  'there is a descriptor for a client wherever a server starts',
);
assert(
  limits.requestsInFlightMax * 2 <= limits.framesAtOnceBeforeLoginMax,
  'a login may come with as many requests behind it as are allowed',
);
assert(limits.frameBytesMax < limits.bytesBehindPasswordMax, 'the longest request can wait behind a login');
assert(limits.passwordBytesMax + 1 * KIB < limits.frameBytesBeforeLoginMax, 'a login must fit the limit before login');
assert(limits.vectorEntriesMax * 18 < limits.peerFrameBytesMax, 'the longest vector must fit a frame between servers');
