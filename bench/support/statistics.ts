/** Medians and percentiles of what was measured. */

/** The value below which this share (0 to 1) of the values lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const upper = sorted.length >> 1;
  const middle = sorted.length % 2 === 0 ? [sorted[upper - 1], sorted[upper]] : [sorted[upper]];
  return middle.reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0) / middle.length;
}

/** `p50/p99` of latencies in milliseconds. */
export function latencies(values: readonly number[]): string {
  return `${quantile(values, 0.5).toFixed(2)}/${quantile(values, 0.99).toFixed(2)} ms`;
}

/** Whole numbers with commas between thousands. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}
