import assert from 'node:assert/strict';
import { test } from 'node:test';

import { chartOf } from './chart.js';

const widths = (svg: string): number[] =>
  [...svg.matchAll(/<rect [^>]*width="(\d+)"/g)].map(([, width]) => Number(width));

test('bars are as long as their values, in each panel by itself', () => {
  const svg = chartOf([
    {
      title: 'msg/s',
      bars: [
        { label: 'A', value: 100, text: '100' },
        { label: 'B', value: 50, text: '50' },
      ],
    },
    { title: 'ms', bars: [{ label: 'A', value: 0.5, text: '0.5' }] },
  ]);
  const [a, b, other] = widths(svg);
  assert.equal(a, b! * 2);
  assert.equal(other, a);
  assert.match(svg, /<text[^>]*>100<\/text>/);
});

test('everything lies within the picture', () => {
  const bars = Array.from({ length: 9 }, (_, index) => ({ label: `${index}`, value: index, text: `${index}` }));
  const svg = chartOf([{ title: 'many', bars }]);
  const height = Number(/viewBox="0 0 \d+ (\d+)"/.exec(svg)?.[1]);
  const tops = [...svg.matchAll(/ y="(\d+)"/g)].map(([, y]) => Number(y));
  assert.ok(tops.length > 18 && tops.every((y) => y < height));
});

test('text is escaped, and values of nothing have a bar that can be seen', () => {
  const svg = chartOf([{ title: 'a < b & c', bars: [{ label: '<x>', value: 0, text: '0' }] }]);
  assert.ok(svg.includes('a &lt; b &amp; c') && svg.includes('&lt;x&gt;'));
  assert.deepEqual(widths(svg), [1]);
});

test('a chart of nothing is refused', () => {
  assert.throws(() => chartOf([]), /needs a panel/);
});
