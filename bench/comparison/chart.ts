/** A chart of plain bars as SVG: a panel for each figure, a bar for each system, the value beside it. */

export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

interface Bar {
  readonly label: string;
  readonly value: number;
  /** The value as it is shown. */
  readonly text: string;
}

const WIDTH = 760;
const LABEL_WIDTH = 200;
const VALUE_WIDTH = 90;
const BAR_HEIGHT = 18;
const BAR_STEP = 24;
const TITLE_HEIGHT = 30;
const GAP = 14;
/** Everything is drawn in colours that can be read on white and on black; the first bar of a panel stands out. */
const STYLE = `text { font: 13px system-ui, sans-serif; fill: #57606a; }
.title { font-weight: 600; }
.bar { fill: #8c96a0; }
.first { fill: #1f7a8c; }
@media (prefers-color-scheme: dark) {
  text { fill: #c9d1d9; }
  .first { fill: #3fb6cf; }
}`;

/** @throws Error where there is nothing to draw */
export function chartOf(panels: readonly Panel[]): string {
  if (panels.length === 0) throw new Error('A chart needs a panel.');
  const drawn: string[] = [];
  let top = 0;
  for (const { title, bars } of panels) {
    drawn.push(text(0, top + BAR_HEIGHT, title, 'title'));
    top += TITLE_HEIGHT;
    const longest = Math.max(...bars.map(({ value }) => value));
    for (const [index, bar] of bars.entries()) {
      drawn.push(...barAt(top, bar, longest, index === 0));
      top += BAR_STEP;
    }
    top += GAP;
  }
  const size = `width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">
<style>
${STYLE}
</style>
${drawn.join('\n')}
</svg>
`;
}

function barAt(top: number, { label, value, text: shown }: Bar, longest: number, isFirst: boolean): string[] {
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const width = longest > 0 ? Math.max(1, Math.round((value / longest) * room)) : 1;
  const baseline = top + BAR_HEIGHT - 4;
  return [
    text(0, baseline, label),
    `<rect class="${isFirst ? 'bar first' : 'bar'}" x="${LABEL_WIDTH}" y="${top}" width="${width}" height="${BAR_HEIGHT}"/>`,
    text(LABEL_WIDTH + width + 6, baseline, shown),
  ];
}

function text(x: number, y: number, content: string, name = ''): string {
  const attribute = name === '' ? '' : ` class="${name}"`;
  return `<text${attribute} x="${x}" y="${y}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
