/** Valid requests of every action, and valid messages inside the cluster: what the fuzz test spoils. */
import type { Seeded } from '../../support/seeded.ts';

/** A valid request, and how often it is spoilt. */
export type Template = {
  readonly action: string;
  readonly index: string;
  readonly body: unknown;
  readonly weight: number;
};

const QUERY = {
  bool: {
    must: [
      { match: { title: { query: 'old whale', operator: 'or' } } },
      { multi_match: { query: 'sea', fields: ['title^2', 'text'] } },
    ],
    filter: [{ range: { year: { gte: 1900, lt: 2000 } } }, { terms: { tag: ['red', 'green'] } }],
    should: [
      { term: { tag: { value: 'red', boost: 2 } } },
      { ids: { values: ['1', '2'] } },
      { exists: { field: 'year' } },
    ],
    must_not: [{ constant_score: { filter: { term: { open: true } } } }],
    minimum_should_match: 1,
  },
};
const SEARCH = {
  query: QUERY,
  from: 0,
  size: 10,
  sort: [{ year: { order: 'desc', missing: '_last' } }, '_score'],
  _source: ['title', 'y*'],
  highlight: { fields: { title: {} }, pre_tags: ['<b>'], post_tags: ['</b>'] },
  track_total_hits: 100,
  search_type: 'dfs_query_then_fetch',
  timeout: '500ms',
  after: { 0: 1 },
  routing: 'a',
};
/** Every kind of query that `QUERY` lacks. */
const WORDY = {
  function_score: {
    query: {
      bool: {
        should: [
          { match: { title: { query: 'odl whale', fuzziness: 'AUTO', prefix_length: 1, max_expansions: 5 } } },
          { match_phrase: { title: { query: 'old whale', slop: 2, _name: 'phrase' } } },
          { match_phrase_prefix: { text: { query: 'a wha', max_expansions: 3 } } },
          { match_bool_prefix: { text: 'of the s' } },
          { multi_match: { query: 'old sea', type: 'cross_fields', fields: ['title', 'text'], operator: 'and' } },
          {
            query_string: {
              query: 'title:(old OR "whale sea"~2) AND year:[1900 TO *] -tag:re*',
              default_field: 'text',
            },
          },
          { prefix: { tag: { value: 'R', case_insensitive: true } } },
          { wildcard: { title: 'w?al*' } },
          { regexp: { text: { value: 'wha(l|m)e+', max_determinized_states: 500 } } },
          { fuzzy: { tag: { value: 'rde', transpositions: true } } },
          { range: { at: { gte: 'now-10y/d', lt: '2030-01-01||+1M', time_zone: '+02:00' } } },
          { boosting: { positive: { match_all: {} }, negative: { term: { tag: 'red' } }, negative_boost: 0.5 } },
        ],
        minimum_should_match: '2<50%',
      },
    },
    functions: [
      { filter: { term: { open: true } }, weight: 2 },
      { field_value_factor: { field: 'year', factor: 0.1, modifier: 'log1p', missing: 1 } },
      { gauss: { at: { origin: 'now', scale: '10d', offset: '1d', decay: 0.4 } } },
      { random_score: { seed: 7 } },
    ],
    score_mode: 'sum',
    boost_mode: 'multiply',
  },
};
const WORDY_SEARCH = {
  query: WORDY,
  sort: [{ year: { order: 'asc', mode: 'max', missing: 0 } }, '_doc'],
  search_after: [1950, 0],
  post_filter: { exists: { field: 'tag' } },
  explain: true,
  profile: true,
  version: true,
  track_total_hits: true,
};
/** A document that fits the mappings of the fuzzed index. */
export const DOC = {
  title: 'the old whale',
  text: 'a whale of the sea',
  year: 1951,
  price: 2.5,
  open: true,
  at: '2024-02-03',
  tag: ['red', 'blue'],
  author: { name: 'Ann' },
};
const SETTINGS = {
  settings: { number_of_shards: 1, number_of_replicas: 0 },
  mappings: {
    properties: {
      title: { type: 'text', fields: { raw: { type: 'keyword', ignore_above: 99 } } },
      year: { type: 'long' },
    },
  },
};
const TEMPLATES: readonly Template[] = [
  { action: 'search', index: 'fuzz', body: SEARCH, weight: 30 },
  { action: 'search', index: 'fuzz', body: { query: { match: { title: 'whale' } } }, weight: 10 },
  { action: 'search', index: 'fuzz', body: WORDY_SEARCH, weight: 20 },
  { action: 'explain', index: 'fuzz', body: { id: '1', query: WORDY, search_type: 'dfs_query_then_fetch' }, weight: 6 },
  { action: 'count', index: 'fuzz', body: { query: QUERY }, weight: 8 },
  {
    action: 'msearch',
    index: '_',
    body: { searches: [{ index: 'fuzz' }, SEARCH, { index: 'fuzz' }, { query: { match_all: {} } }] },
    weight: 6,
  },
  { action: 'get', index: 'fuzz', body: { id: '1', _source: ['title'], routing: '1' }, weight: 6 },
  { action: 'mget', index: 'fuzz', body: { ids: ['1', '2', '3'] }, weight: 3 },
  {
    action: 'mget',
    index: '_',
    body: {
      docs: [
        { _index: 'fuzz', _id: '1' },
        { _index: 'fuzz', _id: '2', _source: false },
      ],
    },
    weight: 3,
  },
  { action: 'index', index: 'fuzz', body: { id: '1', doc: DOC }, weight: 10 },
  { action: 'create', index: 'fuzz', body: { id: '2', doc: DOC, routing: 'a' }, weight: 3 },
  {
    action: 'update',
    index: 'fuzz',
    body: { id: '1', doc: { year: 1952 }, upsert: DOC, detect_noop: true },
    weight: 6,
  },
  { action: 'delete', index: 'fuzz', body: { id: '3', if_seq_no: 1, if_primary_term: 1 }, weight: 4 },
  {
    action: 'delete',
    index: 'fuzz',
    body: { id: '3', version: 7, version_type: 'external_gte', wait_for: 'all' },
    weight: 2,
  },
  {
    action: 'bulk',
    index: 'fuzz',
    body: {
      operations: [
        { index: { _id: '1' } },
        DOC,
        { update: { _id: '2' } },
        { doc: { year: 2 }, doc_as_upsert: true },
        { delete: { _id: '4' } },
      ],
    },
    weight: 10,
  },
  { action: 'index-create', index: 'scratch', body: SETTINGS, weight: 0.4 },
  { action: 'index-update', index: 'fuzz', body: { properties: { extra: { type: 'keyword' } } }, weight: 2 },
  { action: 'index-get', index: 'fuzz', body: {}, weight: 2 },
  { action: 'index-delete', index: 'scratch', body: {}, weight: 0.4 },
  { action: 'cluster-health', index: '_', body: {}, weight: 1 },
  { action: 'cluster-state', index: '_', body: {}, weight: 1 },
  { action: 'shard-history', index: 'fuzz', body: { shard: 0 }, weight: 1 },
  { action: 'indices', index: '_', body: {}, weight: 1 },
];
const TOTAL_WEIGHT = TEMPLATES.reduce((sum, { weight }) => sum + weight, 0);
const FILTER = { enabled: true };
const NODE = {
  kind: 'bool',
  must: [{ kind: 'match', field: 'title', value: 'old whale', operator: 'and', minimumShouldMatch: '50%' }],
  should: [
    { kind: 'multiMatch', fields: [{ pattern: 't*', boost: 2 }], value: 'sea', type: 'best_fields', tieBreaker: 0.3 },
    {
      kind: 'disMax',
      queries: [
        { kind: 'matchAll', boost: 2 },
        { kind: 'ids', ids: ['1'] },
      ],
      tieBreaker: 0.1,
    },
  ],
  filter: [
    { kind: 'range', field: 'year', bounds: { gte: 1900, lt: '2000' } },
    { kind: 'constantScore', filter: { kind: 'terms', field: 'tag', values: ['red', 'green'] } },
  ],
  mustNot: [
    { kind: 'phrase', field: 'title', value: 'a b', slop: 1, lastIsPrefix: true },
    { kind: 'regexp', field: 'tag', value: 'r.*', maxStates: 9 },
    { kind: 'fuzzy', field: 'tag', value: 'rde', fuzziness: { low: 3, high: 6 }, prefixLength: 1 },
    { kind: 'boosting', positive: { kind: 'matchAll' }, negative: { kind: 'matchNone' }, negativeBoost: 0.5 },
    {
      kind: 'functionScore',
      query: { kind: 'anyField', fields: [], query: { kind: 'wildcard', field: '', value: 'a*' }, lenient: true },
      functions: [
        { kind: 'decay', shape: 'exp', field: 'year', origin: 1, scale: 2 },
        { kind: 'random', seed: 'x', filter: { kind: 'matchAll', name: 'all' }, weight: 2 },
      ],
      scoreMode: 'max',
    },
    { kind: 'term', field: 'at', value: '2024-02-03' },
    { kind: 'exists', field: 'author' },
  ],
  minimumShouldMatch: 1,
};
/** Valid bodies inside the cluster, by endpoint. */
export const INTERNAL_BODIES: Readonly<Record<string, unknown>> = {
  search: {
    request: {
      query: NODE,
      from: 0,
      size: 5,
      sort: [{ field: 'year', order: 'asc', missing: '_last' }],
      source: { enabled: true, includes: ['t*'] },
      highlight: [
        { pattern: 'title', preTag: '', postTag: '', fragmentSize: 9, numberOfFragments: 1, requireFieldMatch: true },
      ],
      trackTotalHits: true,
      trackScores: false,
      searchType: 'query_then_fetch',
      minScore: 0.1,
      searchAfter: [null],
      postFilter: { kind: 'prefix', field: 'tag', value: 'r', caseInsensitive: true },
      nowMs: 1_700_000_000_000,
      explain: true,
    },
    statistics: { fields: { title: { docCount: 3, totalLength: 9 } }, docFrequencies: { 'title:whale': 2 } },
    sources: true,
  },
  count: { query: NODE },
  statistics: { query: NODE },
  explain: { id: '1', routing: '1', query: NODE, nowMs: 1 },
  get: { id: '1', routing: '1', source: FILTER },
  mget: { items: [{ id: '1', source: FILTER }] },
  fetch: { ids: ['1', '2'], source: FILTER, query: NODE, explain: true, showsSeqNo: true },
  _reduce: { endpoint: 'mget', partials: [[1], [2]] },
};
/** The pulse of a leaf that is not there. */
export const GHOST_PULSE = { leaf: 'ghost', incarnation: 'x', load: 0, rssBytes: 1, copies: [] };

/** Picks a valid request, by weight. */
export function pickTemplate(random: Seeded): Template {
  let left = random.next() * TOTAL_WEIGHT;
  for (const template of TEMPLATES) {
    left -= template.weight;
    if (left < 0) return template;
  }
  throw new Error('weights do not add up');
}
