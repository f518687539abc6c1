import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DYNAMIC_STRING, inferMappings } from '../../src/search/infer-mappings.ts';
import {
  EMPTY_MAPPINGS,
  leafAt,
  type Mappings,
  mergeMappings,
  missingMappings,
  schemaOf,
} from '../../src/search/mapping.ts';
import { mappingToJson, parseMappings } from '../../src/search/parse-mappings.ts';
import { assertFault } from './faults.ts';

const test = suite('search/mapping');

const BOOKS = {
  properties: {
    title: { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } },
    year: { type: 'integer' },
    author: { properties: { name: { type: 'keyword' }, born: { type: 'date' } } },
    open: { type: 'boolean' },
  },
};

const parse = (json: unknown): Mappings => parseMappings(json, 'mappings');

test('mappings survive the way to fields and back', () => {
  assert.equal(mappingToJson(parse(BOOKS)), BOOKS);
  assert.equal(mappingToJson(parse({ dynamic: 'strict', date_detection: false, properties: {} })), {
    dynamic: 'strict',
    date_detection: false,
    properties: {},
  });
  assert.equal(mappingToJson(EMPTY_MAPPINGS), { properties: {} });
});

test('a dotted name is an inner object', () => {
  assert.equal(
    mappingToJson(parse({ properties: { 'a.b': { type: 'long' }, a: { properties: { c: { type: 'date' } } } } })),
    {
      properties: { a: { properties: { b: { type: 'long' }, c: { type: 'date' } } } },
    },
  );
});

test('the schema has fields and sub-fields by the type they are indexed as', () => {
  assert.equal(schemaOf(parse(BOOKS)), {
    title: 'text',
    'title.keyword': 'keyword',
    year: 'long',
    'author.name': 'keyword',
    'author.born': 'date',
    open: 'boolean',
  });
});

test('a leaf is found by its path, an inherited name is not', () => {
  const mappings = parse(BOOKS);
  assert.equal(leafAt(mappings, 'title.keyword'), { type: 'keyword', ignoreAbove: 256 });
  for (const path of ['author', 'title.other', 'constructor', '__proto__', 'title.constructor', 'nothing', '']) {
    assert.is(leafAt(mappings, path), undefined, path);
  }
});

test('wrong mappings are refused by name', () => {
  const table: readonly (readonly [unknown, string, string | RegExp])[] = [
    [7, 'PARSING_FAILED', 'mappings: expected an object, got 7'],
    [{ propertys: {} }, 'PARSING_FAILED', 'mappings: unknown key [propertys], did you mean [properties]?'],
    [{ dynamic: 'maybe' }, 'PARSING_FAILED', 'mappings.dynamic: expected true, false or "strict", got "maybe"'],
    [
      { properties: { a: 'text' } },
      'PARSING_FAILED',
      'mappings.properties.a: expected an object with a type or properties, got "text"',
    ],
    [
      { properties: { a: { type: 'txt' } } },
      'MAPPING_FAILED',
      'mappings.properties.a: unknown type [txt], did you mean [text]?',
    ],
    [
      { properties: { a: { type: 'geo_point' } } },
      'MAPPING_FAILED',
      'mappings.properties.a: type [geo_point] is not supported by this version',
    ],
    [
      { properties: { a: { type: 'text', norms: false } } },
      'PARSING_FAILED',
      'mappings.properties.a: key [norms] is not supported by this version',
    ],
    [
      { properties: { a: { type: 'keyword', analyzer: 'english' } } },
      'PARSING_FAILED',
      /^mappings\.properties\.a: unknown key \[analyzer\]/,
    ],
    [
      { properties: { a: { type: 'text', search_analyzer: 'english' } } },
      'PARSING_FAILED',
      'mappings.properties.a.search_analyzer: needs [analyzer] beside it',
    ],
    [
      { properties: { a: { type: 'text', index_options: 'docs' } } },
      'PARSING_FAILED',
      'mappings.properties.a.index_options: expected one of [positions, offsets], got "docs"',
    ],
    [
      { properties: { a: { type: 'long', null_value: 'x' } } },
      'PARSING_FAILED',
      'mappings.properties.a.null_value: expected a value of the type [long], got "x"',
    ],
    [
      { properties: { a: { type: 'date', format: 'yyyy' } } },
      'PARSING_FAILED',
      /^mappings\.properties\.a\.format: expected "strict_date/,
    ],
    [{ properties: { a: { type: 'long', ignore_above: 3 } } }, 'PARSING_FAILED', /unknown key \[ignore_above\]/],
    [{ properties: { ' ': { type: 'text' } } }, 'MAPPING_FAILED', 'field name cannot be empty or only whitespace: [ ]'],
    [
      JSON.parse('{"properties":{"__proto__":{"type":"text"}}}'),
      'MAPPING_FAILED',
      'field name [__proto__] is not allowed',
    ],
    [{ properties: { a: { type: 'text' }, 'a.b': { type: 'text' } } }, 'MAPPING_FAILED', 'field [a] is mapped twice'],
    [
      { properties: { a: { type: 'text', fields: { 'b.c': { type: 'keyword' } } } } },
      'MAPPING_FAILED',
      'sub-field name [b.c] cannot have a dot',
    ],
    [
      { properties: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`f${i}`, { type: 'long' }])) },
      'MAPPING_FAILED',
      /^limit of total fields \[1000\]/,
    ],
    [{ properties: { ['a.'.repeat(20) + 'a']: { type: 'long' } } }, 'MAPPING_FAILED', /^limit of mapping depth \[20\]/],
  ];
  for (const [json, code, message] of table) assertFault(() => parse(json), code, message);
});

test('merging adds fields and sub-fields, and keeps what was set', () => {
  const base = parse({ dynamic: 'strict', properties: { title: { type: 'text' } } });
  const merged = mergeMappings(
    base,
    parse({ properties: { title: { type: 'text', fields: { raw: { type: 'keyword' } } }, year: { type: 'long' } } }),
  );
  assert.equal(mappingToJson(merged), {
    dynamic: 'strict',
    properties: { title: { type: 'text', fields: { raw: { type: 'keyword' } } }, year: { type: 'long' } },
  });
  assert.equal(missingMappings(base, merged), {
    fields: { title: { type: 'text', fields: { raw: { type: 'keyword' } } }, year: { type: 'long' } },
  });
  assert.is(missingMappings(merged, base), undefined);
});

test('a field never changes its type', () => {
  const base = parse(BOOKS);
  const change = (properties: unknown) => () => mergeMappings(base, parse({ properties }));
  assertFault(
    change({ year: { type: 'long' } }),
    'BAD_REQUEST',
    'mapper [year] cannot be changed from type [integer] to [long]',
  );
  assertFault(
    change({ author: { type: 'text' } }),
    'BAD_REQUEST',
    'mapper [author] cannot be changed from type [object] to [text]',
  );
  assertFault(
    change({ title: { properties: {} } }),
    'BAD_REQUEST',
    'mapper [title] cannot be changed from type [text] to [object]',
  );
  assertFault(
    change({ title: { type: 'text', fields: { keyword: { type: 'keyword' } } } }),
    'BAD_REQUEST',
    /ignore_above/,
  );
});

test('a document adds the fields that are missing, and nothing else', () => {
  const added = inferMappings(parse(BOOKS), {
    title: 'x',
    year: 3,
    text: 'a whale',
    when: '2024-05-01T10:00:00Z',
    notWhen: '2024',
    count: 5,
    price: 5.5,
    mixed: [1, 2.5],
    open: true,
    shut: false,
    nothing: null,
    empty: [],
    author: { name: 'm', age: 7, home: { city: 'n' } },
    'a.b': [{ c: 1 }, { d: 'x' }],
  });
  assert.equal(added?.fields, {
    text: DYNAMIC_STRING,
    when: { type: 'date' },
    notWhen: DYNAMIC_STRING,
    count: { type: 'long' },
    price: { type: 'double' },
    mixed: { type: 'double' },
    shut: { type: 'boolean' },
    'author.age': { type: 'long' },
    'author.home': { type: 'object' },
    'author.home.city': DYNAMIC_STRING,
    a: { type: 'object' },
    'a.b': { type: 'object' },
    'a.b.c': { type: 'long' },
    'a.b.d': DYNAMIC_STRING,
  });
  assert.is(
    inferMappings(mergeMappings(parse(BOOKS), added ?? EMPTY_MAPPINGS), { text: 'y', 'a.b': { c: 3 } }),
    undefined,
  );
});

test('without date detection a date is text', () => {
  assert.equal(inferMappings(parse({ date_detection: false }), { at: '2024-05-01' })?.fields, { at: DYNAMIC_STRING });
});

test('closed mappings take no new field', () => {
  assert.is(inferMappings(parse({ ...BOOKS, dynamic: false }), { other: 1, deep: { x: 1 }, 'a.b': 1 }), undefined);
  const strict = parse({ ...BOOKS, dynamic: 'strict' });
  assert.is(inferMappings(strict, { title: 'x', author: { name: 'y' } }), undefined);
  assertFault(
    () => inferMappings(strict, { author: { x: 1 } }),
    'MAPPING_FAILED',
    'mapping set to strict, dynamic introduction of [author.x] within [_doc] is not allowed',
  );
});

test('a document that contradicts the mappings, or has too much, is refused', () => {
  const mappings = parse(BOOKS);
  const wide = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`f${i}`, 'x']));
  const deep = JSON.parse('{"a":'.repeat(25) + '1' + '}'.repeat(25)) as unknown;
  const table: readonly (readonly [unknown, string | RegExp])[] = [
    [
      { author: 'me' },
      'object mapping for [author] tried to parse field [author] as object, but found a concrete value',
    ],
    [{ title: { x: 1 } }, 'failed to parse field [title] of type [text]: got an object'],
    [{ new: [1, { x: 2 }] }, 'failed to parse field [new] of type [long]: got an object'],
    [{ new: [{ x: 2 }, 1] }, /^object mapping for \[new\]/],
    [{ 'a..b': 1 }, 'field name cannot be empty or only whitespace: [a..b]'],
    [{ '': 1 }, /cannot be empty/],
    [wide, /^limit of total fields \[1000\]/],
    [deep, /^limit of mapping depth \[20\]/],
    [[], /a document must be an object/],
  ];
  for (const [document, message] of table)
    assertFault(() => inferMappings(mappings, document), 'MAPPING_FAILED', message);
});

test.run();
