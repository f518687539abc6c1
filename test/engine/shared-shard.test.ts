/** A shard that other threads search over the same memory: same answers, no copy, and nothing they see changes. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineSearch } from '../../src/engine/engine.ts';
import { createRegionPool } from '../../src/engine/memory/region-pool.ts';
import type { Query } from '../../src/engine/query/query.ts';
import { createEngine, openEngine, type ShardEngine } from '../../src/engine/shard-engine.ts';
import { openShared, type SharedShard } from '../../src/engine/shared-shard.ts';
import { createMemoryStore } from '../../src/engine/store/memory-store.ts';
import { analyzers } from './parts-shard.ts';
import { RandomCorpus, SCHEMA } from './random-corpus.ts';

const test = suite('engine/shared-shard');

/** Threads do not inherit what the main thread has learned of TypeScript: from the sources, they are taught it first. */
function startWorker(workerData: { readonly shared: SharedShard; readonly kernel: boolean }): Worker {
  const fromSources = import.meta.url.endsWith('.ts');
  const program = new URL(fromSources ? './shared-search-worker.ts' : './shared-search-worker.js', import.meta.url);
  if (!fromSources) return new Worker(program, { workerData });
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import(${loader}).then(({ register }) => { register(); return import(${JSON.stringify(program.href)}); })`;
  return new Worker(code, { eval: true, workerData });
}

async function ask(worker: Worker, search: EngineSearch): Promise<unknown> {
  worker.postMessage(search);
  const [answer]: unknown[] = await once(worker, 'message');
  return answer;
}

function answerOf(engine: ShardEngine, search: EngineSearch): unknown {
  const { ordinals, scores, total } = engine.search(search);
  const ids = Array.from(ordinals, (ordinal) => engine.documentAt(ordinal).id);
  const statistics = engine.statisticsOf(search.query);
  return { ids, scores: [...scores], total, count: engine.count(search.query), statistics };
}

function randomEngine(corpus: RandomCorpus, documents: number): ShardEngine {
  const engine = createEngine({ analyzers, schema: SCHEMA, regions: createRegionPool(), headDocuments: 200 });
  for (let i = 0; i < documents; i++) {
    if (corpus.next() < 0.15) engine.delete(String(corpus.below(documents / 2)));
    else engine.put(corpus.document(String(corpus.below(documents / 2))));
  }
  return engine;
}

test('other threads answer as the engine does, and go on doing so while it is written to', async () => {
  const corpus = new RandomCorpus(31);
  const engine = randomEngine(corpus, 1500);
  const shared = engine.share();
  const workers = [startWorker({ shared, kernel: true }), startWorker({ shared: engine.share(), kernel: false })];
  const searches = Array.from({ length: 25 }, (): EngineSearch => ({ query: corpus.query(2), limit: 20 }));
  const before = searches.map((search) => answerOf(engine, search));
  for (let i = 0; i < 1200; i++) engine.put(corpus.document(String(corpus.below(2000))));
  engine.forceMerge();
  for (const worker of workers) {
    for (const [i, search] of searches.entries()) {
      assert.equal(await ask(worker, search), before[i], JSON.stringify(search));
    }
    worker.postMessage('end');
    await once(worker, 'exit');
  }
  engine.close();
});

test('what is shared lies in the same memory, and is given back when it is released', () => {
  const regions = createRegionPool();
  const corpus = new RandomCorpus(32);
  const engine = openEngine({ analyzers, schema: SCHEMA, regions, store: createMemoryStore(), kernel: false });
  for (let i = 0; i < 500; i++) engine.put(corpus.document(String(i)));
  const shared = engine.share();
  const { segmentBytes } = engine.stats();
  const lentBytes = shared.lent.reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.is(regions.usedBytes, segmentBytes + lentBytes);
  const searcher = openShared(shared, { analyzers });
  const [segment] = shared.segments;
  assert.is(segment?.memory, shared.lent[0]?.memory);
  assert.is(searcher.count({ kind: 'matchAll' }), 500);
  engine.delete('7');
  assert.is(searcher.count({ kind: 'matchAll' }), 500);
  assert.is(engine.count({ kind: 'matchAll' }), 499);
  engine.forceMerge();
  searcher.close();
  engine.release(shared);
  engine.release(shared);
  assert.is(regions.usedBytes, engine.stats().segmentBytes);
});

test('with the store, another thread reads sources too', () => {
  const store = createMemoryStore();
  const corpus = new RandomCorpus(33);
  const engine = openEngine({ analyzers, schema: SCHEMA, store });
  const documents = Array.from({ length: 50 }, (_, i) => corpus.document(String(i)));
  for (const document of documents) engine.put(document);
  const shared = engine.share();
  const [searcher, without] = [openShared(shared, { analyzers, store }), openShared(shared, { analyzers })];
  assert.equal(searcher.documentAt(3).source, documents[3]?.source);
  assert.is(searcher.idAt(3), '3');
  assert.throws(() => without.documentAt(3), /where the segment was loaded/);
  engine.close();
});

test('the room of another thread is enough for queries that grow to the most terms, beside its filters', () => {
  const engine = createEngine({ schema: { text: 'text', tag: 'keyword' }, regions: createRegionPool() });
  const words = Array.from({ length: 1000 }, (_, i) => `w${i}`);
  for (let i = 0; i < 200_000; i++) {
    const fields = { text: [`w${i % 1000}`], tag: [`t${i % 200}`] };
    engine.put({ id: String(i), source: null, fields, version: 1, seqNo: i, primaryTerm: 1, position: i });
  }
  const searcher = openShared(engine.share());
  for (const count of [10, 30, 60, 120, 250, 500, 1000]) {
    const must: Query[] = [{ kind: 'match', field: 'text', text: words.slice(0, count).join(' ') }];
    assert.is(searcher.search({ query: must[0]!, limit: 3 }).total, count * 200);
    for (let i = 0; i < 200; i++) {
      const query: Query = { kind: 'bool', must, filter: [{ kind: 'term', field: 'tag', value: `t${i}` }] };
      for (let use = 0; use < 2 && count === 60; use++) searcher.search({ query, limit: 3 });
    }
  }
  searcher.close();
  engine.close();
});

test('an empty engine is shared as such', () => {
  const engine = createEngine({ schema: SCHEMA });
  const searcher = openShared(engine.share());
  assert.is(searcher.count({ kind: 'matchAll' }), 0);
  engine.close();
});

test.run();
