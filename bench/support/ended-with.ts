/** What a measurement has made on the machine is removed with it, also where it fails or is interrupted. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What is to be ended, the latest last. */
const ends: (() => Promise<unknown>)[] = [];

/** Does the work, and then ends what it was done with. */
export async function endedWith<T>(end: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  if (ends.length === 0) for (const signal of signals) process.on(signal, interrupted);
  ends.push(end);
  try {
    return await work();
  } finally {
    ends.pop();
    if (ends.length === 0) for (const signal of signals) process.off(signal, interrupted);
    await end();
  }
}

function interrupted(): void {
  void endAll().then(() => process.exit(130));
}

async function endAll(): Promise<void> {
  for (const end of ends.splice(0).toReversed()) await end();
}
