/** Every aggregation against the oracle, over random documents in random layouts. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type {
  Aggregation,
  Aggregations,
  BucketOrder,
  TermSelection,
} from '../../../src/engine/aggregate/aggregation.ts';
import type { Query } from '../../../src/engine/query/query.ts';
import { Seeded } from '../../support/seeded.ts';
import { naive } from './naive.ts';
import { aggregate, layOut, plain, randomDocs } from './shards.ts';

const test = suite('engine/aggregate/aggregators');

const ROUNDS = Number(process.env['FUZZ_AGGREGATIONS'] ?? 40);
const SEED = Number(process.env['FUZZ_SEED'] ?? 7);
const BY_COUNT: readonly BucketOrder[] = [{ by: 'count', direction: 'desc' }];
const ALL = { size: 1000, shardSize: 1000 };

/** An aggregation of each kind, with some of its options. */
function randomAggregation(random: Seeded, depth: number): Aggregation {
  const number = (): string => random.pick(['n', 'price', 'rare', 'flag', 'gone']);
  const keyword = (): string => random.pick(['tag', 'kind', 'gone']);
  const metrics = [
    'min',
    'max',
    'sum',
    'avg',
    'stats',
    'valueCount',
    'cardinality',
    'percentiles',
    'ranks',
    'topHits',
  ] as const;
  const buckets = [
    'terms',
    'numbers',
    'histogram',
    'dates',
    'range',
    'missing',
    'composite',
    'filter',
    'filters',
  ] as const;
  const kind = depth === 0 || random.chance(0.4) ? random.pick(metrics) : random.pick(buckets);
  const below = (): { aggregations?: Aggregations } =>
    random.chance(0.7) ? { aggregations: randomAggregations(random, depth - 1) } : {};
  const missing = (value: number): { missing?: number } => (random.chance(0.3) ? { missing: value } : {});
  switch (kind) {
    case 'min':
    case 'max':
    case 'sum':
    case 'avg':
    case 'stats':
      return { kind, field: number(), ...missing(1.5) };
    case 'valueCount':
      return { kind, field: random.pick([number(), keyword()]), ...missing(1) };
    case 'cardinality': {
      const field = random.pick([number(), keyword()]);
      const isKeyword = field === 'tag' || field === 'kind';
      return { kind, field, ...(random.chance(0.3) ? { missing: isKeyword ? 'oak' : 3 } : {}) };
    }
    case 'percentiles':
      return { kind, field: number(), percents: [0, 1, 25, 50, 99, 100], ...missing(0) };
    case 'ranks':
      return { kind: 'percentileRanks', field: number(), values: [-5, 0, 3, 500], ...missing(0) };
    case 'topHits':
      return { kind, from: random.below(2), size: random.below(4), source: false, ...randomSort(random) };
    case 'terms': {
      const aggregations = random.chance(0.7) ? randomAggregations(random, depth - 1) : {};
      return {
        kind,
        field: keyword(),
        size: random.pick([1, 3, 1000]),
        shardSize: 1000,
        order: randomOrder(random, aggregations),
        minDocCount: random.pick([1, 1, 3]),
        aggregations,
        ...(random.chance(0.3) ? { missing: random.pick(['red', 'none']) } : {}),
        ...randomSelection(random),
      };
    }
    case 'numbers':
      return { kind: 'terms', field: number(), ...ALL, order: BY_COUNT, ...missing(5), ...below() };
    case 'histogram':
      return {
        kind,
        field: random.pick(['n', 'rare', 'flag', 'gone']),
        interval: random.pick([1, 3, 5]),
        offset: random.pick([0, 2]),
        minDocCount: random.below(3),
        ...missing(-3),
        ...(random.chance(0.3) ? { extendedBounds: { min: -20, max: 60 } } : {}),
        ...(random.chance(0.3) ? { hardBounds: { min: -5, max: 12 } } : {}),
        ...below(),
      };
    case 'dates':
      return {
        kind: 'dateHistogram',
        field: 'when',
        interval: { calendar: random.pick(['week', 'month', 'quarter', 'year'] as const) },
        timeZone: random.pick(['UTC', 'Europe/Oslo', 'America/New_York']),
        minDocCount: random.below(3),
        ...below(),
      };
    case 'range':
      return {
        kind,
        field: number(),
        ranges: [{ to: 0 }, { from: 0, to: 10 }, { from: 5, to: 20, key: 'middle' }, { from: 20 }, {}],
        ...missing(7),
        ...below(),
      };
    case 'missing':
      return { kind, field: random.pick([number(), keyword()]), ...below() };
    case 'filter':
      return { kind, query: randomQuery(random), ...below() };
    case 'filters': {
      const isKeyed = random.chance(0.5);
      const filters = random
        .list(1 + random.below(3), () => 0)
        .map((_, i) => ({
          query: randomQuery(random),
          ...(isKeyed ? { key: `f${i}` } : {}),
        }));
      return { kind, filters, ...(random.chance(0.5) ? { otherKey: 'other' } : {}), ...below() };
    }
    case 'composite':
      return {
        kind,
        size: random.pick([1, 4, 1000]),
        sources: random
          .list(1 + random.below(3), () => 0)
          .map((_, i) => ({
            name: `s${i}`,
            order: random.pick(['asc', 'desc'] as const),
            missingBucket: random.chance(0.5),
            ...random.pick([
              { kind: 'terms' as const, field: keyword() },
              { kind: 'terms' as const, field: number() },
              { kind: 'histogram' as const, field: 'n', interval: 7 },
            ]),
          })),
        ...below(),
      };
  }
}

function randomQuery(random: Seeded): Query {
  return random.pick<Query>([
    { kind: 'matchAll' },
    { kind: 'term', field: 'tag', value: 'red' },
    { kind: 'term', field: 'kind', value: 'a' },
    { kind: 'exists', field: 'rare' },
    { kind: 'range', field: 'n', bounds: { gte: 0, lt: 12 } },
  ]);
}

function randomAggregations(random: Seeded, depth: number): Aggregations {
  const names = ['a', 'b', 'c', 'constructor'].slice(0, 1 + random.below(3));
  return Object.fromEntries(names.map((name) => [name, randomAggregation(random, Math.max(0, depth))]));
}

function randomOrder(random: Seeded, aggregations: Aggregations): readonly BucketOrder[] {
  const direction = random.pick(['asc', 'desc'] as const);
  const metric = Object.entries(aggregations).find(([, { kind }]) =>
    ['min', 'max', 'sum', 'avg', 'cardinality', 'missing', 'stats'].includes(kind),
  );
  if (metric !== undefined && random.chance(0.5)) {
    const [name, { kind }] = metric;
    return [{ by: 'metric', direction, path: [name], ...(kind === 'stats' ? { property: 'sum' } : {}) }];
  }
  return random.pick<readonly BucketOrder[]>([
    BY_COUNT,
    [{ by: 'key', direction }],
    [{ by: 'count', direction }],
    [
      { by: 'count', direction },
      { by: 'key', direction: 'desc' },
    ],
  ]);
}

function randomSelection(random: Seeded): { include?: TermSelection; exclude?: TermSelection } {
  if (random.chance(0.6)) return {};
  return random.pick([
    { include: { values: ['red', 'blue', 'nowhere', 'a'] } },
    { exclude: { values: ['red', '', 'a'] } },
    { include: { pattern: '[a-r].*' }, exclude: { pattern: 'g.*|oak' } },
  ]);
}

function randomSort(random: Seeded): Partial<Extract<Aggregation, { kind: 'topHits' }>> {
  if (random.chance(0.4)) return {};
  const order = random.pick(['asc', 'desc'] as const);
  const missing = random.pick(['_first', '_last'] as const);
  return {
    sort: random.pick([
      [{ field: 'tag', order, missing }],
      [
        { field: 'n', order, missing },
        { field: '_score', order },
      ],
      [{ field: '_doc', order }],
    ]),
  };
}

test('every aggregation agrees with the oracle, whatever the layout', () => {
  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED * 1000 + round;
    const random = new Seeded(seed);
    const docs = randomDocs(random.pick([0, 1, 30, 200]), random);
    const aggregations: Aggregations = {
      ...randomAggregations(random, 3),
      everything: { kind: 'global', aggregations: randomAggregations(random, 1), meta: { of: seed } },
    };
    const views = layOut(docs, 1 + random.below(5), random);
    const found = aggregate(aggregations, views, random);
    const matching = docs.filter(({ isMatch }) => isMatch);
    const expected = plain({
      ...naive(aggregations, matching, docs),
      everything: naive(
        { everything: aggregations['everything']! },
        docs.map((doc) => ({ ...doc, score: 1 })),
        docs.map((doc) => ({ ...doc, score: 1 })),
      )['everything'],
    });
    assert.equal(found, expected, `seed ${seed}: ${JSON.stringify(aggregations)}`);
  }
});

test.run();
