/** The engine from outside: a short tour, and each promise of its interface. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createEngine,
  type Engine,
  type EngineDocument,
  type FieldOptions,
  type FieldType,
  type FieldValue,
  finishAggregations,
  type Query,
  reduceAggregations,
} from '../../src/engine/index.ts';

const test = suite('engine/engine');

let position = 0;
function document(id: string, fields: Record<string, readonly FieldValue[]>): EngineDocument {
  position++;
  return { id, source: fields, fields, version: 1, seqNo: position, primaryTerm: 1, position };
}

function idsOf(engine: Engine, query: Query, limit = 10): string[] {
  return [...engine.search({ query, limit }).ordinals].map((ordinal) => engine.documentAt(ordinal).id);
}

test('ten lines index and find documents', () => {
  const engine = createEngine({ schema: { title: 'text', year: 'long' } });
  engine.put(document('1', { title: ['A wizard of Earthsea'], year: [1968] }));
  engine.put(document('2', { title: ['The left hand of darkness'], year: [1969] }));
  const hits = engine.search({ query: { kind: 'match', field: 'title', text: 'wizard darkness' }, limit: 10 });
  assert.is(hits.total, 2);
  const newer: Query = { kind: 'range', field: 'year', bounds: { gt: 1968 } };
  assert.equal(idsOf(engine, newer), ['2']);
  assert.is(engine.count({ kind: 'bool', must: [{ kind: 'matchAll' }], mustNot: [newer] }), 1);
  assert.is(engine.delete('1'), true);
  assert.is(engine.count({ kind: 'matchAll' }), 1);
  engine.close();
});

test('a document is replaced by the next one with its id', () => {
  const engine = createEngine({ schema: { title: 'text' } });
  engine.put(document('1', { title: ['old'] }));
  engine.put({ ...document('1', { title: ['new'] }), version: 2, primaryTerm: 3, source: { title: 'new' } });
  const stored = engine.get('1');
  assert.equal(stored?.source, { title: 'new' });
  assert.equal([stored?.version, stored?.primaryTerm], [2, 3]);
  assert.is(engine.count(match('old')), 0);
  assert.is(engine.count(match('new')), 1);
  assert.is(engine.get('2'), undefined);
  assert.is(engine.delete('2'), false);
});

test('sources come back as they were, whatever happens to the original', () => {
  const engine = createEngine();
  const source = { list: [1, null, 'ü中😀'], inner: { deep: true } };
  engine.put({ ...document('1', {}), source });
  source.inner.deep = false;
  assert.equal(engine.get('1')?.source, { list: [1, null, 'ü中😀'], inner: { deep: true } });
});

test('one term scores as worked out by hand', () => {
  const engine = createEngine({ schema: { title: 'text' } });
  for (const [id, title] of [
    ['1', 'oak'],
    ['2', 'oak oak elm fir'],
    ['3', 'elm fir ash yew pine larch maple'],
  ] as const) {
    engine.put(document(id, { title: [title] }));
  }
  // N = 3, n = 2, idf = ln(1 + 1.5 / 2.5); average length 4; score = idf * f / (f + 1.2 * (0.25 + 0.75 * length / 4)).
  const idf = Math.log(1.6);
  const { ordinals, scores, maxScore } = engine.search({ query: match('oak'), limit: 10 });
  assert.equal(
    [...ordinals].map((ordinal) => engine.documentAt(ordinal).id),
    ['1', '2'],
  );
  assert.ok(Math.abs(scores[0]! - idf / (1 + 1.2 * 0.4375)) < 1e-6);
  assert.ok(Math.abs(scores[1]! - (idf * 2) / (2 + 1.2)) < 1e-6);
  assert.is(maxScore, scores[0]);
});

test('parameters of BM25 are those of the index', () => {
  const engine = createEngine({ schema: { title: 'text' }, k1: 0, b: 0 });
  for (const title of ['oak oak', 'oak elm elm elm']) engine.put(document(title, { title: [title] }));
  const { scores } = engine.search({ query: match('oak'), limit: 10 });
  assert.is(scores[0], scores[1]);
});

test('a keyword scores by its rarity, a number by the boost alone', () => {
  const engine = createEngine({ schema: { tag: 'keyword', year: 'long' } });
  for (const [id, tag] of [
    ['1', 'red'],
    ['2', 'red'],
    ['3', 'blue'],
  ] as const)
    engine.put(document(id, { tag: [tag], year: [7] }));
  const scoreOf = (query: Query): number => engine.search({ query, limit: 1 }).maxScore;
  const idf = (docFrequency: number): number => Math.log(1 + (3 - docFrequency + 0.5) / (docFrequency + 0.5));
  assert.ok(Math.abs(scoreOf({ kind: 'term', field: 'tag', value: 'red' }) - idf(2) / 2.2) < 1e-6);
  assert.ok(Math.abs(scoreOf({ kind: 'term', field: 'tag', value: 'blue', boost: 2 }) - (2 * idf(1)) / 2.2) < 1e-6);
  assert.is(scoreOf({ kind: 'term', field: 'year', value: 7, boost: 3 }), 3);
  assert.is(scoreOf({ kind: 'match', field: 'year', text: ' 7 ' }), 1);
  assert.is(scoreOf({ kind: 'terms', field: 'tag', values: ['red'], boost: 4 }), 4);
});

test('term on a text field looks for the exact token', () => {
  const engine = createEngine({ schema: { title: 'text' } });
  engine.put(document('1', { title: ['Oak Tree'] }));
  assert.is(engine.count({ kind: 'term', field: 'title', value: 'oak' }), 1);
  assert.is(engine.count({ kind: 'term', field: 'title', value: 'Oak' }), 0);
  assert.is(engine.count(match('OAK')), 1);
});

test('a value of the wrong type in a query is a bad request that names it', () => {
  const engine = createEngine({ schema: { year: 'long', open: 'boolean', at: 'date', title: 'text' } });
  engine.put(document('1', { title: ['oak'] }));
  const cases: readonly (readonly [Query, string])[] = [
    [{ kind: 'range', field: 'year', bounds: { gte: 'abc' } }, 'field `year` of type long expects a number, got "abc"'],
    [{ kind: 'term', field: 'year', value: true }, 'field `year` of type long expects a number, got true'],
    [{ kind: 'terms', field: 'open', values: [1] }, 'field `open` of type boolean expects true or false, got 1'],
    [{ kind: 'match', field: 'year', text: 'abc' }, 'field `year` of type long expects a number, got "abc"'],
    [{ kind: 'term', field: 'at', value: 'now' }, 'field `at` of type date expects milliseconds since 1970, got "now"'],
    [
      { kind: 'match', field: 'title', text: 'a b', minimumShouldMatch: 'some' },
      'minimum_should_match expects a whole number or a percentage, or these after `3<`, got `some`',
    ],
  ];
  for (const [query, message] of cases) {
    assert.throws(
      () => engine.search({ query, limit: 1 }),
      (error: Error & { code: string }) => error.code === 'BAD_REQUEST' && error.message === message,
    );
  }
  const sort = [{ field: 'title', order: 'asc' }] as const;
  assert.throws(() => engine.search({ query: { kind: 'matchAll' }, limit: 1, sort }), /no column/);
});

test('a document with a wrong value is refused whole', () => {
  const engine = createEngine({ schema: { title: 'text', year: 'long' } });
  engine.put(document('1', { title: ['old'], year: [1] }));
  assert.throws(
    () => engine.put(document('1', { title: ['new'], year: ['x'] })),
    (error: Error & { code: string }) => error.code === 'MAPPING_FAILED',
  );
  assert.is(engine.count(match('old')), 1);
  assert.is(engine.count(match('new')), 0);
});

test('fields are added, never changed', () => {
  const engine = createEngine({ schema: { title: 'text' } });
  engine.put(document('1', { title: ['oak'], year: [1999] }));
  const year: Query = { kind: 'exists', field: 'year' };
  assert.is(engine.count(year), 0);
  engine.addFields({ year: 'long', title: 'text' });
  engine.put(document('2', { title: ['elm'], year: [2000] }));
  assert.is(engine.count(year), 1);
  assert.equal(engine.schema, { title: 'text', year: 'long' });
  assert.throws(
    () => engine.addFields({ extra: 'text', year: 'text' }),
    (error: Error & { code: string }) => error.code === 'MAPPING_FAILED',
  );
  assert.equal(engine.schema, { title: 'text', year: 'long' });
});

test('names of object properties are ordinary fields, ids and terms', () => {
  const engine = createEngine({
    schema: Object.fromEntries([
      ['__proto__', 'text'],
      ['constructor', 'keyword'],
    ]),
  });
  const fields = Object.fromEntries([
    ['__proto__', ['constructor toString']],
    ['constructor', ['__proto__']],
  ]);
  engine.put(document('__proto__', fields));
  const query: Query = {
    kind: 'bool',
    must: [
      { kind: 'match', field: '__proto__', text: 'toString' },
      { kind: 'term', field: 'constructor', value: '__proto__' },
    ],
  };
  assert.equal(idsOf(engine, query), ['__proto__']);
  const statistics = engine.statisticsOf(query);
  assert.equal(Object.keys(statistics.fields), ['__proto__', 'constructor']);
  assert.equal(Object.keys(statistics.docFrequencies), ['__proto__\u0000tostring', 'constructor\u0000__proto__']);
  assert.is(engine.search({ query, limit: 1, statistics }).maxScore, engine.search({ query, limit: 1 }).maxScore);
  assert.is(engine.count({ kind: 'match', field: 'toString', text: 'x' }), 0);
});

test('names of object properties are ordinary names of aggregations, buckets and analyzers', () => {
  const engine = createEngine({
    schema: Object.fromEntries<FieldType | FieldOptions>([
      ['constructor', { type: 'text', analyzer: 'toString' }],
      ['tag', 'keyword'],
    ]),
    analysis: { analyzer: { toString: { type: 'keyword' } } },
  });
  engine.put(document('a', { constructor: ['One Two'], tag: ['__proto__'] }));
  assert.is(engine.count({ kind: 'term', field: 'constructor', value: 'One Two' }), 1);
  const terms = {
    kind: 'terms',
    field: 'tag',
    size: 1,
    shardSize: 1,
    order: [{ by: 'count', direction: 'desc' }],
  } as const;
  const filters = { kind: 'filters', filters: [{ key: '__proto__', query: { kind: 'matchAll' } }] } as const;
  const aggregations = Object.fromEntries(
    ['__proto__', 'toString'].map((name) => [
      name,
      { ...terms, aggregations: Object.fromEntries([['constructor', filters]]) },
    ]),
  );
  const { aggregations: partials = {} } = engine.search({ query: { kind: 'matchAll' }, limit: 0, aggregations });
  const answer = JSON.stringify(
    finishAggregations(aggregations, reduceAggregations(aggregations, [partials, partials])),
  );
  const bucket =
    '"buckets":[{"key":"__proto__","doc_count":2,"constructor":{"buckets":{"__proto__":{"doc_count":2}}}}]';
  assert.is(answer.split(bucket).length, 3, answer);
  assert.equal(Object.keys(JSON.parse(answer) as object), ['__proto__', 'toString']);
});

test('hits are sorted by values, with missing ones last and several by the one that counts', () => {
  const engine = createEngine({ schema: { year: 'long', tag: 'keyword' } });
  engine.put(document('none', {}));
  engine.put(document('both', { year: [1, 9], tag: ['b', 'y'] }));
  engine.put(document('five', { year: [5], tag: ['c'] }));
  const sorted = (field: string, order: 'asc' | 'desc', missing?: '_first'): unknown => {
    const sort = [missing === undefined ? { field, order } : { field, order, missing }];
    const { ordinals, sortValues } = engine.search({ query: { kind: 'matchAll' }, limit: 9, sort });
    return [...ordinals].map((ordinal, i) => [engine.documentAt(ordinal).id, sortValues?.[i]?.[0]]);
  };
  assert.equal(sorted('year', 'asc'), [
    ['both', 1],
    ['five', 5],
    ['none', null],
  ]);
  assert.equal(sorted('year', 'desc'), [
    ['both', 9],
    ['five', 5],
    ['none', null],
  ]);
  assert.equal(sorted('year', 'asc', '_first'), [
    ['none', null],
    ['both', 1],
    ['five', 5],
  ]);
  assert.equal(sorted('tag', 'desc'), [
    ['both', 'y'],
    ['five', 'c'],
    ['none', null],
  ]);
});

test('a limit of 0 counts', () => {
  const engine = createEngine({ schema: { title: 'text' } });
  engine.put(document('1', { title: ['oak'] }));
  const hits = engine.search({ query: match('oak'), limit: 0 });
  assert.equal([hits.total, hits.ordinals.length, hits.scores.length], [1, 0, 0]);
});

test('an empty index answers everything', () => {
  const engine = createEngine({ schema: { title: 'text' } });
  assert.is(engine.search({ query: match('oak'), limit: 10 }).total, 0);
  assert.is(engine.search({ query: { kind: 'matchAll' }, limit: 10 }).total, 0);
  assert.is(engine.stats().docCount, 0);
});

test('memory stays bounded under endless updates', () => {
  const engine = createEngine({ schema: { title: 'text', tag: 'keyword', year: 'long' } });
  const write = (i: number): void =>
    engine.put(document(String(i % 500), { title: [`common word${i} text`], tag: [`tag${i % 7}`], year: [i] }));
  for (let i = 0; i < 12_000; i++) write(i);
  const sizeBytes = engine.stats().sizeBytes;
  for (let i = 12_000; i < 40_000; i++) write(i);
  assert.ok(engine.stats().sizeBytes < sizeBytes * 1.5, `${engine.stats().sizeBytes} bytes after ${sizeBytes}`);
  assert.is(engine.count(match('common')), 500);
  assert.equal(idsOf(engine, { kind: 'matchAll' }, 3), ['0', '1', '2']);
});

test('terms to highlight are those sought, by field', () => {
  const engine = createEngine({ schema: { title: 'text', tag: 'keyword', year: 'long' } });
  const query: Query = {
    kind: 'bool',
    must: [match('Oak elm')],
    filter: [
      { kind: 'terms', field: 'tag', values: ['Red'] },
      { kind: 'term', field: 'year', value: 3 },
    ],
    mustNot: [match('fir')],
  };
  const terms = [...engine.termsOf(query)].map(([field, set]) => [field, [...set]]);
  assert.equal(terms, [
    ['title', ['oak', 'elm']],
    ['tag', ['Red']],
  ]);
});

test('statistics are of live documents, and of terms that score', () => {
  const engine = createEngine({ schema: { title: 'text', tag: 'keyword' } });
  for (const id of ['1', '2', '3']) engine.put(document(id, { title: ['oak elm'], tag: ['red'] }));
  engine.delete('3');
  const { fields, docFrequencies } = engine.statisticsOf({
    kind: 'bool',
    must: [match('oak fir')],
    filter: [{ kind: 'term', field: 'tag', value: 'red' }],
  });
  assert.equal(fields['title'], { docCount: 2, totalTokens: 4 });
  assert.is(docFrequencies['title\u0000oak'], 2);
  assert.is(docFrequencies['title\u0000fir'] ?? 0, 0);
  assert.is(docFrequencies['tag\u0000red'], undefined);
});

function match(text: string): Query {
  return { kind: 'match', field: 'title', text };
}

test.run();
