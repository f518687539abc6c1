/** Snapshots on a simulated cluster under faults, by seed: what is taken is whole, what failed leaves nothing. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { slow } from '../support/slow.ts';
import { runSnapshotScenario } from './support/snapshot-scenario.ts';

const test = suite('scenario/snapshots');
const SEEDS = Number(process.env['SEEDS'] ?? 40);
const FIRST_SEED = Number(process.env['SEED'] ?? 1);
const SUITE_MS = 60_000;
const STORY_LINES = 300;

test('every snapshot has what was acknowledged before, whoever dies, and nothing stays of what failed', async () => {
  slow(4 * SUITE_MS);
  const endMs = performance.now() + SUITE_MS;
  let [run, taken, failed, restored] = [0, 0, 0, 0];
  for (let seed = FIRST_SEED; run < SEEDS && performance.now() < endMs; seed += 1) {
    const result = await runSnapshotScenario(seed);
    run += 1;
    taken += result.taken;
    failed += result.begun - result.taken;
    restored += result.restored;
    const { problems, story } = result;
    assert.equal(problems, [], `SEED=${seed}\n${problems.join('\n')}\n${story.slice(-STORY_LINES).join('\n')}`);
  }
  assert.ok(run >= 5 && taken > run && failed > 0 && restored > run, JSON.stringify({ run, taken, failed, restored }));
});

test.run();
