import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bulkError } from '../../../src/search/answers.ts';
import { parseBulk } from '../../../src/search/request/bulk-request.ts';
import { parseGet, parseMultiGet } from '../../../src/search/request/read-request.ts';
import { completeWrite, parseWrite } from '../../../src/search/request/write-request.ts';
import { assertFault } from '../faults.ts';

const test = suite('search/request/write-request');

test('single writes are read', () => {
  assert.equal(parseWrite('index', { id: '1', doc: { a: 1 } }), { draft: { op: 'index', id: '1', doc: { a: 1 } } });
  assert.equal(parseWrite('index', { doc: {}, op_type: 'create', refresh: 'wait_for', timeout: '1s' }), {
    draft: { op: 'create', doc: {} },
    timeoutMs: 1000,
  });
  assert.equal(parseWrite('delete', { _id: 7, if_seq_no: 3, if_primary_term: 1, routing: 'r' }), {
    draft: { op: 'delete', id: '7', routing: 'r', ifSeqNo: 3, ifPrimaryTerm: 1 },
  });
  assert.equal(
    parseWrite('update', { id: '1', doc: { a: 1 }, doc_as_upsert: true, detect_noop: false, _source: true }),
    {
      draft: { op: 'update', id: '1', doc: { a: 1 }, docAsUpsert: true, detectNoop: false },
      source: { enabled: true },
    },
  );
  assert.equal(parseWrite('update', { id: '1', upsert: { a: 1 } }).draft, {
    op: 'update',
    id: '1',
    doc: {},
    upsert: { a: 1 },
  });
});

test('external versions are read, and what does not go with them is refused', () => {
  const external = (version: number, orEqual: boolean) => ({ version, orEqual });
  const indexed = parseWrite('index', { id: '1', doc: {}, version: 7, version_type: 'external' });
  assert.equal(indexed.draft.external, external(7, false));
  assert.equal(
    parseWrite('delete', { id: '1', version: 0, version_type: 'external_gte' }).draft.external,
    external(0, true),
  );
  assert.equal(
    parseWrite('delete', { id: '1', version: 5, version_type: 'external_gt' }).draft.external,
    external(5, false),
  );
  assert.is(parseWrite('index', { doc: {}, version_type: 'internal' }).draft.external, undefined);
  const refused: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ version: 3 }, /^internal versioning can not be used for optimistic concurrency control/],
    [{ version_type: 'external' }, /^version type \[external\] needs a version$/],
    [
      { version: 1, version_type: 'external', op_type: 'create' },
      /^create operations only support internal versioning/,
    ],
    [
      { version: 1, version_type: 'external', if_seq_no: 1, if_primary_term: 1 },
      /^compare and write operations can not use versioning$/,
    ],
    [{ version: -1, version_type: 'external' }, /^version: expected an integer/],
    [{ version: 2 ** 53, version_type: 'external' }, /^version: expected an integer/],
    [{ version: 1, version_type: 'force' }, /^version_type: expected one of/],
  ];
  for (const [body, reason] of refused) assert.throws(() => parseWrite('index', { id: '1', doc: {}, ...body }), reason);
  assert.throws(
    () => parseWrite('update', { id: '1', doc: {}, version: 1, version_type: 'external' }),
    /\[version\] is not supported/,
  );
  const { items } = parseBulk(
    {
      operations: [
        { index: { _id: '1', version: 4, version_type: 'external' } },
        { a: 1 },
        { update: { _id: '2', version: 4, version_type: 'external' } },
        { doc: {} },
        { delete: { _id: '3', version: 4 } },
      ],
    },
    'books',
  );
  const [first, second, third] = items;
  assert.equal(first !== undefined && 'draft' in first && first.draft.external, external(4, false));
  assert.match(
    second !== undefined && 'error' in second ? second.error.message : '',
    /update operations do not support versioning/,
  );
  assert.match(
    third !== undefined && 'error' in third ? third.error.message : '',
    /operations\[4\]\.delete: internal versioning/,
  );
});

test('id and routing are filled in where they are missing', () => {
  assert.equal(
    completeWrite({ op: 'index', doc: {} }, () => 'new'),
    { op: 'index', doc: {}, id: 'new', routing: 'new' },
  );
  assert.equal(
    completeWrite({ op: 'index', id: 'a', routing: 'b', doc: {} }, () => 'new'),
    { op: 'index', doc: {}, id: 'a', routing: 'b' },
  );
});

test('a wrong write says where and what', () => {
  assertFault(() => parseWrite('index', {}), 'PARSING_FAILED', 'doc: expected a document, got nothing');
  assertFault(
    () => parseWrite('index', { doc: [] }),
    'MAPPING_FAILED',
    'failed to parse: a document must be an object, got a list',
  );
  assertFault(() => parseWrite('index', { dok: {} }), 'PARSING_FAILED', 'body: unknown key [dok], did you mean [doc]?');
  assertFault(
    () => parseWrite('index', { doc: {}, if_seq_no: 1 }),
    'BAD_REQUEST',
    'if_seq_no and if_primary_term go together, got only [if_seq_no]',
  );
  assertFault(
    () => parseWrite('index', { doc: {}, id: '' }),
    'BAD_REQUEST',
    'if an id is specified it must not be empty',
  );
  assertFault(
    () => parseWrite('index', { doc: {}, op_type: 'upsert' }),
    'PARSING_FAILED',
    'op_type: expected one of [index, create], got "upsert"',
  );
  assertFault(
    () => parseWrite('index', { doc: {}, refresh: 'maybe' }),
    'PARSING_FAILED',
    'refresh: expected true or false, got "maybe"',
  );
  assertFault(() => parseWrite('delete', {}), 'PARSING_FAILED', 'id: expected the id of a document, got nothing');
  assertFault(
    () => parseWrite('update', { id: '1' }),
    'PARSING_FAILED',
    'doc: expected a partial document, got nothing',
  );
  assertFault(
    () => parseWrite('update', { id: '1', script: 'x' }),
    'PARSING_FAILED',
    'body: key [script] is not supported by this version',
  );
});

test('a bulk body is divided into operations', () => {
  const operations = [
    { index: { _id: '1' } },
    { a: 1 },
    { delete: { _id: 2, routing: 'r' } },
    { update: { _id: '3', if_seq_no: 1, if_primary_term: 1, retry_on_conflict: 3 } },
    { doc: { a: 2 }, doc_as_upsert: true },
    { create: { _index: 'books' } },
    { a: 3 },
  ];
  assert.equal(parseBulk({ operations, timeout: '2s' }, 'books'), {
    items: [
      { op: 'index', index: 'books', id: '1', draft: { op: 'index', id: '1', doc: { a: 1 } } },
      { op: 'delete', index: 'books', id: '2', draft: { op: 'delete', id: '2', routing: 'r' } },
      {
        op: 'update',
        index: 'books',
        id: '3',
        draft: { op: 'update', id: '3', ifSeqNo: 1, ifPrimaryTerm: 1, doc: { a: 2 }, docAsUpsert: true },
      },
      { op: 'create', index: 'books', draft: { op: 'create', doc: { a: 3 } } },
    ],
    timeoutMs: 2000,
  });
});

test('what is wrong with one operation is an error of its item', () => {
  const operations = [
    { index: { _id: '' } },
    {},
    { index: { _index: 'other', _id: '1' } },
    {},
    { create: {} },
    'x',
    { delete: {} },
    { index: {} },
    { ok: true },
  ];
  const { items } = parseBulk({ operations }, 'books');
  const shown = items.map((item) => ('error' in item ? bulkError(item.op, item.error, item) : item.draft));
  assert.equal(shown, [
    {
      index: {
        _index: 'books',
        _id: '',
        status: 400,
        error: { type: 'illegal_argument_exception', reason: 'if an id is specified it must not be empty' },
      },
    },
    {
      index: {
        _index: 'other',
        _id: '1',
        status: 400,
        error: {
          type: 'illegal_argument_exception',
          reason: 'operations[2]: [_index] names [other], but the request is for [books]',
        },
      },
    },
    {
      create: {
        _index: 'books',
        _id: null,
        status: 400,
        error: { type: 'document_parsing_exception', reason: 'failed to parse: a document must be an object, got "x"' },
      },
    },
    {
      delete: {
        _index: 'books',
        _id: null,
        status: 400,
        error: {
          path: 'operations[6].delete._id',
          expected: 'the id of a document',
          type: 'parsing_exception',
          reason: 'operations[6].delete._id: expected the id of a document, got nothing',
        },
      },
    },
    { op: 'index', doc: { ok: true } },
  ]);
});

test('a bulk that cannot be divided is refused as a whole', () => {
  const table: readonly (readonly [unknown, string | RegExp])[] = [
    [{}, 'operations: expected a list of action lines and documents, got nothing'],
    [{ operations: [] }, 'operations: expected at least one operation, got none'],
    [{ operations: [5] }, 'operations[0]: expected an action line such as {"index":{"_id":"1"}}, got 5'],
    [{ operations: [{ indx: {} }, {}] }, 'operations[0]: unknown action [indx], did you mean [index]?'],
    [{ operations: [{ index: {}, create: {} }, {}] }, 'operations[0]: expected one action, got [index] and [create]'],
    [{ operations: [{ index: { _idd: 1 } }, {}] }, 'operations[0].index: unknown key [_idd], did you mean [_id]?'],
    [
      { operations: [{ delete: { _id: '1' } }, { index: { _id: '1' } }] },
      'operations[1]: [index] is the last line, expected a document after it',
    ],
  ];
  for (const [body, message] of table) assertFault(() => parseBulk(body, 'books'), 'PARSING_FAILED', message);
  const [item] = parseBulk({ operations: [{ delete: { _id: '1' } }] }).items;
  assert.is(
    item !== undefined && 'error' in item ? item.error.message : '',
    'operations[0]: an index is missing: give [_index]',
  );
});

test('reads by id are read', () => {
  assert.equal(parseGet({ id: '1', _source: 'a', after: { 0: 1 } }), {
    id: '1',
    routing: '1',
    source: { enabled: true, includes: ['a'] },
    after: { 0: 1 },
  });
  assert.equal(parseMultiGet({ ids: ['1', 2], _source: false }, 'books').items, [
    { id: '1', index: 'books', routing: '1', source: { enabled: false } },
    { id: '2', index: 'books', routing: '2', source: { enabled: false } },
  ]);
  assert.equal(parseMultiGet({ docs: [{ _id: '1', _index: 'books', routing: 'r', _source_includes: 'a,b' }] }).items, [
    { id: '1', index: 'books', routing: 'r', source: { enabled: true, includes: ['a', 'b'] } },
  ]);
  assertFault(() => parseGet({}), 'PARSING_FAILED', 'id: expected the id of a document, got nothing');
  assertFault(() => parseMultiGet({}, 'books'), 'PARSING_FAILED', 'body: expected [ids] or [docs]');
  assertFault(
    () => parseMultiGet({ docs: [{ _id: '1', _index: 'x' }] }, 'books'),
    'BAD_REQUEST',
    'docs[0]: [_index] names [x], but the request is for [books]',
  );
});

test.run();
