import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseSearch } from '../core/model/search-query.js';
import { localTimeMs } from './local-time.js';

test('a day or time that there is not is no date, and is not moved to another', () => {
  const afterOf = (text: string) => {
    const parsed = parseSearch(`after:"${text}"`, localTimeMs);
    return 'fault' in parsed ? undefined : parsed.afterMs;
  };
  assert.equal(afterOf('2028-02-29'), new Date(2028, 1, 29).getTime());
  assert.equal(afterOf('2026-11-26 22:05:30.25'), new Date(2026, 10, 26, 22, 5, 30, 250).getTime());
  assert.equal(afterOf('2026-11-26T22:05Z'), Date.UTC(2026, 10, 26, 22, 5));
  const missing = ['2026-02-30', '2026-02-29', '2026-11-31', '2026-00-10', '2026-13-01', '2026-11-00', '0026-11-01'];
  const never = ['24:00', '23:60', '23:59:60'].map((time) => `2026-11-26 ${time}`);
  for (const text of [...missing, ...never, '2026-02-30 10:00Z']) assert.equal(afterOf(text), undefined, text);
});
