/** What aggregations refuse: fields of the wrong type, too many levels, buckets and bytes. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Aggregation, Aggregations } from '../../../src/engine/aggregate/aggregation.ts';
import { finishAggregations } from '../../../src/engine/aggregate/finish.ts';
import type { SearchLimits } from '../../../src/engine/engine.ts';
import { CoppiceError, type ErrorCode } from '../../../src/errors.ts';
import { Seeded } from '../../support/seeded.ts';
import { aggregate, aggregateShard, layOut, randomDocs } from './shards.ts';

const test = suite('engine/aggregate/limits');

const random = new Seeded(1);
const docs = randomDocs(300, random);
const views = layOut(docs, 1, random);

function fails(code: ErrorCode, message: RegExp, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.instance(error, CoppiceError);
    if (!(error instanceof CoppiceError)) throw error;
    assert.is(error.code, code, error.message);
    assert.match(error.message, message);
    return;
  }
  assert.unreachable(`expected ${code}`);
}

function run(aggregations: Aggregations, limits?: SearchLimits): unknown {
  return finishAggregations(aggregations, aggregateShard(aggregations, views[0]!, limits), {
    maxBuckets: limits?.buckets ?? 65_536,
  });
}

test('texts and fields of the wrong type are refused', () => {
  const wrong: readonly Aggregation[] = [
    { kind: 'avg', field: 'body' },
    { kind: 'cardinality', field: 'body' },
    { kind: 'missing', field: 'body' },
    { kind: 'avg', field: 'tag' },
    { kind: 'histogram', field: 'tag', interval: 5 },
    { kind: 'range', field: 'kind', ranges: [{}] },
    { kind: 'percentiles', field: 'tag', percents: [50] },
    { kind: 'composite', size: 1, sources: [{ kind: 'histogram', name: 'a', field: 'tag', interval: 1 }] },
    { kind: 'terms', field: 'n', size: 1, shardSize: 1, order: [], include: { pattern: '1.*' } },
    { kind: 'filter', query: { kind: 'matchAll' }, aggregations: { all: { kind: 'global' } } },
    { kind: 'dateHistogram', field: 'when', interval: { calendar: 'day' }, timeZone: 'Nowhere/Else' },
  ];
  for (const aggregation of wrong) fails('BAD_REQUEST', /field|global|zone/, () => run({ it: aggregation }));
});

test('an aggregation of a field that there is not is that of no documents', () => {
  const answer = aggregate(
    {
      avg: { kind: 'avg', field: 'gone' },
      sum: { kind: 'sum', field: 'gone' },
      terms: { kind: 'terms', field: 'gone', size: 3, shardSize: 3, order: [] },
      histogram: { kind: 'histogram', field: 'gone', interval: 1 },
      composite: { kind: 'composite', size: 3, sources: [{ kind: 'terms', name: 'a', field: 'gone' }] },
      percentiles: { kind: 'percentiles', field: 'gone', percents: [50] },
      best: {
        kind: 'filter',
        query: { kind: 'matchNone' },
        aggregations: { hits: { kind: 'topHits', from: 0, size: 1, source: true } },
      },
    },
    views,
    random,
  );
  assert.equal(answer, {
    avg: { value: null },
    sum: { value: 0 },
    terms: { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [] },
    histogram: { buckets: [] },
    composite: { buckets: [] },
    percentiles: { values: { '50.0': null } },
    best: { doc_count: 0, hits: { hits: { total: { value: 0, relation: 'eq' }, max_score: null, hits: [] } } },
  });
});

test('too many buckets are refused while they are made, when they are filled in and when they are shown', () => {
  fails('LIMIT_EXCEEDED', /too many buckets, must be less than or equal to: \[10\]/, () =>
    run({ fine: { kind: 'histogram', field: 'when', interval: 1000, minDocCount: 1 } }, { buckets: 10 }),
  );
  fails('LIMIT_EXCEEDED', /\[65536\]/, () => run({ fine: { kind: 'histogram', field: 'when', interval: 1000 } }));
  fails('LIMIT_EXCEEDED', /\[65536\]/, () =>
    run({ wide: { kind: 'histogram', field: 'n', interval: 1, extendedBounds: { min: -1e15, max: 1e15 } } }),
  );
  const nested: Aggregations = {
    tags: {
      kind: 'terms',
      field: 'tag',
      size: 10,
      shardSize: 10,
      order: [],
      aggregations: { numbers: { kind: 'terms', field: 'n', size: 10, shardSize: 10, order: [] } },
    },
  };
  fails('LIMIT_EXCEEDED', /\[50\]/, () => run(nested, { buckets: 50 }));
  assert.ok(run(nested, { buckets: 110 }));
});

test('more memory than allowed is refused', () => {
  const wide: Aggregations = {
    prices: {
      kind: 'terms',
      field: 'price',
      size: 10,
      shardSize: 10,
      order: [],
      aggregations: {
        spread: { kind: 'percentiles', field: 'n', percents: [50] },
        hits: { kind: 'topHits', from: 0, size: 3, source: false },
      },
    },
  };
  fails('LIMIT_EXCEEDED', /memory/, () => run(wide, { memoryBytes: 20_000 }));
  assert.ok(run(wide, { memoryBytes: 2_000_000 }));
});

test('too many levels are refused', () => {
  const nest = (levels: number): Aggregations =>
    levels === 0 ? {} : { inner: { kind: 'missing', field: 'rare', aggregations: nest(levels - 1) } };
  assert.ok(run(nest(16)));
  fails('LIMIT_EXCEEDED', /deeper than 16/, () => run(nest(18)));
});

test('an interval too fine for its numbers ends', () => {
  const answer = run({ h: { kind: 'histogram', field: 'price', interval: 1e-9, minDocCount: 1 } });
  assert.ok(answer);
  fails('LIMIT_EXCEEDED', /buckets/, () => run({ h: { kind: 'histogram', field: 'price', interval: 1e-9 } }));
});

test.run();
