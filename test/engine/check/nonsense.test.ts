/** Valid input with something random changed: either it is taken, or a CoppiceError tells why not, and nothing has changed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HIGHLIGHT_DEFAULTS } from '../../../src/engine/highlight/highlight-options.ts';
import { createEngine, type ShardEngine } from '../../../src/engine/shard-engine.ts';
import { isCoppiceError } from '../../../src/errors.ts';
import { RandomCorpus, SCHEMA } from '../random-corpus.ts';
import { AGGREGATIONS, NONSENSE, odd, QUERIES, spoilt } from './random-nonsense.ts';

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

test('nothing but CoppiceError comes out of highlighting', () => {
  const corpus = new RandomCorpus(74);
  const engine = filled(corpus);
  const highlighter: { highlight(field: unknown, options: unknown): unknown } = engine.highlighter({
    kind: 'match',
    field: 'title',
    text: 'oak elm',
  });
  let [taken, refused] = [0, 0];
  for (let i = 0; i < 2000; i++) {
    const field = spoilt(corpus, { field: 'title', id: '1', texts: ['an oak. An elm.', 'elm'] });
    const options = spoilt(corpus, HIGHLIGHT_DEFAULTS);
    if (outcome(() => highlighter.highlight(field, options), `seed 74, round ${i}`)) taken++;
    else refused++;
  }
  assert.ok(taken > 20 && refused > 500, `${taken} taken, ${refused} refused`);
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
