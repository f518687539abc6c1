/** Searches over heads, segments and mixtures of both against looking at every document, and against each other. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineSearch, QueryStatistics } from '../../src/engine/engine.ts';
import type { SearchKernel } from '../../src/engine/kernel/plan.ts';
import { createSearchKernel } from '../../src/engine/kernel/search-kernel.ts';
import type { Query } from '../../src/engine/query/query.ts';
import { statisticsOfParts } from '../../src/engine/query/query-statistics.ts';
import { countParts } from '../../src/engine/query/search-parts.ts';
import { Oracle, type OracleHit } from './oracle.ts';
import { PartsShard, regions } from './parts-shard.ts';
import { RandomCorpus, SCHEMA } from './random-corpus.ts';

const kernel = createSearchKernel(regions);
const test = suite('engine/agreement');

/** How often each test goes round; more by `AGREEMENT_ROUNDS`. */
const ROUNDS = Number(process.env['AGREEMENT_ROUNDS'] ?? 1);
/** The oracle rounds sums where the query has a node, the engine where it has one after simplifying. */
const TOLERANCE = 1e-6;

/** Puts, replaces and deletes at random in both. */
function writeSome(corpus: RandomCorpus, shard: PartsShard, oracle: Oracle, writes: number): void {
  for (let i = 0; i < writes; i++) {
    const id = String(corpus.below(120));
    if (corpus.next() < 0.25) {
      assert.is(shard.delete(id), oracle.delete(id));
      continue;
    }
    const document = corpus.document(id);
    shard.put(document);
    oracle.put(document);
  }
}

function randomSearch(corpus: RandomCorpus): EngineSearch {
  const base = { query: corpus.query(3), limit: corpus.pick([0, 1, 5, 1000]) };
  const sorted = corpus.next() < 0.3 ? { ...base, sort: corpus.sort(), trackScores: true } : base;
  const counted = corpus.next() < 0.3 ? { ...sorted, trackTotal: corpus.pick([false, 0, 3, 20]) } : sorted;
  return corpus.next() < 0.15 ? { ...counted, postFilter: corpus.query(1) } : counted;
}

/** Checks an answer of the engine against all matches that the oracle found. */
function checkSearch(shard: PartsShard, oracle: Oracle, search: EngineSearch, where: string): void {
  const message = `${where}: ${JSON.stringify(search)}`;
  const expected = oracle.search(search);
  const { total, isLowerBound } = shard.search(search);
  if (search.trackTotal === undefined) assert.is(total, expected.length, message);
  else {
    assert.ok(total <= expected.length && (isLowerBound || total === expected.length), message);
    if (typeof search.trackTotal === 'number')
      assert.ok(total >= Math.min(search.trackTotal, expected.length), message);
  }
  const hits = shard.hits(search);
  assert.is(hits.length, Math.min(search.limit, expected.length), message);
  checkHits(hits, expected, search, message);
}

function checkHits(
  hits: readonly OracleHit[],
  expected: readonly OracleHit[],
  { sort }: EngineSearch,
  message: string,
): void {
  const byId = new Map(expected.map((hit) => [hit.id, hit]));
  for (const hit of hits) {
    const { score, position } = byId.get(hit.id) ?? { score: -1, position: -1 };
    assert.is(hit.position, position, message);
    assert.ok(Number.isNaN(score) || isClose(hit.score, score), `${message}: ${hit.id} ${hit.score} ${score}`);
  }
  const isExact = sort !== undefined && !sort.some(({ field }) => field === '_score');
  if (isExact) {
    assert.equal(
      hits.map(({ id }) => id),
      expected.slice(0, hits.length).map(({ id }) => id),
      message,
    );
  }
  if (sort !== undefined || expected.some(({ score }) => Number.isNaN(score))) return;
  for (let i = 1; i < hits.length; i++) {
    const [before, after] = [hits[i - 1]!, hits[i]!];
    const isOrdered = before.score > after.score || (before.score === after.score && before.position < after.position);
    assert.ok(isOrdered, `${message}: ${before.id} before ${after.id}`);
  }
  const least = hits.at(-1)?.score ?? Number.POSITIVE_INFINITY;
  const kept = new Set(hits.map(({ id }) => id));
  for (const { id, score } of hits.length === 0 ? [] : expected)
    if (!kept.has(id)) assert.ok(score <= least || isClose(score, least), `${message}: ${id} is missing`);
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b), 1e-30);
}

/** What turns heads into other parts between writes. */
type Step = (shard: PartsShard, corpus: RandomCorpus) => void;

function checkHistories(step: Step, name: string, kernel?: SearchKernel): void {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const corpus = new RandomCorpus(seed);
    const [shard, oracle] = [new PartsShard(SCHEMA, kernel), new Oracle(SCHEMA)];
    for (let round = 0; round < 4; round++) {
      writeSome(corpus, shard, oracle, round === 2 ? 600 : 150);
      for (let i = 0; i < 30; i++) {
        const search = randomSearch(corpus);
        checkSearch(shard, oracle, search, `${name} seed ${seed} round ${round}`);
        if (i % 5 > 0) continue;
        const count = countParts(shard.view, search.query, shard.cache);
        assert.is(count, oracle.search({ query: search.query, limit: 0 }).length, JSON.stringify(search.query));
      }
      step(shard, corpus);
    }
    shard.close();
  }
}

test('every search over one head agrees with looking at every document', () => {
  checkHistories(() => {}, 'head');
});

test('searches over several heads agree too', () => {
  checkHistories((shard) => shard.cut(), 'heads');
});

test('searches over segments and a head agree too', () => {
  checkHistories((shard, corpus) => (corpus.next() < 0.8 ? shard.flush() : shard.cut()), 'segments');
});

test('searches that go through the kernel where it can agree too', () => {
  checkHistories((shard, corpus) => (corpus.next() < 0.9 ? shard.flush() : shard.cut()), 'kernel', kernel);
});

test('searches over many windows agree', () => {
  for (const isFlushed of [false, true]) {
    const corpus = new RandomCorpus(77);
    const [shard, oracle] = [new PartsShard(SCHEMA, isFlushed ? kernel : undefined), new Oracle(SCHEMA)];
    for (let i = 0; i < 4500; i++) {
      const document = corpus.document(String(corpus.below(4000)));
      shard.put(document);
      oracle.put(document);
    }
    if (isFlushed) shard.flush();
    for (let i = 0; i < 5; i++) checkSearch(shard, oracle, randomSearch(corpus), `many windows ${isFlushed}`);
    shard.close();
  }
});

test('rare terms are found in windows far apart', () => {
  const schema = { title: 'text' } as const;
  const corpus = new RandomCorpus(78);
  const [shard, oracle] = [new PartsShard(schema), new Oracle(schema)];
  for (let position = 0; position < 12_000; position++) {
    const words = ['rare', 'seldom', 'often'].filter((_, i) => corpus.next() < [0.0005, 0.001, 0.3][i]!);
    const fields = { title: [words.join(' ')] };
    const id = String(position);
    const document = { id, source: null, fields, version: 1, seqNo: position, primaryTerm: 1, position };
    shard.put(document);
    oracle.put(document);
  }
  const match = (text: string): Query => ({ kind: 'match', field: 'title', text });
  for (const query of [
    match('rare seldom'),
    match('rare often'),
    { kind: 'bool', must: [match('often')], filter: [match('rare seldom')] },
    { kind: 'bool', must: [match('rare'), match('often')], should: [match('seldom')] },
    { kind: 'bool', should: [match('rare'), match('often'), match('seldom')], minimumShouldMatch: 2 },
    { kind: 'bool', must: [match('seldom')], mustNot: [match('often')] },
    { kind: 'phrase', field: 'title', text: 'seldom often' },
  ] satisfies Query[]) {
    for (const trackTotal of [true, false]) checkSearch(shard, oracle, { query, limit: 100, trackTotal }, 'far apart');
  }
});

test('the same documents in other parts score and sort alike to the bit', () => {
  for (let seed = 50; seed < 50 + ROUNDS; seed++) {
    const corpus = new RandomCorpus(seed);
    const shards = [undefined, undefined, undefined, kernel].map((each) => new PartsShard(SCHEMA, each));
    for (let i = 0; i < 900; i++) {
      const document = corpus.document(String(corpus.below(400)));
      const isDelete = corpus.next() < 0.2;
      for (const shard of shards) if (isDelete) shard.delete(document.id);
      if (!isDelete) for (const shard of shards) shard.put(document);
      if (i % 250 === 100) shards[1]!.cut();
      if (i % 200 === 150) shards[2]!.flush();
      if (i % 220 === 60) shards[3]!.flush();
    }
    for (let i = 0; i < 80; i++) {
      const search = randomSearch(corpus);
      const [first, ...others] = shards.map((shard) => shard.hits(search));
      for (const hits of others) assert.equal(hits, first, `seed ${seed}: ${JSON.stringify(search)}`);
    }
    for (const shard of shards) shard.close();
  }
});

test('pages by search_after make up the whole list', () => {
  for (let seed = 60; seed < 60 + ROUNDS; seed++) {
    const corpus = new RandomCorpus(seed);
    const [shard, oracle] = [new PartsShard(SCHEMA), new Oracle(SCHEMA)];
    for (let round = 0; round < 3; round++) {
      writeSome(corpus, shard, oracle, 150);
      if (round === 0) shard.cut();
      else if (round === 1) shard.flush();
    }
    for (let i = 0; i < 25; i++) {
      const query = corpus.query(2);
      const sort = [...corpus.sort(), { field: '_doc', order: corpus.pick(['asc', 'desc'] as const) }];
      const whole = shard.hits({ query, sort, limit: 1000, trackTotal: false }).map(({ id }) => id);
      const pages: string[] = [];
      let searchAfter: EngineSearch['searchAfter'];
      for (let page = 0; page < 200; page++) {
        const after = searchAfter === undefined ? {} : { searchAfter };
        const { ordinals, sortValues } = shard.search({ query, sort, limit: 7, trackTotal: false, ...after });
        if (ordinals.length === 0) break;
        pages.push(...Array.from(ordinals, (ordinal) => shard.idOf(ordinal)));
        searchAfter = sortValues?.at(-1);
      }
      assert.equal(pages, whole, `seed ${seed}: ${JSON.stringify({ query, sort })}`);
    }
    shard.close();
  }
});

test('shards given the statistics of all score and order as one index', () => {
  for (let seed = 100; seed < 101 + ROUNDS; seed++) {
    const corpus = new RandomCorpus(seed);
    const whole = new PartsShard(SCHEMA);
    const shards = [0, 1, 2].map(() => new PartsShard(SCHEMA));
    for (let i = 0; i < 400; i++) {
      const document = corpus.document(String(corpus.below(300)));
      for (const shard of [whole, shards[Number(document.id) % 3]!]) shard.put(document);
      if (i === 200) for (const shard of shards) shard.cut();
    }
    for (let i = 0; i < 60; i++) {
      const query = corpus.query(3);
      const statistics = summed(shards.map((shard) => statisticsOfParts(shard.view, query)));
      const parts = shards.flatMap((shard) => shard.hits({ query, limit: 20, statistics }));
      const merged = parts.toSorted((a, b) => b.score - a.score || a.position - b.position).slice(0, 20);
      assert.equal(merged, whole.hits({ query, limit: 20 }), `seed ${seed}: ${JSON.stringify(query)}`);
    }
  }
});

test('terms that a fuzzy filter stands for are chosen alike on all shards', () => {
  const schema = { words: 'text' } as const;
  const [whole, first, second] = [new PartsShard(schema), new PartsShard(schema), new PartsShard(schema)];
  for (const [position, word] of ['oat', 'oath', 'oaken'].entries()) {
    const fields = { words: [word] };
    const document = { id: word, source: null, fields, version: 1, seqNo: 1, primaryTerm: 1, position };
    for (const shard of [whole, position === 0 ? first : second]) shard.put(document);
  }
  const fuzzy: Query = { kind: 'fuzzy', field: 'words', value: 'oak', fuzziness: 2, maxExpansions: 1 };
  const query: Query = { kind: 'bool', must: [{ kind: 'matchAll' }], mustNot: [fuzzy] };
  const shards = [first, second];
  const statistics = summed(shards.map((shard) => statisticsOfParts(shard.view, query)));
  const parts = shards.flatMap((shard) => shard.hits({ query, limit: 9, statistics }));
  assert.equal(parts, whole.hits({ query, limit: 9 }));
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

test.run();
