/** Valid input with something random changed: either it is taken, or a CoppiceError tells why not, and nothing has changed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEngine, type ShardEngine } from '../../../src/engine/shard-engine.ts';
import { isCoppiceError } from '../../../src/errors.ts';
import { RandomCorpus, SCHEMA } from '../random-corpus.ts';

const test = suite('engine/check/nonsense');

/** The engine as it is for who has no types. */
interface Untyped {
  put(document: unknown): unknown;
  delete(id: unknown): unknown;
  get(id: unknown): unknown;
  documentAt(ordinal: unknown): unknown;
  search(request: unknown): unknown;
  count(query: unknown): unknown;
  explain(id: unknown, request: unknown): unknown;
  statisticsOf(query: unknown): unknown;
  termsOf(query: unknown): unknown;
  highlighter(query: unknown): unknown;
  addFields(schema: unknown): unknown;
  forceMerge(count: unknown): unknown;
}

const cycle: Record<string, unknown> = { kind: 'constantScore' };
cycle['filter'] = cycle;
const deep: unknown = Array.from({ length: 20_000 }).reduce<unknown>((inner) => ({ kind: 'bool', must: [inner] }), {});

const NONSENSE: readonly unknown[] = [
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
const AGGREGATIONS: readonly unknown[] = [
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

const QUERIES: readonly unknown[] = [
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

test('nothing but CoppiceError comes out of searches', () => {
  const corpus = new RandomCorpus(71);
  const engine = filled(corpus);
  const before = contents(engine);
  const raw: Untyped = engine;
  let [taken, refused] = [0, 0];
  for (let i = 0; i < 6000; i++) {
    const query = corpus.below(3) === 0 ? corpus.query(2) : corpus.pick(QUERIES);
    const changed = spoilt(corpus, query);
    const request = spoilt(corpus, {
      query: changed,
      limit: 5,
      sort: [{ field: 'year', order: 'desc', mode: 'min', missing: 3 }],
      searchAfter: [1950],
      trackTotal: 100,
      minScore: 0.1,
      postFilter: corpus.pick(QUERIES),
      aggregations: { a: spoilt(corpus, corpus.pick(AGGREGATIONS)) },
      names: true,
      limits: { clauses: 100, buckets: 1000 },
    });
    const calls: readonly (() => unknown)[] = [
      () => raw.search(request),
      () => raw.search({ query: changed, limit: 3 }),
      () => raw.count(changed),
      () => raw.explain('1', { query: changed }),
      () => raw.statisticsOf(changed),
      () => raw.termsOf(changed),
      () => raw.highlighter(changed),
      () => raw.get(odd(corpus)),
      () => raw.documentAt(odd(corpus)),
    ];
    for (const [at, call] of calls.entries()) {
      if (outcome(call, `seed 71, round ${i}, call ${at}`)) taken++;
      else refused++;
    }
  }
  assert.ok(taken > 3000 && refused > 3000, `${taken} taken, ${refused} refused`);
  assert.equal(contents(engine), before);
  engine.close();
});

test('what is refused of a write changes nothing', () => {
  const corpus = new RandomCorpus(72);
  const engine = filled(corpus);
  const raw: Untyped = engine;
  let [taken, refused] = [0, 0];
  let before = contents(engine);
  for (let i = 0; i < 3000; i++) {
    const document = spoilt(corpus, corpus.document(String(corpus.below(300))));
    const calls: readonly (() => unknown)[] = [
      () => raw.put(document),
      () => raw.put({ ...corpus.document('1'), source: odd(corpus) }),
      () =>
        raw.put({
          ...corpus.document('1'),
          fields: {
            [corpus.pick(['title', 'tag', 'year', 'at', 'open', 'x'])]: [odd(corpus), [odd(corpus)]][corpus.below(2)],
          },
        }),
      () => raw.delete(odd(corpus)),
      () => raw.addFields([odd(corpus), { title: odd(corpus) }, { title: { type: odd(corpus) } }][corpus.below(3)]),
    ];
    const call = corpus.pick(calls);
    if (outcome(call, `seed 72, round ${i}, call ${calls.indexOf(call)}`)) {
      taken++;
      before = contents(engine);
    } else {
      refused++;
      if (i % 10 === 0) assert.equal(contents(engine), before, `seed 72, round ${i}`);
    }
  }
  assert.ok(taken > 200 && refused > 200, `${taken} taken, ${refused} refused`);
  assert.equal(contents(engine), before);
  engine.forceMerge();
  assert.equal(contents(engine), before);
  for (const count of NONSENSE) outcome(() => raw.forceMerge(count), String(typeof count));
  engine.close();
});

test('nonsense is named', () => {
  const raw: Untyped = createEngine({ schema: SCHEMA });
  const search = (changes: object) => () => raw.search({ query: { kind: 'matchAll' }, limit: 1, ...changes });
  const histogram = { kind: 'histogram', field: 'year', interval: 0 };
  const put = (fields: unknown) => () =>
    raw.put({ id: '1', source: {}, fields, version: 1, seqNo: 1, primaryTerm: 1, position: 1 });
  const table: readonly (readonly [string, () => unknown])[] = [
    ['BAD_REQUEST query.kind is not known: "mach"', search({ query: { kind: 'mach' } })],
    [
      'BAD_REQUEST query.must[1].boost must be a number from 0, got NaN',
      search({ query: { kind: 'bool', must: [{ kind: 'matchAll' }, { kind: 'matchAll', boost: Number.NaN }] } }),
    ],
    [
      'BAD_REQUEST query.operater is not known',
      search({ query: { kind: 'match', field: 'title', text: 'x', operater: 'and' } }),
    ],
    [
      'BAD_REQUEST aggregations.a.size is missing',
      search({ aggregations: { a: { kind: 'terms', field: 'tag', shardSize: 1, order: [] } } }),
    ],
    ['BAD_REQUEST aggregations.a.interval must be a number above 0, got 0', search({ aggregations: { a: histogram } })],
    ['BAD_REQUEST search.limit must be a whole number from 0, got -1', search({ limit: -1 })],
    [
      'BAD_REQUEST query.bounds.gte must be a string, a finite number, true or false, got Infinity',
      search({ query: { kind: 'range', field: 'year', bounds: { gte: Number.POSITIVE_INFINITY } } }),
    ],
    ['BAD_REQUEST document `1`: field `title` must be a list of values, got "abc"', put({ title: 'abc' })],
    [
      'MAPPING_FAILED document `1`: field `price` of type double cannot hold Infinity',
      put({ price: [Number.POSITIVE_INFINITY] }),
    ],
    ['BAD_REQUEST maxSegments must be a whole number from 0, got NaN', () => raw.forceMerge(Number.NaN)],
    ['BAD_REQUEST mergeFactor must be a whole number from 2, got 0', () => createEngine({ mergeFactor: 0 })],
  ];
  for (const [expected, run] of table) assert.is(refusal(run), expected);
});

test('patterns that are longer than any term are refused, others take no time', () => {
  const engine = filled(new RandomCorpus(73));
  const raw: Untyped = engine;
  const patterns = (length: number): readonly unknown[] => {
    const text = 'ab'.repeat(length / 2);
    return [
      { kind: 'fuzzy', field: 'tag', value: text, fuzziness: 2 },
      { kind: 'prefix', field: 'tag', value: text, caseInsensitive: true },
      { kind: 'wildcard', field: 'tag', pattern: '*a'.repeat(length / 2) },
      { kind: 'wildcard', field: 'tag', pattern: `*${'?'.repeat(length)}x` },
      { kind: 'regexp', field: 'tag', pattern: text },
      { kind: 'term', field: 'tag', value: text, caseInsensitive: true },
      { kind: 'match', field: 'title', text: 'ab '.repeat(length / 3), fuzzy: { fuzziness: 2 } },
    ];
  };
  for (const [i, query] of patterns(1_000_000).entries())
    assert.match(
      refusal(() => raw.count(query)),
      /^LIMIT_EXCEEDED/,
      `query ${i}`,
    );
  for (const [i, query] of patterns(8_000).entries()) {
    const startMs = performance.now();
    outcome(() => raw.count(query), `query ${i}`);
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs < 1500, `query ${i} took ${tookMs} ms`);
  }
  engine.close();
});

test.run();

function filled(corpus: RandomCorpus): ShardEngine {
  const engine = createEngine({ schema: SCHEMA, headDocuments: 100 });
  for (let i = 0; i < 300; i++) engine.put(corpus.document(String(i)));
  return engine;
}

/** What can be seen of an engine. */
function contents(engine: ShardEngine): unknown {
  const { ordinals, positions, total } = engine.search({ query: { kind: 'matchAll' }, limit: 1000 });
  const ids = Array.from(ordinals, (ordinal) => engine.documentAt(ordinal).id);
  const found = ['oak', 'elm'].map(
    (text) => engine.search({ query: { kind: 'match', field: 'title', text }, limit: 0 }).total,
  );
  return { ids, positions: [...positions], total, found, schema: engine.schema };
}

/** Runs something; tells whether it was taken. */
function outcome(run: () => unknown, where: string): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (isCoppiceError(error) && error.code !== 'INTERNAL') return false;
    throw new Error(`${where}: ${error instanceof Error ? error.stack : String(error)}`, { cause: error });
  }
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isCoppiceError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'not refused';
}

/** Something that fits nowhere, or hardly anywhere. */
function odd(corpus: RandomCorpus): unknown {
  return NONSENSE[corpus.below(NONSENSE.length)];
}

/** A copy in which, mostly, one thing is something else, missing, or more than was there. */
function spoilt(corpus: RandomCorpus, value: unknown): unknown {
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
