/** Carries out a plan: begins each fault in its time, ends it when it is over, and tells of all of them. */
import { SimRandom } from '../../src/bus/sim/sim-random.ts';
import { pause, systemEnv } from '../../src/env.ts';
import { AT_ONCE, type FaultDomain, FaultSkipped } from './fault.ts';
import type { PlannedFault } from './plan.ts';

/** What became of a planned fault. Times are milliseconds on the clock of `nowMs`. */
export type StruckFault = {
  readonly kind: string;
  /** Whom it struck, or why it could not. */
  readonly what: string;
  readonly skipped: boolean;
  readonly fromMs: number;
  readonly toMs: number;
};

/** Whom the striker tells, and by which clock. */
export type StrikeOptions = {
  readonly nowMs: () => number;
  readonly tell: (text: string) => void;
  /** No fault begins once it is aborted. */
  readonly signal: AbortSignal;
};

/**
 * Strikes as planned; resolves when every fault has ended, with all of them in the order of their ends.
 *
 * @throws Error if a fault could not be begun or undone for another reason than `FaultSkipped`. All others are undone first.
 */
export async function strikeAll(
  plan: readonly PlannedFault[],
  options: StrikeOptions,
): Promise<readonly StruckFault[]> {
  const { nowMs, signal } = options;
  const struck: StruckFault[] = [];
  const failures: unknown[] = [];
  const running: { domain: FaultDomain; done: Promise<void> }[] = [];
  const startMs = nowMs();
  for (const planned of plan) {
    await pauseUntil(startMs + planned.atMs, options);
    const { domain } = planned.kind;
    while (running.filter((one) => one.domain === domain).length >= AT_ONCE[domain])
      await Promise.race(running.filter((one) => one.domain === domain).map(async ({ done }) => done));
    if (signal.aborted || failures.length > 0) break;
    const done = strike(planned, options).then(
      (one) => {
        struck.push(one);
      },
      (error: unknown) => {
        failures.push(error);
      },
    );
    const entry = { domain, done: done.then(() => void running.splice(running.indexOf(entry), 1)) };
    running.push(entry);
  }
  await Promise.all(running.map(async ({ done }) => done));
  const [failure] = failures;
  if (failure !== undefined) throw failure instanceof Error ? failure : new Error('a fault failed', { cause: failure });
  return struck;
}

async function strike(planned: PlannedFault, { nowMs, tell, signal }: StrikeOptions): Promise<StruckFault> {
  const { kind, lastsMs, seed } = planned;
  const fromMs = nowMs();
  try {
    const { what, end } = await kind.begin(new SimRandom(seed));
    tell(`${kind.name}: ${what} (${(lastsMs / 1_000).toFixed(1)} s)`);
    await pauseUntil(nowMs() + lastsMs, { nowMs, signal });
    await end();
    tell(`${kind.name}: ${what}: over`);
    return { kind: kind.name, what, skipped: false, fromMs, toMs: nowMs() };
  } catch (error) {
    if (!(error instanceof FaultSkipped)) throw error;
    tell(`${kind.name}: SKIPPED: ${error.message}`);
    return { kind: kind.name, what: error.message, skipped: true, fromMs, toMs: nowMs() };
  }
}

/** Pauses until a time, or until it is aborted: faults end early then. */
async function pauseUntil(atMs: number, { nowMs, signal }: Pick<StrikeOptions, 'nowMs' | 'signal'>): Promise<void> {
  const leftMs = atMs - nowMs();
  if (leftMs <= 0 || signal.aborted) return;
  await pause(systemEnv.clock, leftMs, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
