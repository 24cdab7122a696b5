/**
 * Where a person and the chat meet: lines are shown, and lines are asked for one at a time.
 *
 * Whatever is printed appears as whole lines, also while a line is being typed.
 */
export interface Screen {
  /** Whether a person answers, one question after the other, and may be asked one more. */
  readonly isInteractive: boolean;
  /** Shows lines. They must be safe to print. */
  print(...lines: readonly string[]): void;
  /** Asks for a line; undefined once the input has ended. One question at a time. */
  ask(prompt: string): Promise<string | undefined>;
  /** Asks before what cannot be undone. What a person typed before the question was there, such as in a paste, is no answer. */
  confirm(prompt: string): Promise<string | undefined>;
  /** Asks for a line that is not shown while it is typed. */
  askHidden(prompt: string): Promise<string | undefined>;
  /** Gives the terminal back as it was. A question that is open is answered with undefined. */
  close(): void;
}

/** What a person does at any time, apart from answering. */
export interface ScreenEvents {
  /** ctrl-C. */
  onInterrupt(): void;
  /** ctrl-D, or the end of what was piped in. */
  onEnd(): void;
}
