/** Rules of the protocol are broken on purpose, one at a time; the judge of the scenarios must notice each. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { slow } from '../support/slow.ts';
import { GAPPED_TAILS, MUTATIONS, UNDECIDED_SKIPS } from './support/mutations.ts';
import { runScenario } from './support/scenario.ts';

const MOST_SEEDS = 200;
const FAULTS_MS = 6_000;
const GAPPED_SEEDS = 10;
const LIMIT_MS = 180_000;

const test = suite('scenario/mutations');

for (const [name, mutation] of Object.entries(MUTATIONS)) {
  const { rule, cluster, faultKinds, checkpointRecords, localRecords, poisons = false } = mutation;
  test(`${name} is noticed: ${rule}`, async () => {
    slow(LIMIT_MS);
    for (let seed = 1; seed <= MOST_SEEDS; seed += 1) {
      const about = { faultKinds, checkpointRecords, localRecords, poisons };
      const options = { seed, faultsMs: FAULTS_MS, searches: false, ...about };
      const broken = await runScenario({ ...options, ...cluster });
      if (broken.problems.length === 0) continue;
      const sound = await runScenario(options);
      assert.equal(sound.problems, [], `seed ${seed} is not sound without the mutation`);
      return;
    }
    assert.unreachable(`not noticed in ${MOST_SEEDS} seeds`);
  });
}

test('a tail with gaps costs restores and nothing else', async () => {
  slow(LIMIT_MS);
  let restores = 0;
  for (let seed = 1; seed <= GAPPED_SEEDS; seed += 1) {
    const { problems, story } = await runScenario({ seed, faultsMs: FAULTS_MS, searches: false, ...GAPPED_TAILS });
    restores += story.filter((line) => line.includes('log does not continue what was applied')).length;
    assert.equal(problems, [], `seed ${seed}`);
  }
  assert.ok(restores > 0);
});

test('what a primary could not decide is skipped once every copy fails at it, and nothing else comes of it', async () => {
  slow(LIMIT_MS);
  let skips = 0;
  for (let seed = 1; seed <= GAPPED_SEEDS; seed += 1) {
    const options = { seed, searches: false, poisons: true, ...UNDECIDED_SKIPS };
    const { problems, story } = await runScenario(options);
    skips += story.filter((line) => line.includes('a record that every copy fails at is skipped')).length;
    assert.equal(problems, [], `seed ${seed}`);
  }
  assert.ok(skips > 0);
});

test.run();
