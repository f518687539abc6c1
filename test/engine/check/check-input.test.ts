/** What the engine refuses before it touches anything. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEngine, type EngineDocument, type EngineSearch } from '../../../src/engine/index.ts';
import { isCoppiceError } from '../../../src/errors.ts';

const test = suite('engine/check/check-input');

const schema = { n: 'long' } as const;

function document(changes: object): EngineDocument {
  const plain = { id: '1', source: { n: 5 }, fields: { n: [5] }, version: 1, seqNo: 0, primaryTerm: 1, position: 0 };
  return Object.assign(plain, changes);
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

test('a document that cannot be told from others changes nothing', () => {
  const engine = createEngine({ schema });
  engine.put(document({}));
  for (const [changes, reason] of [
    [{ id: 5 }, 'id of a document must be a string'],
    [{ position: Number.NaN }, 'position must be a number'],
    [{ version: undefined }, 'version must be a number'],
  ] as const)
    assert.match(
      refusal(() => engine.put(document(changes))),
      `BAD_REQUEST`,
      reason,
    );
  assert.equal(engine.get('1')?.source, { n: 5 });
  assert.is(engine.stats().docCount, 1);
  engine.close();
});

test('a source may come as JSON, which must be a string', () => {
  const engine = createEngine({ schema });
  engine.put(document({ source: undefined, sourceJson: '{"n": 6}' }));
  assert.equal(engine.get('1')?.source, { n: 6 });
  assert.match(
    refusal(() => engine.put(document({ sourceJson: { n: 7 } }))),
    'BAD_REQUEST document `1`: sourceJson must be a string',
  );
  assert.equal(engine.get('1')?.source, { n: 6 });
  engine.commit();
  assert.equal(engine.get('1')?.source, { n: 6 });
  engine.close();
});

test('limits, sorts and places to begin that cannot be are refused', () => {
  const engine = createEngine({ schema });
  engine.put(document({}));
  const sort = [{ field: 'n', order: 'asc' }] as const;
  const search = (changes: object): string => {
    const plain: EngineSearch = { query: { kind: 'matchAll' }, limit: 3 };
    return refusal(() => engine.search(Object.assign(plain, changes)));
  };
  for (const limit of [-1, 1.5, Number.NaN])
    assert.match(search({ limit }), 'search.limit must be a whole number from 0');
  assert.match(search({ limit: undefined }), 'search.limit is missing');
  assert.match(search({ sort: [] }), 'search.sort must be a list of 1 or more');
  assert.match(search({ sort: [{ field: 'n', order: 'up' }] }), 'search.sort[0].order must be asc or desc, got "up"');
  for (const searchAfter of [[], [1, 2], 5])
    assert.match(search({ sort, searchAfter }), 'searchAfter must have 1 values');
  assert.match(search({ searchAfter: ['x'] }), 'searchAfter for `_score`');
  assert.match(search({ sort, searchAfter: [Number.NaN] }), 'searchAfter for `n`');
  assert.is(search({ sort, searchAfter: [null] }), 'not refused');
  assert.is(search({ limit: 0 }), 'not refused');
  engine.close();
});

test.run();
