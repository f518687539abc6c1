/** Paging through all combinations of keys: every one once, whatever the size of a page and the layout. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AggregationOf, Aggregations } from '../../../src/engine/aggregate/aggregation.ts';
import type { FieldValue } from '../../../src/engine/query/query.ts';
import { Seeded } from '../../support/seeded.ts';
import { naive } from './naive.ts';
import { aggregate, layOut, randomDocs } from './shards.ts';

const test = suite('engine/aggregate/composite');

type Answer = {
  readonly after_key?: Readonly<Record<string, FieldValue | null>>;
  readonly buckets: readonly { readonly key: unknown; readonly doc_count: number }[];
};

test('pages are complete and without doubles', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = new Seeded(seed);
    const docs = randomDocs(120, random);
    const views = layOut(docs, 1 + random.below(4), random);
    const composite = {
      kind: 'composite' as const,
      sources: [
        {
          name: 'tag',
          kind: 'terms' as const,
          field: 'tag',
          order: random.pick(['asc', 'desc'] as const),
          missingBucket: true,
        },
        {
          name: 'n',
          kind: 'histogram' as const,
          field: 'n',
          interval: 5,
          order: random.pick(['asc', 'desc'] as const),
        },
        { name: 'flag', kind: 'terms' as const, field: 'flag', missingBucket: random.chance(0.5) },
      ],
      aggregations: { sum: { kind: 'sum' as const, field: 'price' } },
    };
    const matching = docs.filter(({ isMatch }) => isMatch);
    const whole = naive({ all: { ...composite, size: 100_000 } }, matching, docs)['all'] as Answer;
    const size = random.pick([1, 7, 50]);
    const paged = pages(composite, size, (aggregations) => aggregate(aggregations, views, random));
    assert.equal(paged, whole.buckets, `seed ${seed}`);
  }
});

function pages(
  composite: Omit<AggregationOf<'composite'>, 'size'>,
  size: number,
  ask: (aggregations: Aggregations) => Readonly<Record<string, unknown>>,
): Answer['buckets'] {
  const all: Answer['buckets'][number][] = [];
  let after: readonly (FieldValue | null)[] | undefined;
  for (;;) {
    const page: AggregationOf<'composite'> = { ...composite, size, ...(after === undefined ? {} : { after }) };
    const { after_key, buckets } = ask({ page })['page'] as Answer;
    assert.ok(buckets.length <= size);
    all.push(...buckets);
    if (after_key === undefined) return all;
    after = composite.sources.map(({ name }) => after_key[name] ?? null);
  }
}

test.run();
