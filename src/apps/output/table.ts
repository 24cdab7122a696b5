/** A plain table: columns two spaces apart, no lines, no colours. */

export interface Column<Row> {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly align: 'left' | 'right';
  cell(row: Row): string;
}

/**
 * The lines of the table, the titles first. Columns stand in the order of their importance: where the terminal is
 * narrower than the table, the last ones are left out until it fits; the first one always stays.
 */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], widthMax: number): string[] {
  const texts = columns.map((column) => [column.title, ...rows.map((row) => column.cell(row))]);
  const widths = texts.map((cells) => Math.max(...cells.map((cell) => cell.length)));
  let shown = columns.length;
  while (shown > 1 && sum(widths.slice(0, shown)) + 2 * (shown - 1) > widthMax) shown -= 1;
  const visible = columns.slice(0, shown);
  return [undefined, ...rows].map((_, line) => {
    const cells = visible.map(({ align }, index) => {
      const cell = texts[index]![line]!;
      return align === 'left' ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!);
    });
    return cells.join('  ').trimEnd();
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
