/** Loaded into a server under measurement: at SIGUSR2 it collects all garbage and tells what is left. */
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  process.stderr.write(`heap-report ${heapUsed} ${arrayBuffers}\n`);
});
