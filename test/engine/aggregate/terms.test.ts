/** What `terms` says of its own errors when shards send only their best, under skew. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Aggregations, BucketOrder, TermsPartial } from '../../../src/engine/aggregate/aggregation.ts';
import { finishAggregations } from '../../../src/engine/aggregate/finish.ts';
import { reduceAggregations } from '../../../src/engine/aggregate/reduce.ts';
import { Seeded } from '../../support/seeded.ts';
import { compareValues } from './naive-documents.ts';
import { aggregateShard, type Doc, layOut, plain } from './shards.ts';

const test = suite('engine/aggregate/terms');

type Bucket = { readonly key: string; readonly doc_count: number; readonly doc_count_error_upper_bound: number };
type Answer = {
  readonly doc_count_error_upper_bound: number;
  readonly sum_other_doc_count: number;
  readonly buckets: readonly Bucket[];
};

/** Terms of very unequal frequency; each shard prefers others. */
function skewedDocs(count: number, random: Seeded): Doc[] {
  return random
    .list(count, () => 0)
    .map((_, position) => ({
      id: `d${position}`,
      position,
      score: 1,
      isMatch: true,
      fields: { tag: [`t${Math.floor(60 * random.next() ** 3)}`], n: [random.below(100)] },
    }));
}

function counted(docs: readonly Doc[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { fields } of docs)
    for (const tag of fields['tag'] ?? []) counts.set(String(tag), (counts.get(String(tag)) ?? 0) + 1);
  return counts;
}

function search(
  docs: readonly Doc[],
  random: Seeded,
  options: { size: number; shardSize: number; order: readonly BucketOrder[]; minDocCount?: number },
): Answer {
  const aggregations: Aggregations = { tags: { kind: 'terms', field: 'tag', showTermError: true, ...options } };
  const partials = layOut(docs, 1 + random.below(5), random).map((view) => plain(aggregateShard(aggregations, view)));
  let merged = partials;
  while (merged.length > 1) {
    const taken = 2 + random.below(merged.length - 1);
    merged = [...merged.slice(taken), reduceAggregations(aggregations, merged.slice(0, taken))];
  }
  return finishAggregations(aggregations, merged[0] ?? {})['tags'] as Answer;
}

test('no count is further off than the bounds say', () => {
  let isEverOff = false;
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Seeded(seed);
    const docs = skewedDocs(20 + random.below(400), random);
    const counts = counted(docs);
    const order: readonly BucketOrder[] = [{ by: 'count', direction: 'desc' }];
    const answer = search(docs, random, { size: 5, shardSize: random.pick([5, 6, 10]), order });
    let shown = 0;
    for (const { key, doc_count, doc_count_error_upper_bound } of answer.buckets) {
      const exact = counts.get(key) ?? 0;
      shown += doc_count;
      isEverOff ||= doc_count < exact;
      assert.ok(doc_count <= exact, `seed ${seed}: [${key}] has ${exact}, not ${doc_count}`);
      assert.ok(exact - doc_count <= doc_count_error_upper_bound, `seed ${seed}: [${key}] has ${exact}`);
      assert.ok(doc_count_error_upper_bound <= answer.doc_count_error_upper_bound, `seed ${seed}`);
    }
    const keys = new Set(answer.buckets.map(({ key }) => key));
    const least = Math.min(...answer.buckets.map(({ doc_count }) => doc_count));
    for (const [key, exact] of counts) {
      if (keys.has(key)) continue;
      assert.ok(
        exact <= least + answer.doc_count_error_upper_bound,
        `seed ${seed}: [${key}] with ${exact} is not shown`,
      );
    }
    assert.is(shown + answer.sum_other_doc_count, docs.length, `seed ${seed}`);
  }
  assert.ok(isEverOff, 'no count was ever off, so nothing was tested');
});

test('by key, what is shown is exact', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Seeded(seed);
    const docs = skewedDocs(20 + random.below(300), random);
    const direction = random.pick(['asc', 'desc'] as const);
    const answer = search(docs, random, { size: 4, shardSize: 4, order: [{ by: 'key', direction }] });
    const sorted = [...counted(docs)].sort(([a], [b]) => compareValues(a, b) * (direction === 'asc' ? 1 : -1));
    assert.equal(
      answer.buckets.map(({ key, doc_count }) => [key, doc_count]),
      sorted.slice(0, 4),
      `seed ${seed}`,
    );
    assert.is(answer.doc_count_error_upper_bound, 0);
  }
});

test('an order whose errors cannot be told says so', () => {
  const random = new Seeded(2);
  const answer = search(skewedDocs(300, random), random, {
    size: 2,
    shardSize: 2,
    order: [{ by: 'count', direction: 'asc' }],
  });
  assert.is(answer.doc_count_error_upper_bound, -1);
});

test('terms that no match has are shown if 0 is enough', () => {
  const random = new Seeded(3);
  const docs = skewedDocs(100, random).map((doc, at) => ({ ...doc, isMatch: at < 10 }));
  const answer = search(docs, random, {
    size: 100,
    shardSize: 100,
    order: [{ by: 'key', direction: 'asc' }],
    minDocCount: 0,
  });
  const matched = counted(docs.slice(0, 10));
  const expected = [...counted(docs).keys()].sort(compareValues).map((key) => [key, matched.get(key) ?? 0]);
  assert.equal(
    answer.buckets.map(({ key, doc_count }) => [key, doc_count]),
    expected,
  );
});

test('a shard sends its best, and the most that the others have', () => {
  const docs = ['a', 'a', 'a', 'b', 'b', 'c'].map(
    (tag, position): Doc => ({ id: `${position}`, position, score: 1, isMatch: true, fields: { tag: [tag] } }),
  );
  const aggregations: Aggregations = {
    tags: { kind: 'terms', field: 'tag', size: 1, shardSize: 1, order: [{ by: 'count', direction: 'desc' }] },
  };
  const [view] = layOut(docs, 1, new Seeded(1));
  const expected: TermsPartial = { kind: 'terms', error: 2, otherDocCount: 3, buckets: [['a', 3, 0]] };
  assert.equal(aggregateShard(aggregations, view!), { tags: expected });
});

test.run();
