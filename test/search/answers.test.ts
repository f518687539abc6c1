import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CoppiceError } from '../../src/errors.ts';
import {
  bulkAnswer,
  bulkError,
  bulkItem,
  errorAnswer,
  getAnswer,
  getStatus,
  multiGetDocument,
  writeAnswer,
  writeStatus,
} from '../../src/search/answers.ts';
import type { WriteResult } from '../../src/search/write.ts';

const test = suite('search/answers');

const CREATED: WriteResult = { _id: '1', _version: 1, _seq_no: 0, _primary_term: 2, result: 'created' };
const CONFLICT = new CoppiceError('CONFLICT', '[1]: version conflict', { details: { id: '1' } });

test('a write answers as Elasticsearch does, with the token', () => {
  assert.equal(writeAnswer(CREATED, { index: 'books', copies: 2, token: { 0: 12 } }), {
    _index: 'books',
    _id: '1',
    _version: 1,
    result: 'created',
    _shards: { total: 2, successful: 1, failed: 0 },
    _seq_no: 0,
    _primary_term: 2,
    token: { 0: 12 },
  });
  const statuses = (['created', 'updated', 'deleted', 'noop', 'not_found'] as const).map((result) =>
    writeStatus({ result }),
  );
  assert.equal(statuses, [201, 200, 200, 200, 404]);
});

test('a bulk answer has an item for each operation, and says whether one failed', () => {
  const good = bulkItem('index', CREATED, { index: 'books', copies: 1 });
  const bad = bulkError('create', CONFLICT, { index: 'books', id: '1' });
  assert.is(good.index?.['status'], 201);
  assert.equal(bad, {
    create: {
      _index: 'books',
      _id: '1',
      status: 409,
      error: { id: '1', type: 'version_conflict_engine_exception', reason: '[1]: version conflict' },
    },
  });
  assert.equal(bulkAnswer([good], { tookMs: 3 }), { took: 3, errors: false, items: [good] });
  assert.equal(bulkAnswer([good, bad], { tookMs: 3, token: { 0: 1 } }), {
    took: 3,
    errors: true,
    items: [good, bad],
    token: { 0: 1 },
  });
});

test('a document is answered found, not found, or with the error of its shard', () => {
  const missing = { _id: '1', found: false };
  assert.equal(getAnswer(missing, 'books'), { _index: 'books', _id: '1', found: false });
  assert.is(getStatus(missing), 404);
  assert.is(getStatus({ _id: '1', found: true }), 200);
  assert.equal(multiGetDocument({ id: '1', index: 'books' }, CONFLICT), {
    _index: 'books',
    _id: '1',
    error: { id: '1', type: 'version_conflict_engine_exception', reason: '[1]: version conflict' },
  });
});

test('an error is answered with type, reason and status', () => {
  assert.equal(errorAnswer(new CoppiceError('PARSING_FAILED', 'query: x')), {
    error: { type: 'parsing_exception', reason: 'query: x' },
    status: 400,
  });
});

test.run();
