import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ReducerSpec, reducePartials, reducerIssue } from '../../src/actor/reducers.ts';
import { CoppiceError, isCoppiceError } from '../../src/errors.ts';

const test = suite('actor/reducers');

test('concat joins lists in shard order', () => {
  assert.equal(reducePartials('concat', [[3, 1], [], [[2]]], {}), [3, 1, [2]]);
});

test('sum adds numbers, or the fields of objects, of which some may be missing', () => {
  assert.is(reducePartials('sum', [1, 2.5, -3], {}), 0.5);
  assert.equal(reducePartials('sum', [{ docs: 1, bytes: 10 }, { docs: 2 }, { squids: 1 }], {}), {
    docs: 3,
    bytes: 10,
    squids: 1,
  });
});

test('merge joins objects, and the later shard wins', () => {
  assert.equal(reducePartials('merge', [{ a: 1, b: 1 }, {}, { b: 2 }], {}), { a: 1, b: 2 });
});

test('merge and sum treat the name of a prototype like any other', () => {
  const partial: unknown = JSON.parse('{"__proto__": 1}');
  for (const spec of ['merge', 'sum'] as const)
    assert.equal(JSON.stringify(reducePartials(spec, [partial], {})), '{"__proto__":1}');
});

test('topk keeps the best by a field, and ties stay in shard order', () => {
  const partials = [
    [
      { id: 'a', hit: { score: 1 } },
      { id: 'b', hit: { score: 3 } },
    ],
    [
      { id: 'c', hit: { score: 3 } },
      { id: 'd', hit: { score: 2 } },
    ],
  ];
  const ids = (spec: ReducerSpec) =>
    JSON.stringify(reducePartials(spec, partials, {}))
      .match(/(?<="id":")./g)
      ?.join('');
  assert.is(ids({ topk: { by: 'hit.score', k: 3 } }), 'bcd');
  assert.is(ids({ topk: { by: 'hit.score' } }), 'bcda');
  assert.is(ids({ topk: { by: 'hit.score', k: 2, order: 'asc' } }), 'ad');
});

test('topk orders infinite values', () => {
  const items = [{ d: 1 }, { d: Infinity }, { d: -Infinity }, { d: Infinity }];
  assert.equal(reducePartials({ topk: { by: 'd', k: 2, order: 'asc' } }, [items], {}), [{ d: -Infinity }, { d: 1 }]);
});

test('no partials give the empty answer', () => {
  assert.equal(reducePartials('concat', [], {}), []);
  assert.equal(reducePartials('sum', [], {}), 0);
  assert.equal(reducePartials('merge', [], {}), {});
  assert.equal(reducePartials({ topk: { by: 'score', k: 3 } }, [], {}), []);
});

test('a function sees partials and request', () => {
  assert.equal(
    reducePartials((partials, request) => [partials.length, request], ['a', 'b'], { k: 1 }),
    [2, { k: 1 }],
  );
});

test('partials are not changed', () => {
  const partials = Object.freeze([Object.freeze([{ s: 1 }]), Object.freeze([{ s: 2 }])]);
  reducePartials({ topk: { by: 's' } }, partials, {});
  reducePartials('concat', partials, {});
});

test('a partial of the wrong shape fails the actor and says what was expected', () => {
  const wrong: readonly (readonly [ReducerSpec, readonly unknown[], string])[] = [
    ['concat', [[], 'a'], 'reducer `concat` expected a list, partial 1 has string'],
    ['merge', [{}, null], 'reducer `merge` expected an object, partial 1 has null'],
    ['merge', [[]], 'reducer `merge` expected an object, partial 0 has list'],
    ['sum', [1, { a: 1 }], 'reducer `sum` expected a number, or objects of numbers throughout, partial 1 has object'],
    ['sum', [{ a: 1 }, 1], 'reducer `sum` expected an object of numbers, partial 1 has number'],
    ['sum', [{ a: '1' }], 'reducer `sum` expected a number in field `a`, partial 0 has string'],
    [{ topk: { by: 's' } }, [{}], 'reducer `topk` expected a list, partial 0 has object'],
    [
      { topk: { by: 's' } },
      [[], [{ s: '1' }]],
      'reducer `topk` expected a number in field `s` of each item, partial 1 has string',
    ],
    [
      { topk: { by: 's' } },
      [[{ s: Number.NaN }]],
      'reducer `topk` expected a number in field `s` of each item, partial 0 has number',
    ],
  ];
  for (const [spec, partials, message] of wrong) {
    assert.throws(
      () => reducePartials(spec, partials, {}),
      (error: unknown) => isCoppiceError(error, 'ACTOR_FAILED') && error.message === message,
      message,
    );
  }
});

test('a function that throws fails the actor, unless it names its failure', () => {
  const failing =
    (failure: Error): ReducerSpec =>
    () => {
      throw failure;
    };
  const cause = new TypeError('no such field');
  assert.throws(
    () => reducePartials(failing(cause), [], {}),
    (error: unknown) => isCoppiceError(error, 'ACTOR_FAILED') && error.cause === cause,
  );
  assert.throws(
    () => reducePartials(failing(new CoppiceError('NOT_FOUND', 'no whale')), [], {}),
    (error: unknown) => isCoppiceError(error, 'NOT_FOUND'),
  );
});

test('a reducer is known by its shape', () => {
  for (const spec of [
    'concat',
    'sum',
    'merge',
    { topk: { by: 'a.b' } },
    { topk: { by: 'a', k: 1, order: 'asc' } },
    () => 1,
  ]) {
    assert.is(reducerIssue(spec), undefined);
  }
  for (const spec of [
    'toString',
    1,
    null,
    {},
    { topk: {} },
    { topk: { by: '' } },
    { topk: { by: 'a', k: 0 } },
    { topk: { by: 'a', order: 'up' } },
  ]) {
    assert.type(reducerIssue(spec), 'string');
  }
});

test.run();
