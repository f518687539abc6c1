/** The engine against the oracle on random histories, and shards with global statistics against one index. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createEngine,
  type Engine,
  type EngineSearch,
  type Query,
  type QueryStatistics,
} from '../../src/engine/index.ts';
import { Oracle, type OracleHit } from './oracle.ts';
import { RandomCorpus, SCHEMA } from './random-corpus.ts';

const test = suite('engine/agreement');

function hitsOf(engine: Engine, search: EngineSearch): OracleHit[] {
  const { ordinals, scores, positions } = engine.search(search);
  return [...ordinals].map((ordinal, i) => ({
    id: engine.documentAt(ordinal).id,
    score: scores[i]!,
    position: positions[i]!,
  }));
}

/** Puts, replaces and deletes at random in both. */
function writeSome(corpus: RandomCorpus, engine: Engine, oracle: Oracle, writes: number): void {
  for (let i = 0; i < writes; i++) {
    const id = String(corpus.below(120));
    if (corpus.next() < 0.25) {
      assert.is(engine.delete(id), oracle.documents.delete(id));
      continue;
    }
    const document = corpus.document(id);
    engine.put(document);
    oracle.documents.set(id, document);
  }
}

test('every search agrees with looking at every document', () => {
  for (let seed = 1; seed <= 4; seed++) {
    const corpus = new RandomCorpus(seed);
    const [engine, oracle] = [createEngine({ schema: SCHEMA }), new Oracle(SCHEMA)];
    for (let round = 0; round < 4; round++) {
      writeSome(corpus, engine, oracle, round === 2 ? 2500 : 150);
      for (let i = 0; i < 25; i++) checkSearch(corpus, engine, oracle, `seed ${seed} round ${round}`);
    }
    assert.is(engine.stats().docCount, oracle.documents.size);
    for (const [id, { source }] of oracle.documents) assert.equal(engine.get(id)?.source, source);
  }
});

test('searches over many windows agree too', () => {
  const corpus = new RandomCorpus(77);
  const [engine, oracle] = [createEngine({ schema: SCHEMA }), new Oracle(SCHEMA)];
  for (let i = 0; i < 5000; i++) {
    const document = corpus.document(String(corpus.below(4000)));
    engine.put(document);
    oracle.documents.set(document.id, document);
  }
  for (let i = 0; i < 12; i++) checkSearch(corpus, engine, oracle, 'many windows');
});

test('rare terms are found in windows far apart', () => {
  const schema = { title: 'text' } as const;
  const corpus = new RandomCorpus(78);
  const [engine, oracle] = [createEngine({ schema }), new Oracle(schema)];
  for (let position = 0; position < 12_000; position++) {
    const words = ['rare', 'seldom', 'often'].filter((_, i) => corpus.next() < [0.0005, 0.001, 0.3][i]!);
    const document = {
      id: String(position),
      source: null,
      fields: { title: [words.join(' ')] },
      version: 1,
      seqNo: position,
      primaryTerm: 1,
      position,
    };
    engine.put(document);
    oracle.documents.set(document.id, document);
  }
  const match = (text: string): Query => ({ kind: 'match', field: 'title', text });
  for (const query of [
    match('rare seldom'),
    match('rare often'),
    { kind: 'bool', must: [match('often')], filter: [match('rare seldom')] },
    { kind: 'bool', must: [match('rare'), match('often')], should: [match('seldom')] },
    { kind: 'bool', should: [match('rare'), match('often'), match('seldom')], minimumShouldMatch: 2 },
    { kind: 'bool', must: [match('seldom')], mustNot: [match('often')] },
  ] satisfies Query[]) {
    const search = { query, limit: 100 };
    assert.equal(hitsOf(engine, search), oracle.search(search).hits, JSON.stringify(query));
  }
});

function checkSearch(corpus: RandomCorpus, engine: Engine, oracle: Oracle, where: string): void {
  const base = { query: corpus.query(3), limit: corpus.pick([0, 1, 5, 1000]) };
  const search: EngineSearch = corpus.next() < 0.3 ? { ...base, sort: corpus.sort() } : base;
  const message = `${where}: ${JSON.stringify(search)}`;
  const expected = oracle.search(search);
  assert.is(engine.search(search).total, expected.total, message);
  assert.is(engine.count(search.query), expected.total, message);
  assert.equal(hitsOf(engine, search), expected.hits, message);
}

test('shards given the statistics of all score and order as one index', () => {
  for (let seed = 100; seed < 106; seed++) {
    const corpus = new RandomCorpus(seed);
    const whole = createEngine({ schema: SCHEMA });
    const shards = [0, 1, 2].map(() => createEngine({ schema: SCHEMA }));
    for (let i = 0; i < 400; i++) {
      const document = corpus.document(String(corpus.below(300)));
      for (const engine of [whole, shards[Number(document.id) % 3]!]) engine.put(document);
    }
    for (let i = 0; i < 60; i++) {
      const query = corpus.query(3);
      const statistics = summed(shards.map((shard) => shard.statisticsOf(query)));
      const parts = shards.flatMap((shard) => hitsOf(shard, { query, limit: 20, statistics }));
      const merged = parts.toSorted((a, b) => b.score - a.score || a.position - b.position).slice(0, 20);
      assert.equal(merged, hitsOf(whole, { query, limit: 20 }), `seed ${seed}: ${JSON.stringify(query)}`);
    }
  }
});

function summed(parts: readonly QueryStatistics[]): QueryStatistics {
  const fields: Record<string, { docCount: number; totalTokens: number }> = {};
  const docFrequencies: Record<string, number> = {};
  for (const part of parts) {
    for (const [field, { docCount, totalTokens }] of Object.entries(part.fields)) {
      const sum = (fields[field] ??= { docCount: 0, totalTokens: 0 });
      sum.docCount += docCount;
      sum.totalTokens += totalTokens;
    }
    for (const [key, count] of Object.entries(part.docFrequencies))
      docFrequencies[key] = (docFrequencies[key] ?? 0) + count;
  }
  return { fields, docFrequencies };
}

test('history leaves no trace in scores', () => {
  const corpus = new RandomCorpus(42);
  const [used, oracle, fresh] = [
    createEngine({ schema: SCHEMA }),
    new Oracle(SCHEMA),
    createEngine({ schema: SCHEMA }),
  ];
  writeSome(corpus, used, oracle, 3000);
  for (const document of [...oracle.documents.values()].reverse()) fresh.put(document);
  for (let i = 0; i < 100; i++) {
    const query: Query = corpus.query(3);
    assert.equal(hitsOf(used, { query, limit: 50 }), hitsOf(fresh, { query, limit: 50 }), JSON.stringify(query));
  }
});

test.run();
