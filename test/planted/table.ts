/** The table of planted bugs in docs/simulator.md. */
import { plantedBugs } from './bugs.js';

/** Each bug is found within so many seeds. */
export const SEEDS_MAX = 200;

const BEGIN = '<!-- planted bugs: written by npm run planted -->\n\n';
const END = '\n\n<!-- end of planted bugs -->';

export function tableOf(seedsByBug: ReadonlyMap<string, number>): string {
  const rows = plantedBugs.map(({ name, about, caughtBy }) => {
    const seeds = String(seedsByBug.get(name) ?? '-');
    return ['', `\`${name}\``, about, caughtBy.join(', '), seeds, ''];
  });
  const titles = ['', 'bug', 'what is wrong', 'shown by', 'seeds', ''];
  const widths = titles.map((_, column) => Math.max(...[titles, ...rows].map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => {
    const cells = row.map((cell, column) =>
      column === 4 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    return cells.join(' | ').trim();
  };
  const rule = widths.map((width, column) => (column === 4 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(titles), line(rule), ...rows.map(line)].join('\n');
}

/** The table in the document. */
export function tableIn(document: string): string {
  const start = document.indexOf(BEGIN) + BEGIN.length;
  const end = document.indexOf(END);
  if (start < BEGIN.length || end < start)
    throw new Error('docs/simulator.md has no place for the table of planted bugs.');
  return document.slice(start, end);
}

export function withTable(document: string, table: string): string {
  return document.replace(tableIn(document), () => table);
}
