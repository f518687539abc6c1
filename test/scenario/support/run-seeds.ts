/**
 * Runs scenarios: `node dist/test/scenario/support/run-seeds.js --seeds 500` or `--seed 42` for one, with its story.
 * `--ms` is for how many virtual milliseconds faults strike; another time is another story.
 */
import { parseArgs } from 'node:util';
import { runScenario, type ScenarioResult } from './scenario.ts';

const PROGRESS_SEEDS = 500;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    ms: { type: 'string', default: '12000' },
  },
});
const stop =
  values.seed === undefined
    ? await runMany(Number(values.from), Number(values.seeds))
    : await runOne(Number(values.seed));
process.exitCode = stop ? 1 : 0;

async function runOne(seed: number): Promise<boolean> {
  const result = await runScenario({ seed, faultsMs: Number(values.ms) });
  print(result.story.join('\n'));
  tell(result);
  return result.problems.length > 0;
}

async function runMany(from: number, count: number): Promise<boolean> {
  const startMs = performance.now();
  const failed: number[] = [];
  let acknowledged = 0;
  let virtualMs = 0;
  let steps = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const result = await runScenario({ seed, faultsMs: Number(values.ms) });
    acknowledged += result.acknowledged;
    virtualMs += result.virtualMs;
    steps += result.steps;
    const done = seed - from + 1;
    if (done % PROGRESS_SEEDS === 0) print(`${done} seeds so far, ${failed.length} failed`);
    if (result.problems.length === 0) continue;
    failed.push(seed);
    tell(result);
  }
  const tookS = (performance.now() - startMs) / 1_000;
  print(
    `${count} seeds in ${tookS.toFixed(1)} s: ${failed.length} failed${failed.length === 0 ? '' : ` (${failed.join(', ')})`}; ` +
      `${(virtualMs / 3_600_000).toFixed(1)} virtual hours, ${steps} events, ${acknowledged} writes acknowledged`,
  );
  return failed.length > 0;
}

function tell({ seed, problems, faults, acknowledged, reads, steps, virtualMs, digest }: ScenarioResult): void {
  print(
    `seed ${seed}: ${problems.length === 0 ? 'sound' : 'FAILED'}; ${(virtualMs / 1_000).toFixed(1)} virtual s, ${steps} events, ` +
      `${acknowledged} writes acknowledged, ${reads} reads, digest ${digest}, faults: ${faults.join(' ')}`,
  );
  for (const problem of problems.slice(0, 10)) print(`  ${problem.slice(0, 600)}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
