/** What benchmarks say: quantiles, medians over rounds, and lines of JSON. */

/** The value below which a share `q` of the values lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Three digits after the point. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** Prints one line of figures. */
export function printFigures(figures: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
