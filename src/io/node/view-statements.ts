/**
 * The statements behind the view's queries: what they are given, in order, and what they find. `CROSS JOIN` keeps SQLite
 * from joining in another order than written.
 */
export const viewStatements = {
  /** stream, origin number -> the next origin number of the stream */
  nextOrigin: 'SELECT origin FROM stream WHERE stream = ? AND origin > ? ORDER BY origin LIMIT 1',

  /** origin, stream, origin number, after seq, limit -> what of one origin comes next in a stream */
  streamRows: `
      SELECT s.seq, m.time, m.position, m.length, c.seq IS NOT NULL
      FROM stream s
        CROSS JOIN message m ON m.origin = ? AND m.seq = s.seq
        LEFT JOIN copied c ON c.origin = m.origin AND c.seq = m.seq
      WHERE s.stream = ? AND s.origin = ? AND s.seq > ?
      ORDER BY s.seq LIMIT ?`,

  /** origin, seq, stream -> the messages of the stream that are copies of this one, itself included */
  copiesInStream: `
      SELECT other.origin, other.seq
      FROM copied one
        CROSS JOIN copied other USING (conversation, client, counter)
        CROSS JOIN origin o ON o.origin = other.origin
      WHERE one.origin = ? AND one.seq = ?
        AND EXISTS (SELECT 1 FROM stream s WHERE s.stream = ? AND s.origin = o.number AND s.seq = other.seq)`,

  /**
   * origin, stream, origin number, after seq -> what of one origin waits in a stream: one row for each conversation,
   * and beside it, with its seq, one for each message that has copies.
   */
  waiting: `
      SELECT m.conversation, c.seq, count(*), min(m.time), max(m.time)
      FROM stream s
        CROSS JOIN message m ON m.origin = ? AND m.seq = s.seq
        LEFT JOIN copied c ON c.origin = m.origin AND c.seq = m.seq
      WHERE s.stream = ? AND s.origin = ? AND s.seq > ?
      GROUP BY m.conversation, c.seq`,

  /** conversation, before time, origin and seq, limit -> the messages before that, latest first */
  historyRows: `
      SELECT c.time, c.origin, c.seq, m.position, m.length
      FROM conversation c CROSS JOIN message m ON m.origin = c.origin AND m.seq = c.seq
      WHERE c.conversation = ? AND (c.time, c.origin, c.seq) < (?, ?, ?)
      ORDER BY c.time DESC, c.origin DESC, c.seq DESC LIMIT ?`,

  /** origin, seq -> where a message stands that its conversation shows */
  shown: `
      SELECT m.position, m.length
      FROM message m
        CROSS JOIN conversation c
          ON c.conversation = m.conversation AND c.time = m.time AND c.origin = m.origin AND c.seq = m.seq
      WHERE m.origin = ? AND m.seq = ?`,

  /** client, counter, conversation -> the message sent with this operation id; its copies behind the one that stands for it */
  sent: `
      SELECT m.origin, m.seq, m.position, m.length
      FROM sent s
        CROSS JOIN origin o ON o.number = s.origin
        CROSS JOIN message m ON m.origin = o.origin AND m.seq = s.seq
      WHERE s.client = ? AND s.counter = ? AND m.conversation = ?
      ORDER BY m.time, m.origin, m.seq`,

  /** after name, limit -> names in order */
  names: 'SELECT name FROM name WHERE name > ? ORDER BY name LIMIT ?',
};
