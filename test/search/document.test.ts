import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDate } from '../../src/search/dates.ts';
import { checkId, checkSource, documentFields } from '../../src/search/document.ts';
import { parseMappings } from '../../src/search/parse-mappings.ts';
import { assertFault } from './faults.ts';

const test = suite('search/document');

const MAPPINGS = parseMappings(
  {
    dynamic: false,
    properties: {
      title: { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 5 } } },
      tag: { type: 'keyword' },
      age: { type: 'long' },
      small: { type: 'byte' },
      price: { type: 'double' },
      open: { type: 'boolean' },
      at: { type: 'date' },
      author: { properties: { name: { type: 'keyword' } } },
    },
  },
  'mappings',
);

const fields = (document: unknown): unknown => documentFields(MAPPINGS, document);

test('values become those of their field', () => {
  const table: readonly (readonly [unknown, unknown])[] = [
    [{ age: 5 }, { age: [5] }],
    [{ age: '5' }, { age: [5] }],
    [{ age: 5.7 }, { age: [5] }],
    [{ age: '-5.7' }, { age: [-5] }],
    [{ age: '' }, {}],
    [{ price: '1.5e3' }, { price: [1500] }],
    [{ open: 'true' }, { open: [true] }],
    [{ open: '' }, { open: [false] }],
    [{ tag: 5 }, { tag: ['5'] }],
    [{ tag: false }, { tag: ['false'] }],
    [{ at: '2024-02-29T12:00:00+02:00' }, { at: [1709200800000] }],
    [{ at: 1709200800000 }, { at: [1709200800000] }],
    [{ at: '1709200800000' }, { at: [1709200800000] }],
    [{ title: 'short' }, { title: ['short'], 'title.keyword': ['short'] }],
    [{ title: 'longer' }, { title: ['longer'] }],
    [{ tag: ['a', null, ['b', 'c']] }, { tag: ['a', 'b', 'c'] }],
    [{ author: [{ name: 'x' }, { name: 'y', other: 1 }] }, { 'author.name': ['x', 'y'] }],
    [{ 'author.name': 'x' }, { 'author.name': ['x'] }],
    [{ unknown: { deep: 1 }, constructor: 1, toString: 2 }, {}],
    [{ age: null }, {}],
  ];
  for (const [document, expected] of table) assert.equal(fields(document), expected, JSON.stringify(document));
});

test('a value that does not fit says field, type and value', () => {
  const table: readonly (readonly [unknown, string])[] = [
    [{ age: 'abc' }, 'failed to parse field [age] of type [long]: got "abc"'],
    [{ age: true }, 'failed to parse field [age] of type [long]: got true'],
    [{ age: 1e17 }, 'failed to parse field [age] of type [long]: got 100000000000000000'],
    [{ age: { x: 1 } }, 'failed to parse field [age] of type [long]: got an object'],
    [{ age: '0x10' }, 'failed to parse field [age] of type [long]: got "0x10"'],
    [{ small: 128 }, 'failed to parse field [small] of type [byte]: got 128'],
    [{ price: 'cheap' }, 'failed to parse field [price] of type [double]: got "cheap"'],
    [{ open: 'yes' }, 'failed to parse field [open] of type [boolean]: got "yes"'],
    [{ at: '2024-02-30' }, 'failed to parse field [at] of type [date]: got "2024-02-30"'],
    [{ at: 'now' }, 'failed to parse field [at] of type [date]: got "now"'],
    [{ author: 5 }, 'object mapping for [author] tried to parse field [author] as object, but found a concrete value'],
  ];
  for (const [document, message] of table) assertFault(() => fields(document), 'MAPPING_FAILED', message);
  assertFault(() => fields({ tag: 'x'.repeat(40_000) }), 'MAPPING_FAILED', /40000 characters, at most 32766/);
});

test('dates are read with optional parts, and rounded where a range needs it', () => {
  const iso = (value: unknown, rounding?: 'up'): string | undefined => {
    const millis = parseDate(value, rounding);
    return millis === undefined ? undefined : new Date(millis).toISOString();
  };
  assert.is(iso('2024'), '2024-01-01T00:00:00.000Z');
  assert.is(iso('2024-05'), '2024-05-01T00:00:00.000Z');
  assert.is(iso('2024-05-06T07'), '2024-05-06T07:00:00.000Z');
  assert.is(iso('2024-05-06T07:08:09.123456789Z'), '2024-05-06T07:08:09.123Z');
  assert.is(iso('2024-05-06T07:08-0330'), '2024-05-06T10:38:00.000Z');
  assert.is(iso('2024-05-06', 'up'), '2024-05-06T23:59:59.999Z');
  assert.is(iso('2024-05-06T07', 'up'), '2024-05-06T07:59:59.999Z');
  assert.is(iso('0001-01-01'), '0001-01-01T00:00:00.000Z');
  assert.is(iso('1600-02-29'), '1600-02-29T00:00:00.000Z');
  assert.is(iso(-1.5), '1969-12-31T23:59:59.999Z');
  for (const bad of [
    '2023-02-29',
    '1900-02-29',
    '2024-13-01',
    '2024-00-01',
    '2024-1-1',
    '2024-05-06T24:00',
    '2024-05-06 07:00',
    '',
    ' ',
    'x',
    '1e3',
    null,
    true,
    9e15,
  ]) {
    assert.is(parseDate(bad), undefined, String(bad));
  }
});

test('what is no document is refused before anything looks at it', () => {
  const deep = JSON.parse('{"a":'.repeat(70) + '1' + '}'.repeat(70)) as unknown;
  const table: readonly (readonly [unknown, string | RegExp])[] = [
    [[], 'failed to parse: a document must be an object, got a list'],
    ['x', 'failed to parse: a document must be an object, got "x"'],
    [undefined, 'failed to parse: a document must be an object, got nothing'],
    [{ _id: 'x' }, 'field [_id] is a metadata field and cannot be added inside a document'],
    [JSON.parse('{"a":[{"__proto__":1}]}'), 'field name [__proto__] is not allowed'],
    [{ a: new Uint8Array(2) }, 'failed to parse field [a]: got a value that JSON cannot express'],
    [{ a: { b: Number.NaN } }, 'failed to parse field [a.b]: got NaN'],
    [deep, /nests deeper than 64 levels/],
  ];
  for (const [document, message] of table) assertFault(() => checkSource(document), 'MAPPING_FAILED', message);
  assert.equal(checkSource({ a: [{ b: null }] }), { a: [{ b: null }] });
});

test('ids are strings of 1 to 512 bytes', () => {
  assert.is(checkId('é'), 'é');
  assert.is(checkId(7), '7');
  assertFault(() => checkId(''), 'BAD_REQUEST', /must not be empty/);
  assertFault(
    () => checkId('é'.repeat(257)),
    'BAD_REQUEST',
    'id is too long, must be no longer than 512 bytes but was: 514',
  );
  assertFault(() => checkId('a\ud800'), 'BAD_REQUEST', 'an id must be valid Unicode');
  assert.is(checkId('🐋'), '🐋');
  assertFault(() => checkId({}), 'BAD_REQUEST', 'an id must be a string, got an object');
});

test.run();
