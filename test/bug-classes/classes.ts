/**
 * Bugs that were seen in systems like this one, in the words in which they are known. Each has at least one test whose name
 * begins with these words, and `complete.test.ts` holds the tests to this list and the list to the tests.
 */
export const bugClasses = [
  // What is stored.
  'stale server overwrites newer data',
  'no rejoin',
  'message to an online user not stored',
  'dequeued before the client confirmed',
  'redelivered after restart',
  'non-atomic or unsynced file writes',
  // What comes from strangers.
  'no framing, separators in text',
  'no auth',
  'clear or unsalted passwords',
  'password lost in replication',
  'delete by anyone',
  'user name trusted from the client',
  'code, query or regex injection',
  'catastrophic regex',
  // Who decides.
  'freshness by clock or file time',
  'client never returns to an earlier server',
  'two clients disagree on a leader',
  'majority needed',
  'start order',
  'wipe at start',
  // How servers and clients work together.
  'whole state sent on every change',
  'unsafe add of a server',
  'swallowed errors',
  'server must dial the client',
  'poison message stops all replicas',
  'delivery status goes back',
  'silent gap after catch-up',
] as const;
