import assert from 'node:assert/strict';
import test from 'node:test';

import { tableLines, type Column } from './table.js';

type Row = readonly [name: string, count: number, note: string];

const columns: Column<Row>[] = [
  { title: 'name', align: 'left', cell: ([name]) => name },
  { title: 'count', align: 'right', cell: ([, count]) => String(count) },
  { title: 'note', align: 'left', cell: ([, , note]) => note },
];
const rows: Row[] = [
  ['a', 1, 'first'],
  ['longer', 1000000, ''],
];

test('columns are aligned and no line ends in spaces', () => {
  assert.deepEqual(tableLines(columns, rows, 80), [
    'name      count  note',
    'a             1  first',
    'longer  1000000',
  ]);
});

test('a narrow terminal gets the first columns', () => {
  assert.deepEqual(tableLines(columns, rows, 21), ['name      count', 'a             1', 'longer  1000000']);
  assert.deepEqual(tableLines(columns, rows, 3), ['name', 'a', 'longer']);
});

test('a table without rows has its titles', () => {
  assert.deepEqual(tableLines(columns, [], 80), ['name  count  note']);
});
