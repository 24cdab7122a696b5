/** Reports as lines of text: time, level, sentence, facts. For a terminal, a file, or a service manager's journal. */
import type { Reporter } from '../../core/replica/reporter.js';

const rank = { info: 0, warning: 1, error: 2 } as const;

export type ReportLevel = keyof typeof rank;

/** Writes what is at least as grave as `from`. */
export function lineReporter(from: ReportLevel, write: (line: string) => void, now = () => new Date()): Reporter {
  return {
    report: (level, text, facts = {}) => {
      if (rank[level] < rank[from]) return;
      const shown = Object.entries(facts).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
      write(`${now().toISOString()} ${level} ${text}${shown.join('')}\n`);
    },
  };
}
