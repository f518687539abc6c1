/** What goes through the kernel, and that it gives what the reference evaluator does. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineSearch } from '../../../src/engine/engine.ts';
import { createSearchKernel } from '../../../src/engine/kernel/search-kernel.ts';
import type { Query } from '../../../src/engine/query/query.ts';
import { searchParts } from '../../../src/engine/query/search-parts.ts';
import { regions } from '../parts-shard.ts';
import { RandomCorpus, SCHEMA } from '../random-corpus.ts';
import { documentOf, smallShard } from './small-shard.ts';

const test = suite('engine/query/kernel-plans');
const kernel = createSearchKernel(regions);

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
    { kind: 'phrase', field: 'title', text: 'ash elm oak', slop: 3 },
    { kind: 'phrase', field: 'title', text: 'ash ash' },
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
  assert.is(evaluator({ query: { kind: 'phrase', field: 'title', text: 'ash elm ash', slop: 3 } }), 'reference');
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
      { kind: 'phrase', field: 'body', text: text(), slop: corpus.pick([0, 0, 1, 3]) },
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
  const shards = [kernel, undefined].map((each) =>
    smallShard({ words: 'text', tag: 'keyword' }, [], each === undefined ? {} : { kernel }),
  );
  for (let id = 0; id < 3000; id++) {
    const document = documentOf(id, { words: `w${(id * 7) % 2500} v${id % 3}`, tag: id % 2 === 0 ? 'red' : 'green' });
    for (const shard of shards) shard.put(document);
  }
  shards[0]!.flush();
  for (const shard of shards) shard.delete('12');
  const prefix: Query = { kind: 'prefix', field: 'words', value: 'w' };
  const filtered: Query = { kind: 'bool', must: [prefix], filter: [{ kind: 'term', field: 'tag', value: 'red' }] };
  for (const query of [
    prefix,
    filtered,
    { kind: 'bool', must: [{ kind: 'match', field: 'words', text: 'v1' }], filter: [prefix] } satisfies Query,
  ]) {
    for (const limit of [0, 2000]) {
      const [quick, plain] = shards.map((shard) => shard.search({ query, limit }));
      assert.equal([quick!.total, [...quick!.ordinals]], [plain!.total, [...plain!.ordinals]], JSON.stringify(query));
    }
  }
  for (const shard of shards) shard.close();
});

test.run();
