/**
 * Latency of searches on 117,791 glosses with 1, 2 and 4 shards, alone and with eight clients at once, scored by shard
 * or by the whole index. Rounds alternate between all of them, so that noise hits all alike; medians of rounds are shown.
 */
import { connect } from '../../src/client/connect.ts';
import { Seeded } from '../../test/support/seeded.ts';
import { corpus, createIndex, loadCorpus } from '../support/bulk-load.ts';
import { startClusterProcesses } from '../support/cluster-processes.ts';
import { median, printFigures, quantile, rounded } from '../support/figures.ts';

const LEAVES = 2;
const SHARD_COUNTS = [1, 2, 4];
const CLIENTS = [1, 8];
const SEARCH_TYPES = ['query_then_fetch', 'dfs_query_then_fetch'];
const ROUNDS = 5;
const SEARCHES = 200;
const SEED = 7;

const cluster = await startClusterProcesses(LEAVES);
const client = await connect({ servers: cluster.url });
for (const shards of SHARD_COUNTS) {
  await createIndex(client, `glosses-${shards}`, shards, 0);
  await loadCorpus(client, `glosses-${shards}`);
}
const texts = phrases();
const cases = SHARD_COUNTS.flatMap((shards) =>
  SEARCH_TYPES.flatMap((searchType) =>
    CLIENTS.map((clients) => ({ shards, searchType, clients, p50: new Array<number>(), p99: new Array<number>() })),
  ),
);
for (let round = -1; round < ROUNDS; round++) {
  for (const { shards, searchType, clients, p50, p99 } of cases) {
    const times = await measure(`glosses-${shards}`, searchType, clients);
    if (round < 0) continue; // the first one warms up
    p50.push(quantile(times, 0.5));
    p99.push(quantile(times, 0.99));
  }
}
for (const { shards, searchType, clients, p50, p99 } of cases) {
  printFigures({
    bench: 'cluster/search-latency',
    docs: corpus.length,
    shards,
    searchType,
    clients,
    p50Ms: rounded(median(p50)),
    p99Ms: rounded(median(p99)),
  });
}
await client.close();
await cluster.close();

/** Milliseconds that each search took. */
async function measure(index: string, searchType: string, clients: number): Promise<readonly number[]> {
  const times: number[] = [];
  let next = 0;
  const searcher = async (): Promise<void> => {
    for (let text = texts[next++]; text !== undefined; text = texts[next++]) {
      const startMs = performance.now();
      await client.search(index, { query: { match: { text } }, search_type: searchType });
      times.push(performance.now() - startMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, searcher));
  return times;
}

/** Two to four neighbouring words of glosses. */
function phrases(): readonly string[] {
  const random = new Seeded(SEED);
  return random.list(SEARCHES, () => {
    const words = random.pick(corpus).text.split(' ');
    const from = random.below(Math.max(1, words.length - 3));
    return words.slice(from, from + 2 + random.below(3)).join(' ');
  });
}
