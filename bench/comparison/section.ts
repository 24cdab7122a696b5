/** The part of docs/benchmarks.md that `npm run bench` writes. */

const BEGIN = '<!-- comparison: written by npm run bench -->\n\n';
const END = '\n\n<!-- end of comparison -->';

/** The document with this between the marks. @throws Error where it lacks them */
export function withSection(document: string, section: string): string {
  const start = document.indexOf(BEGIN);
  const end = document.indexOf(END, start);
  if (start === -1 || end === -1) throw new Error('docs/benchmarks.md has no place for the comparison.');
  return document.slice(0, start + BEGIN.length) + section + document.slice(end);
}

/** Lines of at most so many characters, broken between words. */
export function wrapped(paragraph: string, characters = 120): string {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > characters) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
