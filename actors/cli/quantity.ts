/** Numbers as people read them. */

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `39264` as `39,264`. */
export function showCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `1 hit`, `2 hits`. */
export function showCounted(count: number, noun: string, plural = `${noun}s`): string {
  return `${showCount(count)} ${count === 1 ? noun : plural}`;
}

/** Bytes with the unit that leaves one to four digits: `8.1 MB`. */
export function showBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** Milliseconds as `0.42 ms`, `12 ms`, `3.4 s`, `2 min 05 s`. */
export function showDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(ms < 1 ? 2 : 1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
