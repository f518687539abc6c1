/** What a run of chaos comes to: a table of its faults, what callers had of them, and everything that was violated. */
import { drawTable } from '../cli/table.ts';
import type { Recorder } from './recorder.ts';
import type { StruckFault } from './strike.ts';

/** A run's outcome. */
export type ChaosResult = {
  readonly seed: number;
  readonly faults: readonly StruckFault[];
  readonly rows: readonly FaultRow[];
  readonly acknowledged: number;
  readonly unknown: number;
  readonly reads: number;
  /** Failed requests by what they were told. */
  readonly failed: Readonly<Record<string, number>>;
  /** Sentences; empty if every promise was kept. */
  readonly violations: readonly string[];
  /** The history, as lines of JSON. */
  readonly historyFile: string;
};

/** All faults of one kind. Times are milliseconds; failed requests are those that ended during a fault, or soon after. */
export type FaultRow = {
  readonly kind: string;
  readonly times: number;
  readonly skipped: number;
  readonly withoutWritesMs: { readonly median: number; readonly worst: number };
  readonly failedWrites: number;
  readonly failedReads: number;
};

/** The last write before a fault was acknowledged so long before it at most. */
const BEFORE_MS = 100;
/** What ends so long after a fault is still put down to it. */
const AFTERMATH_MS = 2_000;

/** Sums faults up by kind. */
export function rowsOf(faults: readonly StruckFault[], recorder: Recorder): readonly FaultRow[] {
  const kinds = [...new Set(faults.map(({ kind }) => kind))].toSorted();
  return kinds.map((kind) => {
    const all = faults.filter((fault) => fault.kind === kind);
    const struck = all.filter(({ skipped }) => !skipped);
    const gaps = struck.map((fault) => longestGapMs(recorder.acknowledgedAtMs, fault)).toSorted((a, b) => a - b);
    const failed = recorder.failed.filter(({ atMs }) => struck.some((fault) => isDuring(atMs, fault)));
    return {
      kind,
      times: struck.length,
      skipped: all.length - struck.length,
      withoutWritesMs: { median: gaps[(gaps.length - 1) >> 1] ?? 0, worst: gaps.at(-1) ?? 0 },
      failedWrites: failed.filter(({ what }) => what === 'write').length,
      failedReads: failed.filter(({ what }) => what === 'read').length,
    };
  });
}

/** Draws a result for people. */
export function drawResult(result: ChaosResult): string {
  const rows = result.rows.map(({ kind, times, skipped, withoutWritesMs, failedWrites, failedReads }) => [
    kind,
    String(times),
    String(skipped),
    (withoutWritesMs.median / 1_000).toFixed(2),
    (withoutWritesMs.worst / 1_000).toFixed(2),
    String(failedWrites),
    String(failedReads),
  ]);
  const right = { align: 'right' } as const;
  const table = drawTable(
    [
      { title: 'fault' },
      { title: 'times', ...right },
      { title: 'skipped', ...right },
      { title: 'without writes, median s', ...right },
      { title: 'worst s', ...right },
      { title: 'failed writes', ...right },
      { title: 'failed reads', ...right },
    ],
    rows,
  );
  const { acknowledged, unknown, reads, failed, violations, seed, historyFile } = result;
  const codes = Object.entries(failed).map(([code, count]) => `${code} ${count}`);
  const verdict = violations.length === 0 ? 'no violation' : `${violations.length} VIOLATIONS`;
  return [
    table,
    `seed ${seed}: ${acknowledged} writes acknowledged, ${unknown} of unknown outcome, ${reads} whole reads; ${verdict}\n`,
    codes.length === 0 ? '' : `failed requests: ${codes.join(', ')}\n`,
    `history: ${historyFile}\n`,
    ...violations.map((violation) => `VIOLATION ${violation}\n`),
  ].join('');
}

/** The longest time without an acknowledged write that began in a fault: what began before is put down to another. */
function longestGapMs(acknowledgedAtMs: readonly number[], { fromMs, toMs }: StruckFault): number {
  let longest = 0;
  for (let at = 1; at < acknowledgedAtMs.length; at += 1) {
    const [before, after] = [acknowledgedAtMs[at - 1] ?? 0, acknowledgedAtMs[at] ?? 0];
    if (before >= fromMs - BEFORE_MS && before <= toMs + AFTERMATH_MS) longest = Math.max(longest, after - before);
  }
  return longest;
}

function isDuring(atMs: number, { fromMs, toMs }: StruckFault): boolean {
  return atMs >= fromMs && atMs <= toMs + AFTERMATH_MS;
}
