/** What a search may ask for besides a query: counts, limits, names, profiles, an early end. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineSearch } from '../../../src/engine/engine.ts';
import { createSearchKernel } from '../../../src/engine/kernel/search-kernel.ts';
import { compileFilter } from '../../../src/engine/query/compiled-filter.ts';
import type { Query } from '../../../src/engine/query/query.ts';
import { countParts, searchParts } from '../../../src/engine/query/search-parts.ts';
import { isCoppiceError } from '../../../src/errors.ts';
import { type PartsShard, regions } from '../parts-shard.ts';
import { RandomCorpus, SCHEMA } from '../random-corpus.ts';
import { documentOf, smallShard } from './small-shard.ts';

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

test('aggregations see the same documents through the kernel and without it', () => {
  const corpus = new RandomCorpus(8);
  const shard = smallShard(SCHEMA, [], { kernel });
  for (let id = 0; id < 3000; id++) shard.put(corpus.document(String(id)));
  shard.flush();
  for (let id = 0; id < 3000; id += 7) shard.delete(String(id));
  for (let i = 0; i < 40; i++) {
    const search: EngineSearch = {
      query: corpus.query(1),
      limit: 3,
      aggregations: {
        tags: { kind: 'terms', field: 'tag', size: 10, shardSize: 10, order: [{ by: 'count', direction: 'desc' }] },
        years: { kind: 'stats', field: 'year' },
      },
    };
    const plain = searchParts({ ...shard.view, kernel: undefined }, search);
    const quick = shard.search(search);
    assert.equal(quick.aggregations, plain.aggregations, JSON.stringify(search));
    assert.equal([quick.total, [...quick.ordinals]], [plain.total, [...plain.ordinals]]);
  }
  shard.close();
});

test('whole queries go through the kernel where it knows them', () => {
  const corpus = new RandomCorpus(9);
  const shard = smallShard(SCHEMA, [], { kernel });
  for (let id = 0; id < 500; id++) shard.put(corpus.document(String(id)));
  shard.flush();
  const title = (text: string): Extract<Query, { kind: 'match' }> => ({ kind: 'match', field: 'title', text });
  const evaluator = (search: Partial<EngineSearch> & Pick<EngineSearch, 'query'>): string | undefined =>
    shard.search({ limit: 3, profile: true, ...search }).profile?.parts[0]?.evaluator;
  const filter: Query[] = [{ kind: 'range', field: 'year', bounds: { gte: 1993 } }];
  const fuzzy = { fuzziness: 1 } as const;
  for (const query of [
    title('ash'),
    title('ash elm oak'),
    { ...title('ash elm'), operator: 'and' },
    { ...title('ash elm oak'), minimumShouldMatch: 2 },
    { ...title('ash elm'), fuzzy },
    { kind: 'phrase', field: 'title', text: 'ash elm' },
    { kind: 'bool', must: [title('ash elm')], filter, mustNot: [{ kind: 'term', field: 'tag', value: 'red' }] },
    { kind: 'bool', should: [title('ash'), { kind: 'match', field: 'body', text: 'elm oak' }] },
    { kind: 'bool', must: [title('ash'), { kind: 'match', field: 'body', text: 'ash' }] },
    { kind: 'constantScore', filter: title('ash elm') },
    { kind: 'prefix', field: 'title', value: 'a' },
  ] satisfies Query[])
    assert.match(evaluator({ query }) ?? '', 'kernel', JSON.stringify(query));
  assert.is(evaluator({ query: title('ash'), sort: [{ field: 'year', order: 'asc' }] }), 'kernel, then columns');
  const best: Query = { kind: 'disMax', queries: [title('ash oak'), { kind: 'match', field: 'body', text: 'elm' }] };
  assert.is(evaluator({ query: best }), 'kernel');
  assert.is(evaluator({ query: { kind: 'bool', must: [best], filter } }), 'kernel');
  assert.is(evaluator({ query: { ...best, tieBreaker: 0.3 } }), 'reference');
  const constant: Query = { kind: 'constantScore', filter: { kind: 'bool', filter } };
  assert.equal([evaluator({ query: constant }), evaluator({ query: constant })].at(-1), 'kept filter');
  shard.close();
});

test('the kernel finds the same hits as the reference evaluator, by shape', () => {
  const corpus = new RandomCorpus(10);
  const shard = smallShard(SCHEMA, [], { kernel });
  for (let id = 0; id < 5000; id++) {
    shard.put(corpus.document(String(id)));
    if (id % 2000 === 1000) shard.flush();
  }
  for (let id = 0; id < 5000; id += 9) shard.delete(String(id));
  const words = ['ash', 'beech', 'elm', 'oak', 'pine', 'rowan', 'yew', 'map', 'the'];
  const text = (): string => Array.from({ length: 1 + corpus.below(3) }, () => corpus.pick(words)).join(' ');
  const leaf = (): Query =>
    corpus.pick<Query>([
      { kind: 'match', field: corpus.pick(['title', 'body']), text: text(), boost: corpus.pick([1, 2.5]) },
      { kind: 'match', field: 'title', text: text(), operator: 'and' },
      { kind: 'phrase', field: 'body', text: text() },
      { kind: 'term', field: 'tag', value: 'red' },
    ]);
  for (let i = 0; i < 150; i++) {
    const core = corpus.pick<Query>([
      leaf(),
      { kind: 'bool', should: [leaf(), leaf()] },
      { kind: 'disMax', queries: [leaf(), leaf(), leaf()] },
      { kind: 'constantScore', filter: leaf() },
    ]);
    const filter: Query[] = [{ kind: 'range', field: 'year', bounds: { gte: 1990 + corpus.below(9) } }];
    const mustNot: Query[] = corpus.next() < 0.3 ? [leaf()] : [];
    const query: Query = corpus.next() < 0.5 ? core : { kind: 'bool', must: [core], filter, mustNot };
    const search = { query, limit: corpus.pick([0, 1, 10, 300]), trackTotal: corpus.pick([true, true, 50, false]) };
    const plain = searchParts({ ...shard.view, kernel: undefined }, { ...search, trackTotal: true });
    const { ordinals, scores, total, isLowerBound, maxScore } = shard.search(search);
    const message = JSON.stringify(search);
    assert.equal(
      [[...ordinals], [...scores], maxScore],
      [[...plain.ordinals], [...plain.scores], plain.maxScore],
      message,
    );
    assert.ok(isLowerBound ? total <= plain.total : total === plain.total, message);
    if (search.trackTotal === true) assert.is(total, plain.total, message);
  }
  shard.close();
});

test('patterns that stand for more terms than a plan has room for are marked piece by piece', () => {
  const shards = [kernel, undefined].map((each) => smallShard(trees, [], each === undefined ? {} : { kernel }));
  for (let id = 0; id < 3000; id++) {
    const document = documentOf(id, { words: `w${(id * 7) % 2500} v${id % 3}`, tag: id % 2 === 0 ? 'red' : 'green' });
    for (const shard of shards) shard.put(document);
  }
  shards[0]!.flush();
  for (const shard of shards) shard.delete('12');
  const prefix: Query = { kind: 'prefix', field: 'words', value: 'w' };
  const filtered: Query = { kind: 'bool', must: [prefix], filter: [{ kind: 'term', field: 'tag', value: 'red' }] };
  for (const query of [prefix, filtered, { kind: 'bool', must: [match('v1')], filter: [prefix] } satisfies Query]) {
    for (const limit of [0, 2000]) {
      const [quick, plain] = shards.map((shard) => shard.search({ query, limit }));
      assert.equal([quick!.total, [...quick!.ordinals]], [plain!.total, [...plain!.ordinals]], JSON.stringify(query));
    }
  }
  for (const shard of shards) shard.close();
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
