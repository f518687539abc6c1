/** Seeded stories of a simulated cluster: work under faults, then a judge. `make simulate` runs more of them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { slow } from '../support/slow.ts';
import { FAULT_KINDS } from './support/faults.ts';
import { runScenario } from './support/scenario.ts';

const SEEDS = 500;
const FIRST_SEED = 1;
/** Shorter than those of `make simulate`, so that the suite stays short. */
const FAULTS_MS = 5_000;
const SUITE_MS = 20_000;
/** So many seeds have all kinds of faults. */
const ENOUGH_SEEDS = 100;
const LIMIT_MS = 240_000;
const STORY_LINES = 400;

const test = suite('scenario/seeds');

test('the same seed gives the same events, to the byte', async () => {
  for (const [seed, searches] of [
    [7, false],
    [8, true],
  ] as const) {
    const first = await runScenario({ seed, searches, keepsEvents: true });
    const second = await runScenario({ seed, searches, keepsEvents: true });
    assert.ok(first.events.length > 1_000);
    assert.is(second.events.join('\n'), first.events.join('\n'));
    assert.equal(second.story, first.story);
    assert.is(second.digest, first.digest);
  }
});

test('another seed gives another story', async () => {
  const [one, other] = [await runScenario({ seed: 1 }), await runScenario({ seed: 2 })];
  assert.is.not(one.digest, other.digest);
});

test(`no seed loses, doubles or invents anything (up to ${SEEDS})`, async () => {
  slow(LIMIT_MS);
  const endMs = performance.now() + SUITE_MS;
  let run = 0;
  let acknowledged = 0;
  const struck = new Set<string>();
  for (let seed = FIRST_SEED; run < SEEDS && performance.now() < endMs; seed += 1) {
    const result = await runScenario({ seed, faultsMs: FAULTS_MS });
    run += 1;
    acknowledged += result.acknowledged;
    for (const kind of result.faults) struck.add(kind);
    const { problems, story } = result;
    const told = `make simulate SEED=${seed} MS=${FAULTS_MS}\n${problems.join('\n')}\n${story.slice(-STORY_LINES).join('\n')}`;
    assert.equal(problems, [], told);
  }
  assert.ok(run >= 20, `only ${run} seeds in ${SUITE_MS} ms`);
  assert.ok(acknowledged > 20 * run, `${acknowledged} writes acknowledged in ${run} seeds`);
  // A busy machine runs few seeds, and few faults: then most kinds have struck, but perhaps not all.
  const missing = FAULT_KINDS.filter((kind) => !struck.has(kind));
  assert.ok(missing.length <= (run < ENOUGH_SEEDS ? FAULT_KINDS.length / 5 : 0), `${missing.join()} in ${run} seeds`);
});

test.run();
