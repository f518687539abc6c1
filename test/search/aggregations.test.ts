/** Aggregations from Elasticsearch's body to its answer, over one shard and over several. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AggregationsAnswer, aggregationsAnswer, bindAggregations } from '../../src/search/aggregations.ts';
import { EMPTY_MAPPINGS } from '../../src/search/mapping.ts';
import { mergeHits } from '../../src/search/merge-hits.ts';
import { parseShardSearch, type ShardHits } from '../../src/search/partials.ts';
import { searchAnswer } from '../../src/search/reduce.ts';
import { parseSearch } from '../../src/search/request/search-request.ts';
import { searchShard } from '../../src/search/shard-search.ts';
import { decode, encode } from '../../src/wire/codec.ts';
import { Seeded } from '../support/seeded.ts';
import { assertFault } from './faults.ts';
import { ShardDriver, type SharedHolder, sharedOf } from './shard-driver.ts';

const test = suite('search/aggregations');

const SETTINGS = {
  mappings: {
    properties: {
      title: { type: 'text', fields: { keyword: { type: 'keyword' } } },
      tag: { type: 'keyword' },
      price: { type: 'double' },
      pages: { type: 'integer' },
      sold: { type: 'boolean' },
      when: { type: 'date' },
    },
  },
};
const NOW = Date.UTC(2024, 5, 15, 12);

const BOOKS = [
  { title: 'ash', tag: ['red', 'wood'], price: 10, pages: 100, sold: true, when: '2024-03-30T23:30:00Z' },
  { title: 'oak', tag: ['green', 'wood'], price: 20, pages: 150, sold: false, when: '2024-03-31T10:00:00Z' },
  { title: 'elm', tag: 'red', price: 30.5, pages: 220, when: '2024-04-30T22:00:00Z' },
  { title: 'fir', price: 5, pages: 120, sold: true, when: '2024-06-01T00:00:00Z' },
  { title: 'ivy', tag: 'blue', sold: true },
] as const;

type Index = { readonly holder: SharedHolder; readonly drivers: readonly ShardDriver[] };

function indexOf(docs: readonly object[], shardCount: number): Index {
  const holder = sharedOf(SETTINGS);
  const drivers = Array.from({ length: shardCount }, () => new ShardDriver(holder, SETTINGS));
  for (const [at, doc] of docs.entries())
    drivers[(at * 7) % shardCount]?.write({ op: 'index', id: `${at + 1}`, doc: { ...doc } }, at + 1);
  return { holder, drivers };
}

/** What a root and its shards do, all bodies sent as bytes. */
function search({ holder, drivers }: Index, body: object) {
  const request = { ...parseSearch(body), nowMs: NOW };
  const partials = drivers.map(({ primary }, shard) => {
    const asked = parseShardSearch(decode(encode({ request, sources: true }, 'msgpack'), 'msgpack'));
    return { shard, value: decode(encode(searchShard(primary, asked), 'msgpack'), 'msgpack') as ShardHits };
  });
  const { mappings } = holder.shared;
  const requested = request.aggregations;
  const given = partials.flatMap(({ value }) => (value.aggregations === undefined ? [] : [value.aggregations]));
  const aggregations =
    requested === undefined
      ? undefined
      : aggregationsAnswer(requested, given, { index: 'books', mappings, nowMs: NOW });
  const context = { index: 'books', tookMs: 1, shardCount: drivers.length, failures: [], aggregations };
  return searchAnswer(request, mergeHits(request, partials), context);
}

function answersOf(index: Index, aggs: object): AggregationsAnswer {
  return search(index, { size: 0, aggs }).aggregations ?? {};
}

const one = indexOf(BOOKS, 1);
const three = indexOf(BOOKS, 3);

test('answers have the shape of Elasticsearch', () => {
  for (const index of [one, three]) {
    const answer = search(index, {
      size: 0,
      query: { range: { price: { gte: 6 } } },
      aggs: {
        tags: { terms: { field: 'tag' }, aggs: { mean: { avg: { field: 'price' } } }, meta: { colour: true } },
        all: { global: {}, aggregations: { count: { value_count: { field: 'tag' } } } },
      },
    });
    assert.equal(answer.hits, { total: { value: 3, relation: 'eq' }, max_score: null, hits: [] });
    assert.equal(answer.aggregations, {
      tags: {
        meta: { colour: true },
        doc_count_error_upper_bound: 0,
        sum_other_doc_count: 0,
        buckets: [
          { key: 'red', doc_count: 2, mean: { value: 20.25 } },
          { key: 'wood', doc_count: 2, mean: { value: 15 } },
          { key: 'green', doc_count: 1, mean: { value: 20 } },
        ],
      },
      all: { doc_count: 5, count: { value: 6 } },
    });
  }
});

test('dates are counted by days of a time zone, and shown in it', () => {
  const aggs = {
    days: {
      date_histogram: {
        field: 'when',
        calendar_interval: 'month',
        time_zone: 'Europe/Oslo',
        format: 'yyyy-MM-dd HH:mm',
      },
    },
    keyed: {
      date_histogram: { field: 'when', fixed_interval: '30d', min_doc_count: 1, keyed: true, format: 'yyyy-MM-dd' },
    },
    bounds: { min: { field: 'when' } },
  };
  for (const index of [one, three]) {
    const { days, keyed, bounds } = answersOf(index, aggs);
    assert.equal(days, {
      buckets: [
        { key_as_string: '2024-03-01 00:00', key: Date.UTC(2024, 1, 29, 23), doc_count: 2 },
        { key_as_string: '2024-04-01 00:00', key: Date.UTC(2024, 2, 31, 22), doc_count: 0 },
        { key_as_string: '2024-05-01 00:00', key: Date.UTC(2024, 3, 30, 22), doc_count: 1 },
        { key_as_string: '2024-06-01 00:00', key: Date.UTC(2024, 4, 31, 22), doc_count: 1 },
      ],
    });
    assert.equal(keyed, {
      buckets: {
        '2024-03-18': { key_as_string: '2024-03-18', key: Date.UTC(2024, 2, 18), doc_count: 2 },
        '2024-04-17': { key_as_string: '2024-04-17', key: Date.UTC(2024, 3, 17), doc_count: 1 },
        '2024-05-17': { key_as_string: '2024-05-17', key: Date.UTC(2024, 4, 17), doc_count: 1 },
      },
    });
    assert.equal(bounds, { value: Date.UTC(2024, 2, 30, 23, 30), value_as_string: '2024-03-30T23:30:00.000Z' });
  }
});

test('ranges of dates are sums of now', () => {
  const aggs = {
    ages: {
      date_range: {
        field: 'when',
        format: 'yyyy-MM-dd',
        ranges: [{ key: 'new', from: 'now-1M/d' }, { to: '2024-04-01' }, { key: 'past', from: '2024-06', to: 'now' }],
      },
    },
  };
  assert.equal(answersOf(three, aggs), {
    ages: {
      buckets: [
        { key: '*-2024-04-01', to: Date.UTC(2024, 3, 1), to_as_string: '2024-04-01', doc_count: 2 },
        { key: 'new', from: Date.UTC(2024, 4, 15), from_as_string: '2024-05-15', doc_count: 1 },
        {
          key: 'past',
          from: Date.UTC(2024, 5, 1),
          from_as_string: '2024-06-01',
          to: NOW,
          to_as_string: '2024-06-15',
          doc_count: 1,
        },
      ],
    },
  });
});

test('booleans and numbers are keys, missing values may count', () => {
  const aggs = {
    sold: { terms: { field: 'sold', missing: false } },
    pages: { histogram: { field: 'pages', interval: 100, extended_bounds: { min: 0, max: 300 } } },
    prices: {
      range: { field: 'price', keyed: true, ranges: [{ to: 10 }, { from: 10, to: 30 }, { from: 30, key: 'dear' }] },
    },
    none: { missing: { field: 'price' } },
    text: { terms: { field: 'title.keyword', size: 2, order: { _key: 'desc' } } },
  };
  for (const index of [one, three]) {
    assert.equal(answersOf(index, aggs), {
      sold: {
        doc_count_error_upper_bound: 0,
        sum_other_doc_count: 0,
        buckets: [
          { key: 1, key_as_string: 'true', doc_count: 3 },
          { key: 0, key_as_string: 'false', doc_count: 2 },
        ],
      },
      pages: { buckets: [0, 100, 200, 300].map((key) => ({ key, doc_count: [0, 3, 1, 0][key / 100] })) },
      prices: {
        buckets: {
          '*-10.0': { to: 10, doc_count: 1 },
          '10.0-30.0': { from: 10, to: 30, doc_count: 2 },
          dear: { from: 30, doc_count: 1 },
        },
      },
      none: { doc_count: 1 },
      text: {
        doc_count_error_upper_bound: 0,
        sum_other_doc_count: 3,
        buckets: [
          { key: 'oak', doc_count: 1 },
          { key: 'ivy', doc_count: 1 },
        ],
      },
    });
  }
});

test('filters have names, or stand in a list', () => {
  const aggs = {
    named: {
      filters: {
        filters: { wood: { term: { tag: 'wood' } }, cheap: { range: { price: { lt: 10 } } } },
        other_bucket_key: 'rest',
      },
      aggs: { most: { max: { field: 'price' } } },
    },
    listed: { filters: { filters: [{ match: { title: 'ash' } }, { match_all: {} }], other_bucket: true } },
    one: { filter: { exists: { field: 'sold' } } },
  };
  for (const index of [one, three]) {
    assert.equal(answersOf(index, aggs), {
      named: {
        buckets: {
          wood: { doc_count: 2, most: { value: 20 } },
          cheap: { doc_count: 1, most: { value: 5 } },
          rest: { doc_count: 2, most: { value: 30.5 } },
        },
      },
      listed: { buckets: [{ doc_count: 1 }, { doc_count: 5 }, { doc_count: 0 }] },
      one: { doc_count: 4 },
    });
  }
});

test('the best hits of a bucket come with what they ask of their sources', () => {
  const aggs = {
    tags: {
      terms: { field: 'tag', order: { 'cheapest.value': 'asc' }, size: 2 },
      aggs: {
        cheapest: { min: { field: 'price' } },
        best: { top_hits: { size: 1, sort: [{ price: 'asc' }], _source: ['title'] } },
      },
    },
    bare: { top_hits: { size: 2, _source: false, sort: { pages: { order: 'desc', missing: '_first' } } } },
  };
  for (const index of [one, three]) {
    assert.equal(answersOf(index, aggs), {
      tags: {
        doc_count_error_upper_bound: 0,
        sum_other_doc_count: 2,
        buckets: ['red', 'wood'].map((key) => ({
          key,
          doc_count: 2,
          cheapest: { value: 10 },
          best: {
            hits: {
              total: { value: 2, relation: 'eq' },
              max_score: null,
              hits: [{ _index: 'books', _id: '1', _score: null, _source: { title: 'ash' }, sort: [10] }],
            },
          },
        })),
      },
      bare: {
        hits: {
          total: { value: 5, relation: 'eq' },
          max_score: null,
          hits: [
            { _index: 'books', _id: '5', _score: null, sort: [null] },
            { _index: 'books', _id: '3', _score: null, sort: [220] },
          ],
        },
      },
    });
  }
});

test('the best hits are those with the highest scores unless told otherwise', () => {
  const found = search(three, { query: { match: { title: 'ash' } }, aggs: { best: { top_hits: {} } } });
  const [hit] = found.hits.hits;
  assert.equal(found.aggregations?.['best'], {
    hits: { total: { value: 1, relation: 'eq' }, max_score: hit?._score, hits: [{ ...hit }] },
  });
});

test('composite pages are asked for by the key that was shown', () => {
  const sources = [
    { month: { date_histogram: { field: 'when', calendar_interval: 'month', format: 'yyyy-MM' } } },
    { sold: { terms: { field: 'sold', missing_bucket: true, order: 'desc' } } },
  ];
  for (const index of [one, three]) {
    const seen: unknown[] = [];
    for (let after: unknown; ; ) {
      const { page } = answersOf(index, {
        page: { composite: { sources, size: 2, ...(after === undefined ? {} : { after }) } },
      });
      const { buckets, after_key } = page as { buckets: object[]; after_key?: object };
      seen.push(...buckets);
      if (after_key === undefined) break;
      after = after_key;
    }
    assert.equal(seen, [
      { key: { month: '2024-03', sold: true }, doc_count: 1 },
      { key: { month: '2024-03', sold: false }, doc_count: 1 },
      { key: { month: '2024-04', sold: null }, doc_count: 1 },
      { key: { month: '2024-06', sold: true }, doc_count: 1 },
    ]);
  }
});

test('figures of numbers', () => {
  const aggs = {
    stats: { stats: { field: 'price' } },
    more: { extended_stats: { field: 'pages' } },
    tags: { cardinality: { field: 'tag' } },
    spread: { percentiles: { field: 'pages', percents: [50], keyed: false } },
    ranks: { percentile_ranks: { field: 'pages', values: [120] } },
    total: { sum: { field: 'price', missing: 100 } },
  };
  for (const index of [one, three]) {
    const { more, ...answers } = answersOf(index, aggs);
    assert.equal(answers, {
      stats: { count: 4, min: 5, max: 30.5, avg: 16.375, sum: 65.5 },
      tags: { value: 4 },
      spread: { values: [{ key: 50, value: 135 }] },
      ranks: { values: { '120.0': 50 } },
      total: { value: 165.5 },
    });
    const { variance, std_deviation, sum_of_squares, std_deviation_bounds } = more as Record<string, unknown>;
    assert.equal(
      { variance, std_deviation, sum_of_squares },
      { variance: 2068.75, std_deviation: Math.sqrt(2068.75), sum_of_squares: 95_300 },
    );
    assert.is((std_deviation_bounds as Record<string, unknown>)['upper'], 147.5 + 2 * Math.sqrt(2068.75));
  }
});

test('a field that is not mapped has no values; a shard that has not seen one neither', () => {
  const empty = { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [] };
  assert.equal(answersOf(three, { gone: { terms: { field: 'gone' } }, mean: { avg: { field: 'gone' } } }), {
    gone: empty,
    mean: { value: null },
  });
  const late = indexOf([{ tag: 'red' }, { tag: 'red', added: 5 }, { tag: 'blue', added: 7 }, { tag: 'red' }], 4);
  assert.equal(answersOf(late, { sum: { sum: { field: 'added' } }, numbers: { terms: { field: 'added' } } }), {
    sum: { value: 12 },
    numbers: {
      doc_count_error_upper_bound: 0,
      sum_other_doc_count: 0,
      buckets: [
        { key: 5, doc_count: 1 },
        { key: 7, doc_count: 1 },
      ],
    },
  });
});

test('what does not fit the mappings is refused', () => {
  const { mappings } = one.holder.shared;
  const bind = (aggs: object) => () => bindAggregations({ a: aggs }, { mappings, nowMs: NOW, isWhole: true });
  for (const [aggs, message] of [
    [
      { terms: { field: 'title' } },
      'aggregation [a]: field [title] of type [text] cannot be aggregated, use a keyword field such as [title.keyword]',
    ],
    [
      { avg: { field: 'tag' } },
      'aggregation [a]: field [tag] of type [keyword] is not supported for aggregation [avg]',
    ],
    [
      { date_histogram: { field: 'pages', calendar_interval: 'day' } },
      'aggregation [a]: field [pages] of type [integer] is not supported for aggregation [date_histogram]',
    ],
    [{ avg: { field: 'price', format: '0.0' } }, 'aggs.a.avg.format: field [price] of type [double] takes no format'],
    [
      { date_range: { field: 'when', ranges: [{ from: 'soon' }] } },
      'aggs.a.date_range.ranges[0].from: field [when] of type [date] cannot be compared with ["soon"]',
    ],
    [{ date_histogram: { field: 'when', calendar_interval: 'day', time_zone: 'Mars' } }, 'unknown time zone [Mars]'],
    [
      { top_hits: { sort: [{ title: 'asc' }] } },
      'field [title] of type [text] cannot be sorted by, use a keyword field such as [title.keyword]',
    ],
  ] as const)
    assertFault(bind(aggs), 'BAD_REQUEST', message);
  assertFault(
    bind({ range: { field: 'pages', ranges: [{ from: 2, to: 1 }] } }),
    'PARSING_FAILED',
    'aggs.a.range.ranges[0]: from [2] is above to [1]',
  );
  assertFault(
    bind({ terms: { field: 'pages', include: '1.*' } }),
    'PARSING_FAILED',
    'aggs.a.terms.include: field [pages] of type [long] has no strings, expected a list of values',
  );
});

test('a wrong body says where and what', () => {
  const parse = (aggs: unknown) => () => parseSearch({ aggs });
  for (const [aggs, message] of [
    [[], 'aggs: expected an object of aggregations by name, got a list'],
    [{ a: 1 }, 'aggs.a: expected an aggregation such as {"terms": {"field": "…"}}, got 1'],
    [{ a: {} }, 'aggs.a: missing definition of an aggregation'],
    [{ a: { term: { field: 'x' } } }, 'aggs.a: unknown aggregation [term], did you mean [terms]?'],
    [{ a: { significant_terms: {} } }, 'aggs.a: aggregation [significant_terms] is not supported by this version'],
    [{ a: { terms: { field: 'x' }, avg: {} } }, 'aggs.a: an aggregation has one kind, got [terms] and [avg]'],
    [{ a: { terms: {} } }, 'aggs.a.terms.field: expected a field name, got nothing'],
    [{ a: { terms: { field: 'x', sizes: 1 } } }, 'aggs.a.terms: unknown key [sizes], did you mean [size]?'],
    [{ a: { terms: { field: 'x', size: 0 } } }, 'aggs.a.terms.size: expected an integer from 1 to 65536, got 0'],
    [
      { a: { terms: { field: 'x', order: { b: 'asc' } } } },
      'aggs.a.terms.order: invalid order [b]: there is no aggregation [b] here',
    ],
    [
      { a: { terms: { field: 'x', order: { b: 'asc' } }, aggs: { b: { stats: { field: 'y' } } } } },
      'aggs.a.terms.order: invalid order [b]: name one of its numbers [count, min, max, sum, avg]',
    ],
    [{ a: { terms: { field: 'x', include: '[' } } }, /regular expression/],
    [
      { a: { avg: { field: 'x' }, aggs: { b: { avg: { field: 'x' } } } } },
      'aggs.a.aggs: an aggregation of kind [avg] cannot have sub-aggregations',
    ],
    [
      { 'a>b': { avg: { field: 'x' } } },
      'aggs: invalid aggregation name [a>b], names may hold any character but [, ] and >',
    ],
    [{ a: { histogram: { field: 'x', interval: 0 } } }, 'aggs.a.histogram.interval: expected a number above 0, got 0'],
    [
      { a: { date_histogram: { field: 'x' } } },
      'aggs.a.date_histogram: takes one of [calendar_interval] and [fixed_interval], got none',
    ],
    [
      { a: { date_histogram: { field: 'x', fixed_interval: '1M' } } },
      'aggs.a.date_histogram.fixed_interval: expected a duration such as "30s", "12h" or "7d", got "1M"',
    ],
    [{ a: { filter: { term: {} } } }, 'aggs.a.filter.term: no field name'],
    [{ a: { filters: { filters: {} } } }, 'aggs.a.filters.filters: takes 1 to 1000 filters, got 0'],
    [
      { a: { filter: { match_all: {} }, aggs: { g: { global: {} } } } },
      'aggs.a.aggs.g.global: aggregation [g] of kind [global] cannot be below another one',
    ],
    [
      { a: { composite: { sources: [{ b: { terms: { field: 'x' } } }, { b: { terms: { field: 'x' } } }] } } },
      'aggs.a.composite.sources: two sources are named [b]',
    ],
    [
      { a: { composite: { sources: [{ b: { terms: { field: 'x' } } }], after: {} } } },
      'aggs.a.composite.after.b: expected a key for each source, got nothing',
    ],
    [{ a: { top_hits: { size: 101 } } }, 'aggs.a.top_hits: from + size must be at most 100, got 101'],
    [
      { a: { percentiles: { field: 'x', percents: [101] } } },
      'aggs.a.percentiles.percents[0]: expected a number from 0 to 100, got 101',
    ],
  ] as const)
    assertFault(parse(aggs), 'PARSING_FAILED', message);
  assertFault(
    () => parseSearch({ aggs: {}, aggregations: {} }),
    'PARSING_FAILED',
    'body: takes [aggs] or [aggregations], not both',
  );
  assertFault(parse(nested(17)), 'PARSING_FAILED', /nest deeper than 16 levels/);
});

function nested(levels: number): object {
  return levels === 0 ? {} : { a: { missing: { field: 'x' }, aggs: nested(levels - 1) } };
}

test('bodies mutated at random give answers or typed errors', () => {
  const bodies: object[] = [
    {
      a: {
        terms: { field: 'tag', size: 3, order: [{ 'b.avg': 'desc' }, { _key: 'asc' }], include: ['red'] },
        aggs: { b: { stats: { field: 'price' } } },
      },
    },
    {
      a: {
        date_histogram: {
          field: 'when',
          calendar_interval: '1M',
          time_zone: '+02:00',
          offset: '+1d',
          extended_bounds: { min: '2024-01-01', max: '2024-12-01' },
        },
      },
    },
    {
      a: {
        composite: { size: 2, sources: [{ x: { histogram: { field: 'pages', interval: 50 } } }], after: { x: 50 } },
      },
    },
    {
      a: {
        filters: { filters: { k: { term: { tag: 'red' } } }, other_bucket: true },
        aggs: { t: { top_hits: { size: 1, _source: ['title'] } } },
      },
    },
    {
      a: { percentiles: { field: 'price', percents: [1, 50], hdr: { number_of_significant_value_digits: 2 } } },
      c: { cardinality: { field: 'tag', precision_threshold: 10 } },
    },
  ];
  const random = new Seeded(21);
  const scalars = [
    null,
    true,
    0,
    -1,
    1e308,
    2 ** 53,
    '',
    'x',
    'tag',
    'price',
    'when',
    'now-1d',
    '1d',
    [],
    {},
    ['red'],
    '__proto__',
  ];
  for (let round = 0; round < 1500; round++) {
    const body: unknown = mutated(random.pick(bodies), random, scalars);
    try {
      search(random.chance(0.5) ? one : three, { size: 0, aggs: body });
    } catch (error) {
      const { name, status, message } = error as { name: string; status: number; message: string };
      assert.is(name, 'CoppiceError', `round ${round}: ${message}: ${JSON.stringify(body)}`);
      assert.is(status, 400, `round ${round}: ${message}`);
    }
  }
});

function mutated(value: unknown, random: Seeded, scalars: readonly unknown[]): unknown {
  if (random.chance(0.08)) return random.pick(scalars);
  if (Array.isArray(value)) return value.map((element: unknown) => mutated(element, random, scalars));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(() => !random.chance(0.03));
  return Object.fromEntries(
    entries.map(([key, inner]) => [random.chance(0.02) ? 'other' : key, mutated(inner, random, scalars)]),
  );
}

test('without mappings every aggregation answers as from nothing', () => {
  const answer = aggregationsAnswer({ a: { terms: { field: 'x' }, aggs: { b: { avg: { field: 'y' } } } } }, [], {
    index: 'books',
    mappings: EMPTY_MAPPINGS,
  });
  assert.equal(answer, { a: { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [] } });
});

test.run();
