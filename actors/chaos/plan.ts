/** The plan of a run: which fault strikes when, and for how long, all of it from a seed. */
import { SimRandom } from '../../src/bus/sim/sim-random.ts';
import { drawTable } from '../cli/table.ts';
import type { FaultKind } from './fault.ts';

/** One fault of a plan. Times are milliseconds; `atMs` counts from the start of the faults. */
export type PlannedFault = {
  readonly atMs: number;
  readonly kind: FaultKind;
  readonly lastsMs: number;
  /** Decides whom it strikes. */
  readonly seed: number;
};

/** What a plan is made of. */
export type PlanOptions = {
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  /** How long faults go on. */
  readonly forMs: number;
  /** Shortest and longest time from one fault to the next. */
  readonly gapMs: { readonly from: number; readonly to: number };
  /** How long one lasts at least and at most, unless its kind says so: short or long unless given. */
  readonly lastsMs?: { readonly from: number; readonly to: number };
};

/** Most faults are short; some last long enough that others take over. */
const SHORT_MS = { from: 200, to: 1_500 };
const LONG_MS = { from: 2_500, to: 7_000 };
const SHORT_SHARE = 0.5;

/** Draws a plan. Every kind comes once before any comes twice. */
export function planFaults({ seed, kinds, forMs, gapMs, lastsMs }: PlanOptions): readonly PlannedFault[] {
  const random = new SimRandom(seed).fork('plan');
  const plan: PlannedFault[] = [];
  let deck: FaultKind[] = [];
  for (let atMs = random.between(0, gapMs.from); atMs < forMs; atMs += random.between(gapMs.from, gapMs.to)) {
    if (deck.length === 0) deck = [...kinds];
    const [kind] = deck.splice(random.below(deck.length), 1);
    if (kind === undefined) break;
    const range = kind.lastsMs ?? lastsMs ?? (random.chance(SHORT_SHARE) ? SHORT_MS : LONG_MS);
    plan.push({
      atMs: Math.round(atMs),
      kind,
      lastsMs: Math.round(random.between(range.from, range.to)),
      seed: random.below(2 ** 31),
    });
  }
  return plan;
}

/** Draws a plan for people. */
export function drawPlan(plan: readonly PlannedFault[]): string {
  const rows = plan.map(({ atMs, kind, lastsMs }) => [seconds(atMs), kind.name, seconds(lastsMs), kind.does]);
  return drawTable(
    [{ title: 'at', align: 'right' }, { title: 'fault' }, { title: 'for', align: 'right' }, { title: '' }],
    rows,
  );
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
