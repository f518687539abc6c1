/** How well rankings agree with judgments, against what a plain BM25 with Lucene's English analysis reaches. */
import { isReached, measureRun, RUNS } from '../support/engine/relevance.ts';
import { printTable } from '../support/engine/report.ts';
import { dataFolder, say } from '../support/engine/settings.ts';
import { printFigures } from '../support/figures.ts';

const rows: Record<string, number | string>[] = [];
for (const run of RUNS) {
  const name = `${run.name}, ${run.analyzer}, k1 ${run.k1} b ${run.b}`;
  const measures = dataFolder === undefined ? undefined : measureRun(run, dataFolder);
  if (measures === undefined) {
    say(`${name}: left out, since COPPICE_BENCH_DATA names no folder with its files`);
    continue;
  }
  for (const measure of ['map', 'p30', 'ndcg10', 'mrr'] as const) {
    const expected = run.expected[measure];
    if (expected === undefined) continue;
    const reached = measures[measure];
    rows.push({
      collection: name,
      queries: measures.queries,
      measure,
      reached: reached.toFixed(4),
      expected: expected.toFixed(4),
    });
    printFigures({ relevance: name, measure, reached: Number(reached.toFixed(4)), expected });
    if (!isReached(measure, reached, expected)) process.exitCode = 1;
  }
}
if (rows.length > 0) printTable('relevance', rows);
