/** All checkers, in the order in which they are asked. */
import { ackedKept } from './acked-kept.js';
import type { MakeChecker } from './checker.js';
import { caughtUp } from './caught-up.js';
import { converge } from './converge.js';
import { cursorSafe } from './cursor-safe.js';
import { deletedStays } from './deleted-stays.js';
import { identity } from './identity.js';
import { inOrder } from './in-order.js';
import { lateMarked } from './late-marked.js';
import { monotone } from './monotone.js';
import { nameOwner } from './name-owner.js';
import { noGaps } from './no-gaps.js';
import { noSpread } from './no-spread.js';
import { oneVisible } from './one-visible.js';
import { sessionOwner } from './session-owner.js';
import { sound } from './sound.js';
import { vectorsMeet } from './vectors-meet.js';

export const checkers: readonly MakeChecker[] = [
  identity,
  noGaps,
  ackedKept,
  cursorSafe,
  oneVisible,
  inOrder,
  lateMarked,
  converge,
  monotone,
  nameOwner,
  sessionOwner,
  deletedStays,
  noSpread,
  caughtUp,
  vectorsMeet,
  sound,
];
