/** Queries and aggregations of every kind, and how something in them is made nonsense. */
import type { RandomCorpus } from '../random-corpus.ts';

const cycle: Record<string, unknown> = { kind: 'constantScore' };
cycle['filter'] = cycle;
const deep: unknown = Array.from({ length: 20_000 }).reduce<unknown>((inner) => ({ kind: 'bool', must: [inner] }), {});

/** Values that fit nowhere, or hardly anywhere. */
export const NONSENSE: readonly unknown[] = [
  null,
  undefined,
  true,
  0,
  -1,
  1.5,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e300,
  2 ** 53,
  10n,
  '',
  'abc',
  '\ud800',
  '*a*b?',
  '(((',
  '3<',
  '__proto__',
  'toString',
  'title',
  'year',
  Symbol('s'),
  () => 1,
  [],
  ['x'],
  [null],
  [[1]],
  {},
  Object.create(null),
  new Date(0),
  new Map(),
  new Uint8Array(3),
  { kind: 'matchAll' },
  { kind: 'toString' },
  { kind: 'terms' },
  cycle,
  deep,
  JSON.parse('{"__proto__": {"kind": "matchAll"}}'),
];

const TERMS = { kind: 'terms', field: 'tag', size: 3, shardSize: 5, order: [{ by: 'count', direction: 'desc' }] };
/** Aggregations that are taken. */
export const AGGREGATIONS: readonly unknown[] = [
  { kind: 'stats', field: 'year', missing: 3, format: { type: 'boolean' }, meta: {} },
  { kind: 'extendedStats', field: 'price', sigma: 2 },
  { kind: 'valueCount', field: 'tag', missing: 'x' },
  { kind: 'cardinality', field: 'tag', precisionThreshold: 100 },
  { kind: 'percentiles', field: 'price', percents: [1, 50], keyed: true, accuracy: 0.01 },
  { kind: 'percentileRanks', field: 'price', values: [5] },
  { ...TERMS, include: { pattern: 'r.*' }, exclude: { values: ['red'] }, minDocCount: 0, aggregations: { a: TERMS } },
  {
    ...TERMS,
    order: [{ by: 'metric', direction: 'asc', path: ['m'] }],
    aggregations: { m: { kind: 'max', field: 'year' } },
  },
  { kind: 'histogram', field: 'year', interval: 5, offset: 1, minDocCount: 1, hardBounds: { min: 1900, max: 2000 } },
  { kind: 'dateHistogram', field: 'at', interval: { calendar: 'month' }, timeZone: 'Europe/Oslo', minDocCount: 1 },
  { kind: 'dateHistogram', field: 'at', interval: { fixedMs: 86_400_000 }, offsetMs: 5, minDocCount: 1 },
  { kind: 'range', field: 'price', ranges: [{ to: 5 }, { key: 'k', from: 5 }], keyed: true },
  { kind: 'filter', query: { kind: 'term', field: 'tag', value: 'red' }, aggregations: { a: TERMS } },
  { kind: 'filters', filters: [{ key: 'a', query: { kind: 'exists', field: 'tag' } }], otherKey: 'rest' },
  { kind: 'missing', field: 'tag' },
  { kind: 'global', aggregations: { a: TERMS } },
  {
    kind: 'composite',
    size: 3,
    sources: [
      { kind: 'terms', name: 'a', field: 'tag' },
      { kind: 'histogram', name: 'b', field: 'year', interval: 5 },
    ],
    after: ['red', 5],
  },
  { kind: 'topHits', from: 0, size: 2, sort: [{ field: 'year', order: 'asc' }], source: true },
];

/** Queries that are taken. */
export const QUERIES: readonly unknown[] = [
  {
    kind: 'match',
    field: 'title',
    text: 'oak elm',
    operator: 'and',
    fuzzy: { fuzziness: 1, prefixLength: 1 },
    boost: 2,
  },
  { kind: 'match', field: 'title', text: 'oak el', minimumShouldMatch: '50%', lastIsPrefix: true, zeroTerms: 'all' },
  { kind: 'crossFields', fields: [{ field: 'title', boost: 2 }, { field: 'body' }], text: 'oak', tieBreaker: 0.5 },
  { kind: 'phrase', field: 'body', text: 'oak elm', slop: 2, analyzer: 'simple', name: 'n' },
  { kind: 'terms', field: 'tag', values: ['red', 'blue'] },
  { kind: 'range', field: 'year', bounds: { gte: 1900, lt: 2000 } },
  { kind: 'ids', ids: ['1', '2'] },
  { kind: 'wildcard', field: 'tag', pattern: 'r?d*', caseInsensitive: true },
  { kind: 'regexp', field: 'tag', pattern: 'r.d', maxStates: 100 },
  { kind: 'fuzzy', field: 'tag', value: 'rde', fuzziness: { low: 3, high: 6 }, maxExpansions: 5 },
  { kind: 'boosting', positive: { kind: 'matchAll' }, negative: { kind: 'exists', field: 'tag' }, negativeBoost: 0.5 },
  { kind: 'disMax', queries: [{ kind: 'matchAll' }, { kind: 'matchNone' }], tieBreaker: 0.1 },
  {
    kind: 'functionScore',
    query: { kind: 'matchAll' },
    functions: [
      { kind: 'weight', weight: 2, filter: { kind: 'exists', field: 'tag' } },
      { kind: 'fieldValueFactor', field: 'price', factor: 2, modifier: 'log1p', missing: 1 },
      { kind: 'decay', shape: 'gauss', field: 'year', origin: 1950, scale: 10, offset: 1, decay: 0.5 },
      { kind: 'random', seed: 5 },
    ],
    scoreMode: 'sum',
    maxBoost: 5,
  },
];

/** Something that fits nowhere, or hardly anywhere. */
export function odd(corpus: RandomCorpus): unknown {
  return NONSENSE[corpus.below(NONSENSE.length)];
}

/** A copy in which, mostly, one thing is something else, missing, or more than was there. */
export function spoilt(corpus: RandomCorpus, value: unknown): unknown {
  if (corpus.below(6) === 0) return value;
  const isInner = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isInner || corpus.below(8) === 0) return odd(corpus);
  if (Array.isArray(value)) {
    const list: unknown[] = [...(value as readonly unknown[])];
    const at = corpus.below(list.length);
    list[at] = spoilt(corpus, list[at]);
    return list;
  }
  const entries: [string, unknown][] = Object.entries(value);
  const at = corpus.below(entries.length);
  const [key, inner] = entries[at] ?? ['', undefined];
  const what = corpus.below(8);
  if (what === 0) entries.splice(at, 1);
  else if (what === 1) entries.push([corpus.pick(['x', '__proto__', 'toString', 'boost', 'field']), odd(corpus)]);
  else entries[at] = [key, spoilt(corpus, inner)];
  return Object.fromEntries(entries);
}
