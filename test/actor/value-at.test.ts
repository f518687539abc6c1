import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { valueAt } from '../../src/actor/value-at.ts';
import { isCoppiceError } from '../../src/errors.ts';

const test = suite('actor/value-at');

test('a key is found by its path and written out', () => {
  assert.is(valueAt({ id: 'a' }, 'id'), 'a');
  assert.is(valueAt({ user: { id: 7 } }, 'user.id'), '7');
  assert.is(valueAt({ user: { admin: false } }, 'user.admin'), 'false');
  assert.is(valueAt({ id: '' }, 'id'), '');
});

test('a body without a key at the path is refused by name of the path', () => {
  const bodies = [
    undefined,
    null,
    'user',
    7,
    [],
    { user: null },
    { user: {} },
    { user: { id: null } },
    { 'user.id': 'a' },
  ];
  for (const body of bodies)
    assert.throws(() => valueAt(body, 'user.id'), badRequest('the body has no `user.id`, by which it is routed'));
  assert.throws(() => valueAt({}, 'constructor'), badRequest('the body has no `constructor`, by which it is routed'));
});

test('what cannot be a key is refused with its shape', () => {
  for (const [id, shape] of [
    [{}, 'object'],
    [[1], 'list'],
    [new Uint8Array(1), 'bytes'],
    [1n, 'bigint'],
  ] as const) {
    assert.throws(
      () => valueAt({ id }, 'id'),
      badRequest(`\`id\` routes the request and must be a string, number or boolean, got ${shape}`),
    );
  }
});

test.run();

function badRequest(message: string): (error: unknown) => boolean {
  return (error) => isCoppiceError(error, 'BAD_REQUEST') && error.message === message;
}
