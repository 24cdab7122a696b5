/** The signals by which a program is asked to end, and the exit code that says so. */
const exitCodeBySignal = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export const interruptedExitCode = exitCodeBySignal.SIGINT;

/** Calls back with the exit code at every such signal, until what is returned is called. */
export function onEndingSignal(callback: (exitCode: number) => void): () => void {
  const signals = Object.keys(exitCodeBySignal) as (keyof typeof exitCodeBySignal)[];
  const listener = (signal: keyof typeof exitCodeBySignal) => callback(exitCodeBySignal[signal]);
  for (const signal of signals) process.on(signal, listener);
  return () => signals.forEach((signal) => process.off(signal, listener));
}
