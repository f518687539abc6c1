/** What a search may ask for besides a query: counts, limits, names, profiles, an early end. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineSearch } from '../../../src/engine/engine.ts';
import { createSearchKernel } from '../../../src/engine/kernel/search-kernel.ts';
import { compileFilter } from '../../../src/engine/query/compiled-filter.ts';
import type { Query } from '../../../src/engine/query/query.ts';
import { countParts } from '../../../src/engine/query/search-parts.ts';
import { isCoppiceError } from '../../../src/errors.ts';
import { type PartsShard, regions } from '../parts-shard.ts';
import { RandomCorpus, SCHEMA } from '../random-corpus.ts';
import { smallShard } from './small-shard.ts';

const test = suite('engine/query/search-parts');
const kernel = createSearchKernel(regions);

const trees = { words: 'text', tag: 'keyword', year: 'long', open: 'boolean' } as const;
const forest = [
  { words: 'oak and ash', tag: 'red', year: 1990, open: true },
  { words: 'oak oak elm', tag: 'green', year: 1995 },
  { words: 'ash', tag: 'red', year: 2000, open: false },
  { words: 'pine cone of a pine tree', tag: 'Blue', year: 1995 },
  { words: 'elm', tag: 'green' },
];
const match = (text: string): Query => ({ kind: 'match', field: 'words', text });

function idsOf(shard: PartsShard, search: Partial<EngineSearch> & Pick<EngineSearch, 'query'>): string[] {
  return shard.hits({ limit: 10, ...search }).map(({ id }) => id);
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isCoppiceError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'none';
}

test('hits come by score, then by position', () => {
  const shard = smallShard(trees, forest);
  assert.equal(idsOf(shard, { query: match('oak') }), ['1', '0']);
  assert.equal(idsOf(shard, { query: { kind: 'matchAll' } }), ['0', '1', '2', '3', '4']);
  assert.equal(idsOf(shard, { query: { kind: 'matchAll' }, limit: 2 }), ['0', '1']);
});

test('a search without hits asked for counts, and scores nothing', () => {
  const shard = smallShard(trees, forest);
  const { total, ordinals, maxScore } = shard.search({ query: match('oak ash'), limit: 0 });
  assert.equal([total, ordinals.length, maxScore], [3, 0, 0]);
  assert.is(countParts(shard.view, match('oak ash')), 3);
});

test('hits below the least score are neither counted nor returned', () => {
  for (const isFlushed of [false, true]) {
    const shard = smallShard(trees, forest, { isFlushed, kernel });
    const [best, second] = shard.hits({ query: match('oak'), limit: 10 });
    const minScore = (best!.score + second!.score) / 2;
    const { total, ordinals } = shard.search({ query: match('oak'), limit: 10, minScore });
    assert.equal([total, ordinals.length], [1, 1]);
    shard.close();
  }
});

test('totals are exact up to the number that was asked for', () => {
  const corpus = new RandomCorpus(5);
  const shard = smallShard(SCHEMA, []);
  for (let id = 0; id < 9000; id++) shard.put(corpus.document(String(id)));
  const query: Query = { kind: 'match', field: 'title', text: 'ash' };
  const exact = shard.search({ query, limit: 5 }).total;
  assert.ok(exact > 1000);
  const bounded = shard.search({ query, limit: 5, trackTotal: 100 });
  assert.ok(bounded.total >= 100 && bounded.total <= exact);
  const whole = shard.search({ query, limit: 5, trackTotal: exact + 1 });
  assert.equal([whole.total, whole.isLowerBound], [exact, false]);
  const { ordinals, isLowerBound, total } = shard.search({ query: { kind: 'matchAll' }, limit: 5, trackTotal: false });
  assert.equal([...ordinals], [0, 1, 2, 3, 4]);
  assert.ok(isLowerBound && total < 9000);
});

test('a search that is told to stop gives what it has', () => {
  const corpus = new RandomCorpus(6);
  const shard = smallShard(SCHEMA, []);
  for (let id = 0; id < 40_000; id++) shard.put({ ...corpus.document(String(id)), fields: { year: [id] } });
  let asked = 0;
  const search = { query: { kind: 'matchAll' }, limit: 5, shouldStop: () => ++asked > 0 } as const;
  const { timedOut, isLowerBound, total, ordinals } = shard.search(search);
  assert.ok(timedOut && isLowerBound && total < 40_000);
  assert.is(ordinals.length, 5);
  assert.not(shard.search({ ...search, shouldStop: () => false }).timedOut);
});

test('hits tell which named queries they match', () => {
  for (const isFlushed of [false, true]) {
    const shard = smallShard(trees, forest, { isFlushed });
    const query: Query = {
      kind: 'bool',
      name: 'whole',
      should: [
        { ...match('oak'), name: 'oak' },
        { kind: 'term', field: 'tag', value: 'red', name: 'red' },
      ],
      filter: [{ kind: 'constantScore', filter: { kind: 'exists', field: 'open', name: 'open' } }],
    };
    const { matchedQueries, ordinals } = shard.search({ query, limit: 10, names: true });
    assert.equal(
      [...ordinals].map((ordinal, i) => [shard.idOf(ordinal), ...matchedQueries![i]!]),
      [
        ['0', 'whole', 'oak', 'red', 'open'],
        ['2', 'whole', 'red', 'open'],
      ],
    );
    assert.is(shard.search({ query, limit: 10 }).matchedQueries, undefined);
    shard.close();
  }
});

test('a filter afterwards restricts hits and total, but not what is aggregated', () => {
  const shard = smallShard(trees, forest);
  const { total, ordinals, aggregations } = shard.search({
    query: { kind: 'matchAll' },
    limit: 10,
    postFilter: { kind: 'term', field: 'tag', value: 'red' },
    aggregations: { years: { kind: 'valueCount', field: 'year' } },
  });
  assert.equal([total, [...ordinals]], [2, [0, 2]]);
  assert.match(JSON.stringify(aggregations?.['years']), '4');
});

test('values that do not fit their field are refused', () => {
  const shard = smallShard(trees, forest);
  const search = (query: Query): string => codeOf(() => shard.search({ query, limit: 1 }));
  assert.match(
    search({ kind: 'term', field: 'year', value: 'oak' }),
    'BAD_REQUEST field `year` of type long expects a number',
  );
  assert.match(search({ kind: 'match', field: 'open', text: 'maybe' }), 'BAD_REQUEST field `open` of type boolean');
  assert.match(search({ kind: 'range', field: 'year', bounds: { gte: true } }), 'BAD_REQUEST');
  assert.match(
    search({ kind: 'match', field: 'words', text: 'a b', minimumShouldMatch: 'some' }),
    'minimum_should_match',
  );
  assert.match(search({ kind: 'match', field: 'words', text: 'a', analyzer: 'none' }), 'BAD_REQUEST');
  assert.match(
    codeOf(() => shard.search({ query: match('oak'), limit: 1, sort: [{ field: 'words', order: 'asc' }] })),
    'BAD_REQUEST field `words` of type text has no column',
  );
  assert.is(search({ kind: 'term', field: 'unknown', value: 1 }), 'none');
});

test('what a search may use is bounded, and the message names value and limit', () => {
  const shard = smallShard(trees, forest);
  const search = (query: Query, limits: EngineSearch['limits']): string =>
    codeOf(() => shard.search({ query, limit: 3, ...(limits === undefined ? {} : { limits }) }));
  assert.is(search(match('a b c d'), { clauses: 3 }), 'LIMIT_EXCEEDED the query has 4 clauses or more, the limit is 3');
  const fuzzy: Query = { kind: 'fuzzy', field: 'words', value: 'oak', fuzziness: 1, maxExpansions: 60 };
  assert.is(search(fuzzy, { expansions: 50 }), 'LIMIT_EXCEEDED fuzzy `oak` expands to 60 terms, the limit is 50');
  assert.match(search(match('oak'), { memoryBytes: 100 }), 'the limit is 100');
  let deep = match('oak');
  for (let i = 0; i < 100; i++) deep = { kind: 'bool', must: [deep] };
  assert.match(search(deep, undefined), 'LIMIT_EXCEEDED the query is 101 levels deep or more, the limit is 100');
  const endless: Query = { kind: 'regexp', field: 'words', pattern: 'a?'.repeat(2000) };
  assert.match(search(endless, undefined), 'LIMIT_EXCEEDED');
});

test('a random score depends on the seed and the id alone', () => {
  const random = (seed: number): Query => ({
    kind: 'functionScore',
    query: { kind: 'matchAll' },
    functions: [{ kind: 'random', seed }],
    boostMode: 'replace',
  });
  const shards = [false, true].map((isFlushed) => smallShard(trees, forest, { isFlushed }));
  const [first, second] = shards.map((shard) => shard.hits({ query: random(1), limit: 10 }));
  assert.equal(first, second);
  assert.ok(first!.every(({ score }) => score >= 0 && score < 1));
  assert.not.equal(first, shards[0]!.hits({ query: random(2), limit: 10 }));
});

test('functions that cannot be worked out are refused', () => {
  const shard = smallShard(trees, forest);
  const search = (scoreFunction: Extract<Query, { kind: 'functionScore' }>['functions'][number]): string =>
    codeOf(() =>
      shard.search({
        query: { kind: 'functionScore', query: { kind: 'matchAll' }, functions: [scoreFunction] },
        limit: 9,
      }),
    );
  assert.match(search({ kind: 'fieldValueFactor', field: 'year' }), 'missing value for field `year`');
  assert.match(search({ kind: 'fieldValueFactor', field: 'year', missing: 0, modifier: 'ln' }), 'BAD_REQUEST');
  assert.match(search({ kind: 'fieldValueFactor', field: 'words' }), 'field `words` of type text has no numbers');
  assert.match(search({ kind: 'decay', shape: 'exp', field: 'year', origin: 1, scale: 0 }), 'expects more than 0');
  assert.match(search({ kind: 'weight', weight: -1 }), 'weight of a function expects 0 or more');
});

test('scores that would not fit are refused', () => {
  const shard = smallShard(trees, forest);
  const all: Query = { kind: 'matchAll', boost: 1e20 };
  const refused = (query: Query): string => codeOf(() => shard.search({ query, limit: 9 }));
  assert.match(refused({ kind: 'bool', must: [all], boost: 1e20 }), 'boosts multiply to');
  assert.match(refused({ kind: 'matchAll', boost: -1 }), 'boosts multiply to -1');
  const heavy: Query = { kind: 'functionScore', query: all, functions: [{ kind: 'weight', weight: 1e38 }] };
  assert.match(refused(heavy), 'invalid score: Infinity');
  assert.is(shard.search({ query: all, limit: 9 }).maxScore, Math.fround(1e20));
});

test('a compiled filter gives the bits of windows', () => {
  const shard = smallShard(trees, forest);
  shard.cut();
  const walk = compileFilter(shard.view, { kind: 'term', field: 'tag', value: 'red' }).on(shard.parts[0]!);
  assert.is(walk.window(0)[0], 0b101);
  const none = compileFilter(shard.view, match('nothing')).on(shard.parts[0]!);
  assert.ok(none.window(0).every((word) => word === 0));
});

test.run();
