/** Which models are simulated, how far, and what has to come out. */

/**
 * How many traces of how many steps are simulated of one module.
 *
 * @typedef {{ file: string, module: string, traces: number, steps: number }} Size
 */
/**
 * A model with all its rules: everything in `holds` does in every trace, and each of `reaches` is true in some trace.
 *
 * @typedef {Size & { kind: 'right', holds: string[], reaches: string[] }} RightRun
 */
/**
 * A variant with one rule turned off: some trace violates one of `violates`.
 *
 * @typedef {Size & { kind: 'wrong', violates: string[] }} WrongRun
 */
/** @typedef {RightRun | WrongRun} ModelRun */

/** @type {readonly ModelRun[]} */
export const modelRuns = [
  right('replication replication', 1000, 30, {
    holds: 'ackedKept inSyncHasAll identity noGaps cursorSafe oneVisible vectorsMeet',
    reaches: `allAcked twoDisksLost savedBySurvivor oneSendTwoOps peerHasLost oldOriginTakenUp oldOriginLeft restored
      relayed ownOpFetchedBack ackedAlone repeatElsewhere readerAhead secondCopyRead`,
  }),
  wrong('replication reusedDots', 2000, 30, 'identity'),
  wrong('replication scalarCursor', 300, 30, 'cursorSafe'),
  wrong('replication gapsTaken', 300, 30, 'noGaps'),
  wrong('replication ackBeforeSync', 300, 30, 'ackedKept'),
  wrong('replication ackAlone', 500, 30, 'inSyncHasAll'),
  wrong('replication shownTwice', 300, 30, 'oneVisible'),
  right('names names', 1000, 35, {
    holds: 'nameOwner oneWinner noneDisplacedInPeace displacedForGood lastAnswerStands nameKept converge',
    reaches: `conflict refused arrivedMeanwhile takenAgain takenAgainAfterConflict deletionFirst winnerDeleted
      repeatedElsewhere ownerEverywhere`,
  }),
  wrong('names askedOneself', 300, 35, 'oneWinner'),
  wrong('names lookedOnce', 1000, 35, 'nameOwner'),
  wrong('names grantFreedEarly', 500, 35, 'oneWinner'),
  wrong('names seenForgotten', 500, 35, 'noneDisplacedInPeace'),
  wrong('names displacedForAWhile', 500, 35, 'displacedForGood'),
  wrong('names displacedInARing', 500, 35, 'nameKept'),
  wrong('names firstAnswerStands', 500, 35, 'lastAnswerStands'),
  right('strict-names strictNames', 500, 35, {
    holds: 'ackedKeepsName ackedAlone strictOwner confirmedNotDisplaced',
    reaches: 'rivalsMet givenUp takenAgain ackedWithEarlierRival confirmedAfterRivalsEnd',
  }),
  wrong('strict-names confirmedByOne', 500, 35, 'ackedAlone'),
  wrong('strict-names confirmedBlindly', 500, 35, 'ackedAlone'),
  wrong('strict-names ownersFeared', 500, 35, 'ackedAlone'),
  wrong('strict-names tentativeIgnored', 500, 35, 'strictOwner'),
  wrong('strict-names tentativeDisplaces', 500, 35, 'strictOwner'),
  wrong('strict-names seenOnce', 500, 35, 'ackedKeepsName'),
  wrong('strict-names diskLost', 1000, 35, 'confirmedNotDisplaced'),
  right('sessions sessions', 700, 40, {
    holds: 'sessionOwner onePlace surplusOnly closedStays',
    reaches: `refused takenOver madeRoom contended resumedAfterCrash moved askedThroughThird conflictAfterSplit
      surplusEnded leftToOther twoAttached`,
  }),
  wrong('sessions loggedInBlindly', 500, 40, 'sessionOwner'),
  wrong('sessions askedDirectlyOnly', 500, 40, 'sessionOwner'),
  wrong('sessions reservationDropped', 1000, 40, 'sessionOwner onePlace'),
  wrong('sessions notLetGo', 500, 40, 'onePlace'),
  wrong('sessions endedWhatIsKnown', 1000, 40, 'sessionOwner'),
  wrong('sessions anyEnds', 1000, 40, 'surplusOnly'),
  right('members members', 500, 25, {
    holds: 'converge overruled configYields',
    reaches: 'twoSides clockBehind cameTooLate configAfterRemoval agreed',
  }),
  wrong('members membersByClock', 500, 25, 'overruled'),
  wrong('members membersByArrival', 500, 25, 'converge'),
  right('state state', 500, 20, {
    holds: 'converge deletedStays monotone oneVisible closedStays',
    reaches: `lateCreate lateSession lateMark lateMessage closedEarly smallerLater olderMark inboxDeleted sameHalf
      everything`,
  }),
  wrong('state deletedForAWhile', 500, 20, 'deletedStays'),
  wrong('state endForgotten', 500, 20, 'closedStays'),
  wrong('state lastMarkHolds', 500, 20, 'monotone'),
  wrong('state firstStands', 500, 20, 'converge'),
  wrong('state sentTwice', 500, 20, 'oneVisible'),
];

/** @returns {RightRun} */
function right(
  /** @type {string} */ name,
  /** @type {number} */ traces,
  /** @type {number} */ steps,
  /** @type {{ holds: string, reaches: string }} */ { holds, reaches },
) {
  return { kind: 'right', ...sizeOf(name, traces, steps), holds: words(holds), reaches: words(reaches) };
}

/** @returns {WrongRun} */
function wrong(
  /** @type {string} */ name,
  /** @type {number} */ traces,
  /** @type {number} */ steps,
  /** @type {string} */ violates,
) {
  return { kind: 'wrong', ...sizeOf(name, traces, steps), violates: words(violates) };
}

function sizeOf(/** @type {string} */ name, /** @type {number} */ traces, /** @type {number} */ steps) {
  const [file = '', module = ''] = words(name);
  return { file, module, traces, steps };
}

function words(/** @type {string} */ text) {
  return text.split(/\s+/);
}
