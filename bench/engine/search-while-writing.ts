/**
 * How long searches take while 1,000 documents a second are written, against a shard that is left alone: the same searches
 * at the same seeded moments, in one thread. A search's time begins when it is due, so that waiting behind a write, a
 * flush or a slice of a merge counts. Rounds of either kind take turns. The engine's settings are its defaults; documents
 * wait outside of the heap, so that the collector has no more to do than in a process that receives them.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Seeded } from '../../test/support/seeded.ts';
import { CoppiceShard } from '../support/engine/coppice-shard.ts';
import { type Corpus, corpora } from '../support/engine/corpora.ts';
import { DocumentPool } from '../support/engine/document-pool.ts';
import { first, readLines } from '../support/engine/json-lines.ts';
import type { Task } from '../support/engine/protocol.ts';
import { type Comparison, printComparisons } from '../support/engine/report.ts';
import { say, size, workFolder } from '../support/engine/settings.ts';
import { quantile } from '../support/figures.ts';

const SEED = 11;
const WRITES_PER_SECOND = 1_000;
const SEARCHES_PER_SECOND = 100;
const ROUND_MS = 5_000;
const MOST_DOCS = 200_000;

type Round = { readonly searchMs: number[]; readonly writeMs: number[] };

for (const corpus of corpora()) printComparisons(`${corpus.name}, searches while writing`, [await measure(corpus)]);

async function measure(corpus: Corpus): Promise<Comparison> {
  const shard = new CoppiceShard({ headBytes: undefined });
  shard.begin(workFolder('indexes', 'coppice-writing'));
  const count = Math.min(MOST_DOCS, corpus.docCount);
  const documents = new DocumentPool(first(readLines(corpus.path), count));
  for (let i = 0; i < documents.count; i++) shard.put(documents.at(i));
  const idle: Round = { searchMs: [], writeMs: [] };
  const writing: Round = { searchMs: [], writeMs: [] };
  const writer = writesOf(shard, documents);
  await runRound(shard, corpus.tasks, undefined);
  for (let round = 0; round < size.rounds; round++) {
    while (shard.maintain());
    collect(idle, await runRound(shard, corpus.tasks, undefined));
    collect(writing, await runRound(shard, corpus.tasks, writer));
  }
  shard.close();
  return compared(corpus, idle, writing);
}

function compared(corpus: Corpus, idle: Round, writing: Round): Comparison {
  const p99 = ({ searchMs }: Round): number => quantile(searchMs, 0.99);
  say(`longest write ${Math.max(...writing.writeMs).toFixed(1)} ms`);
  return {
    class: `${corpus.name}/search-while-writing`,
    peer: 'idle',
    ratio: p99(idle) / p99(writing),
    figures: {
      searches: writing.searchMs.length,
      'p99 idle ms': p99(idle),
      'p99 writing ms': p99(writing),
      'p50 idle ms': quantile(idle.searchMs, 0.5),
      'p50 writing ms': quantile(writing.searchMs, 0.5),
      'longest ms': Math.max(...writing.searchMs),
      'longest write ms': Math.max(...writing.writeMs),
    },
  };
}

/** Runs what is due, the earliest first; time without anything due is given to the shard's upkeep. */
async function runRound(shard: CoppiceShard, tasks: readonly Task[], write: (() => void) | undefined): Promise<Round> {
  const chance = new Seeded(SEED);
  const round: Round = { searchMs: [], writeMs: [] };
  const beginMs = performance.now();
  let searchMs = 0;
  let writeMs = write === undefined ? Number.POSITIVE_INFINITY : 0;
  while (Math.min(searchMs, writeMs) < ROUND_MS) {
    const dueMs = beginMs + Math.min(searchMs, writeMs);
    if (performance.now() < dueMs) {
      if (write === undefined || !shard.maintain()) await nextTurn();
      continue;
    }
    if (writeMs <= searchMs) {
      const startMs = performance.now();
      write?.();
      round.writeMs.push(performance.now() - startMs);
      writeMs += 1_000 / WRITES_PER_SECOND;
      continue;
    }
    shard.run(chance.pick(tasks), 'top10');
    round.searchMs.push(performance.now() - dueMs);
    searchMs += (-Math.log(1 - chance.next()) * 1_000) / SEARCHES_PER_SECOND;
  }
  return round;
}

/** Every second write replaces a document, the others add one. */
function writesOf(shard: CoppiceShard, documents: DocumentPool): () => void {
  let count = 0;
  return () => {
    const document = documents.at((count * 7_919) % documents.count);
    shard.put(count++ % 2 === 0 ? document : { ...document, id: `new-${count}` });
  };
}

function collect(all: Round, round: Round): void {
  all.searchMs.push(...round.searchMs);
  all.writeMs.push(...round.writeMs);
}
