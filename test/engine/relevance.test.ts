/**
 * Rankings of judged collections under English analysis reach what a plain BM25 reaches. The collections are not part of
 * the project: `COPPICE_BENCH_DATA` names the folder that has them, and without it nothing is measured.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isReached, measureRun, RUNS } from '../../bench/support/engine/relevance.ts';

const dataFolder = process.env['COPPICE_BENCH_DATA'];
const test = suite('engine/relevance');

for (const run of RUNS) {
  test(`${run.name} with k1 ${run.k1} and b ${run.b} is ranked as well as expected, where it is at hand`, () => {
    const measures = dataFolder === undefined ? undefined : measureRun(run, dataFolder);
    if (measures === undefined) {
      process.stdout.write(`${run.name} is not measured: COPPICE_BENCH_DATA names no folder that has it\n`);
      return;
    }
    for (const measure of ['map', 'p30', 'ndcg10', 'mrr'] as const) {
      const expected = run.expected[measure];
      if (expected === undefined) continue;
      const reached = measures[measure];
      assert.ok(isReached(measure, reached, expected), `${measure} is ${reached}, expected ${expected}`);
    }
  });
}

test.run();
