/** What the operator is told, as it happens: a sentence, and the facts that belong to it. */
export interface Reporter {
  report(level: 'info' | 'warning' | 'error', text: string, facts?: Readonly<Record<string, unknown>>): void;
}
