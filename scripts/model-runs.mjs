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
  right('replication replication', 1500, 30, {
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
  right('names names', 1500, 35, {
    holds: 'nameOwner oneWinner noneDisplacedInPeace displacedForGood converge',
    reaches: `conflict refused arrivedMeanwhile takenAgain takenAgainAfterConflict deletionFirst winnerDeleted
      ownerEverywhere`,
  }),
  wrong('names askedOneself', 300, 35, 'oneWinner'),
  wrong('names lookedOnce', 1000, 35, 'nameOwner'),
  wrong('names grantFreedEarly', 500, 35, 'oneWinner'),
  wrong('names seenForgotten', 500, 35, 'noneDisplacedInPeace'),
  wrong('names displacedForAWhile', 500, 35, 'displacedForGood'),
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
