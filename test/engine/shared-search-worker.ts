/** The other thread in the test of shared shards: opens what it is given and answers searches until it is told to end. */
import { parentPort, workerData } from 'node:worker_threads';
import type { EngineSearch } from '../../src/engine/engine.ts';
import { openShared, type SharedShard } from '../../src/engine/shared-shard.ts';
import { analyzers } from './parts-shard.ts';

const { shared, kernel }: { readonly shared: SharedShard; readonly kernel: boolean } = workerData;
const searcher = openShared(shared, { analyzers, kernel });

parentPort?.on('message', (search: EngineSearch | 'end') => {
  if (search === 'end') {
    searcher.close();
    parentPort?.close();
    return;
  }
  const { ordinals, scores, total } = searcher.search(search);
  const ids = Array.from(ordinals, (ordinal) => searcher.idAt(ordinal));
  const statistics = searcher.statisticsOf(search.query);
  parentPort?.postMessage({ ids, scores: [...scores], total, count: searcher.count(search.query), statistics });
});
