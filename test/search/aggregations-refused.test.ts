/** Aggregations that are refused: bodies that are wrong, fields that do not fit, and bodies mutated at random. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bindAggregations } from '../../src/search/aggregations.ts';
import { parseSearch } from '../../src/search/request/search-request.ts';
import { Seeded } from '../support/seeded.ts';
import { NOW, one, search, three } from './aggregation-shards.ts';
import { assertFault } from './faults.ts';

const test = suite('search/aggregations-refused');

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

test.run();
