/** The comparison as a table in Markdown, which is also what is printed. */
import { rowKeys, rows, type Row, type RowKey } from './rows.js';
import { medianOf, ratioOf, type Measurements } from './summary.js';

const NOTHING = '-';

/**
 * A row for each figure that any system has; a column for each system, and for each but the first how many times better than
 * it the first is.
 */
export function tableOf(systems: readonly Measurements[]): string {
  const [first, ...others] = systems;
  if (first === undefined) throw new Error('A table needs a system.');
  const titles = ['', first.name, ...others.flatMap(({ name }) => [name, 'ratio'])];
  const measured = rowKeys.filter((key) => systems.some((system) => medianOf(system, key) !== undefined));
  const lines = measured.map((key) => [
    `${rows[key].title}, ${rows[key].unit}`,
    valueText(first, key),
    ...others.flatMap((other) => [valueText(other, key), ratioText(ratioOf(first, other, key))]),
  ]);
  return markdownTable(titles, lines);
}

function valueText(system: Measurements, key: RowKey): string {
  const value = medianOf(system, key);
  return value === undefined ? NOTHING : figureText(value, rows[key]);
}

/** As many digits as mean something. */
export function figureText(value: number, { unit }: Pick<Row, 'unit'>): string {
  if (unit === 'msg/s') return (Math.round(value / 10) * 10).toLocaleString('en-US');
  return value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0);
}

function ratioText(ratio: number | undefined): string {
  return ratio === undefined ? NOTHING : ratio.toFixed(2);
}

/** The first column to the left, the others to the right; as wide as what is in them. */
function markdownTable(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = titles.map((_, column) => Math.max(3, ...[titles, ...lines].map((line) => line[column]!.length)));
  const text = (line: readonly string[]): string => {
    const cells = line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    return `| ${cells.join(' | ')} |`;
  };
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [text(titles), `| ${rule.join(' | ')} |`, ...lines.map(text)].join('\n');
}
