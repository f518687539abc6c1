/** Aggregations from Elasticsearch's body to its answer, over one shard and over several. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { aggregationsAnswer } from '../../src/search/aggregations.ts';
import { EMPTY_MAPPINGS } from '../../src/search/mapping.ts';
import { answersOf, indexOf, NOW, one, search, three } from './aggregation-shards.ts';

const test = suite('search/aggregations');

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

test('without mappings every aggregation answers as from nothing', () => {
  const answer = aggregationsAnswer({ a: { terms: { field: 'x' }, aggs: { b: { avg: { field: 'y' } } } } }, [], {
    index: 'books',
    mappings: EMPTY_MAPPINGS,
  });
  assert.equal(answer, { a: { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets: [] } });
});

test.run();
