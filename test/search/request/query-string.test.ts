/** `query_string`: Lucene's syntax against the same queries in JSON, and what is wrong with what is none. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CoppiceError } from '../../../src/errors.ts';
import { parseQuery } from '../../../src/search/request/parse-query.ts';
import type { QueryNode } from '../../../src/search/request/query-node.ts';
import { Seeded } from '../../support/seeded.ts';
import { assertFault } from '../faults.ts';

const test = suite('search/request/query-string');

const parse = (query: string, options: object = {}): QueryNode =>
  parseQuery({ query_string: { query, default_field: 'f', ...options } }, 'query');

const word = (value: string, more: object = {}): object => ({
  kind: 'match',
  field: 'f',
  value,
  operator: 'or',
  ...more,
});
const bool = (clauses: object): object => ({ kind: 'bool', must: [], should: [], filter: [], mustNot: [], ...clauses });
const FUZZY = { fuzziness: { low: 3, high: 6 } };

const CASES: readonly (readonly [query: string, expected: object])[] = [
  ['', { kind: 'matchNone' }],
  ['  \t', { kind: 'matchNone' }],
  ['whale', word('whale')],
  ['(whale)', word('whale')],
  ['white whale', bool({ should: [word('white'), word('whale')] })],
  ['white OR whale', bool({ should: [word('white'), word('whale')] })],
  ['white || whale', bool({ should: [word('white'), word('whale')] })],
  ['white AND whale', bool({ must: [word('white'), word('whale')] })],
  ['white && whale', bool({ must: [word('white'), word('whale')] })],
  ['a AND b OR c', bool({ must: [word('a'), word('b')], should: [word('c')] })],
  ['a OR b AND c', bool({ must: [word('b'), word('c')], should: [word('a')] })],
  ['+a -b c', bool({ must: [word('a')], should: [word('c')], mustNot: [word('b')] })],
  ['a !b', bool({ should: [word('a')], mustNot: [word('b')] })],
  ['a AND NOT b', bool({ must: [word('a')], mustNot: [word('b')] })],
  ['-a', bool({ mustNot: [word('a')] })],
  ['NOT a', bool({ mustNot: [word('a')] })],
  ['a-b', word('a-b')],
  ['and or not to', bool({ should: ['and', 'or', 'not', 'to'].map((text) => word(text)) })],
  ['ANDY', word('ANDY')],
  ['(a b) AND c', bool({ must: [bool({ should: [word('a'), word('b')] }), word('c')] })],
  ['(a b)^2', bool({ should: [word('a'), word('b')], boost: 2 })],
  ['a^2.5', word('a', { boost: 2.5 })],
  ['title:whale', { ...word('whale'), field: 'title' }],
  ['title : whale', { ...word('whale'), field: 'title' }],
  [
    'title:(old +sea)',
    bool({ must: [{ ...word('sea'), field: 'title' }], should: [{ ...word('old'), field: 'title' }] }),
  ],
  ['a.b\\:c:x', { ...word('x'), field: 'a.b:c' }],
  ['"old man"', { kind: 'phrase', field: 'f', value: 'old man' }],
  ['"old \\" man"~3^2', { kind: 'phrase', field: 'f', value: 'old " man', slop: 3, boost: 2 }],
  ['quikc~', word('quikc', { fuzzy: FUZZY })],
  ['quikc~1', word('quikc', { fuzzy: { fuzziness: 1 } })],
  ['quikc~2^3', word('quikc', { fuzzy: { fuzziness: 2 }, boost: 3 })],
  ['qu?ck*', { kind: 'wildcard', field: 'f', value: 'qu?ck*' }],
  ['q\\*\\?\\(k*', { kind: 'wildcard', field: 'f', value: 'q\\*\\?(k*' }],
  ['q\\*k', word('q*k')],
  ['\\u0041b', word('Ab')],
  ['a\\ b', word('a b')],
  ['/jo?n(a|b)\\/c/', { kind: 'regexp', field: 'f', value: 'jo?n(a|b)/c' }],
  ['*', { kind: 'matchAll' }],
  ['*:*', { kind: 'matchAll' }],
  ['tag:*', { kind: 'exists', field: 'tag' }],
  ['_exists_:tag', { kind: 'exists', field: 'tag' }],
  ['year:[1900 TO 2000]', { kind: 'range', field: 'year', bounds: { gte: '1900', lte: '2000' } }],
  ['year:{1900 TO 2000]', { kind: 'range', field: 'year', bounds: { gt: '1900', lte: '2000' } }],
  ['year:[* TO 2000}^2', { kind: 'range', field: 'year', bounds: { lt: '2000' }, boost: 2 }],
  ['at:["2024-01-01" TO now-1d/d]', { kind: 'range', field: 'at', bounds: { gte: '2024-01-01', lte: 'now-1d/d' } }],
  ['year:>=1900', { kind: 'range', field: 'year', bounds: { gte: '1900' } }],
  [
    'year:(>1900 AND <=2000)',
    bool({
      must: [
        { kind: 'range', field: 'year', bounds: { gt: '1900' } },
        { kind: 'range', field: 'year', bounds: { lte: '2000' } },
      ],
    }),
  ],
];

for (const [query, expected] of CASES)
  test(`[${query}] is read`, () => {
    assert.equal(parse(query), expected);
  });

test('options reach what they are for', () => {
  const options = {
    default_operator: 'AND',
    analyzer: 'simple',
    lenient: true,
    phrase_slop: 4,
    fuzziness: 1,
    fuzzy_prefix_length: 2,
    boost: 3,
    _name: 'typed',
  };
  const common = { analyzer: 'simple', lenient: true };
  const fuzzy = { fuzziness: 1, prefixLength: 2 };
  assert.equal(
    parse('a b~ OR "c d"', options),
    bool({
      must: [word('a', { ...common, operator: 'and' })],
      should: [
        word('b', { ...common, operator: 'and', fuzzy }),
        { kind: 'phrase', field: 'f', value: 'c d', slop: 4, ...common },
      ],
      boost: 3,
      name: 'typed',
    }),
  );
});

test('several fields are searched together, runs of words at once', () => {
  const fields = [{ pattern: 'title', boost: 2 }, { pattern: 'b*' }];
  const inAll = (value: string, more: object = {}): object => ({
    kind: 'multiMatch',
    fields,
    value,
    type: 'best_fields',
    operator: 'or',
    ...more,
  });
  const several = (query: string, options: object = {}): QueryNode =>
    parseQuery({ query_string: { query, fields: ['title^2', 'b*'], ...options } }, 'query');
  assert.equal(several('old sea'), inAll('old sea'));
  assert.equal(several('old sea', { minimum_should_match: 2 }), inAll('old sea', { minimumShouldMatch: 2 }));
  assert.equal(several('old AND sea'), bool({ must: [inAll('old'), inAll('sea')] }));
  assert.equal(
    several('a b c AND d -e', { type: 'cross_fields' }),
    bool({
      must: [inAll('c', { type: 'cross_fields' }), inAll('d', { type: 'cross_fields' })],
      should: [inAll('a b', { type: 'cross_fields' })],
      mustNot: [inAll('e', { type: 'cross_fields' })],
    }),
  );
  assert.equal(several('"a b"'), { kind: 'multiMatch', fields, value: 'a b', type: 'phrase' });
  assert.equal(several('a*', { lenient: true }), {
    kind: 'anyField',
    fields,
    query: { kind: 'wildcard', field: '', value: 'a*' },
    lenient: true,
  });
  assert.equal(several('year:7 x y', {}), bool({ should: [{ ...word('7'), field: 'year' }, inAll('x y')] }));
  assert.equal(parseQuery({ query_string: { query: 'x' } }, 'query'), inAll('x', { fields: [] }));
});

const WRONG: readonly (readonly [query: string, message: string | RegExp])[] = [
  ['(a', '[)] is missing at character 2'],
  ['a)', 'unexpected [)] at character 1'],
  ['"a', '["] is not closed at character 0'],
  ['/a', '[/] is not closed, write [\\/] for a slash at character 0'],
  ['/(a/', /^query\.query_string\.query: regular expression \[\(a\]: \[\(\] is not closed at character 0$/],
  ['a AND', 'unexpected end at character 5'],
  ['AND a', 'unexpected [AND] at character 3'],
  ['+', 'unexpected end at character 1'],
  ['a (-)', 'unexpected [)] at character 4'],
  ['title:', 'nothing after [title:] at character 6'],
  ['a\\', 'nothing after [\\] at character 0'],
  ['a^', 'expected a number after [^], got [] at character 2'],
  ['a~3', 'expected 0, 1 or 2 edits after [~], got [3] at character 3'],
  ['"a b"~x', 'expected a whole number after [~], got [] at character 6'],
  ['[1 2]', '[TO] is missing in a range at character 3'],
  ['[1 TO', 'a bound of a range is missing at character 5'],
  ['[1 TO 2', 'the end of a range is missing, expected []] or [}] at character 7'],
  [']', 'unexpected []] at character 0'],
  ['a:b:c', 'unexpected [:] at character 3'],
];

for (const [query, message] of WRONG)
  test(`[${query}] is refused, and the place is named`, () => {
    assertFault(
      () => parse(query),
      'PARSING_FAILED',
      typeof message === 'string' ? `query.query_string.query: ${message}` : message,
    );
  });

test('wrong options are refused', () => {
  const refused = (options: object, message: string): void =>
    assertFault(() => parse('*a', options), 'PARSING_FAILED', `query.query_string${message}`);
  refused(
    { allow_leading_wildcard: false },
    '.query: [*a] begins with a wildcard, which [allow_leading_wildcard] forbids at character 2',
  );
  refused({ fields: ['a'] }, '.fields: takes [fields] or [default_field], not both');
  refused({ analyze_wildcard: true }, '.analyze_wildcard: is not supported by this version');
  refused({ quote_analyzer: 'x' }, ': key [quote_analyzer] is not supported by this version');
  refused({ defalt_operator: 'x' }, ': unknown key [defalt_operator], did you mean [default_operator]?');
});

test('groups and clauses are bounded with the whole body', () => {
  assert.not.throws(() => parse(`${'(a '.repeat(25)}b${')'.repeat(25)}`));
  assertFault(
    () => parse(`${'(a '.repeat(2000)}b${')'.repeat(2000)}`),
    'PARSING_FAILED',
    'query.query_string.query: groups nest deeper than 64 levels',
  );
  assertFault(() => parse('a '.repeat(1024)), 'PARSING_FAILED', /too many clauses, at most 1024 are allowed/);
  assertFault(() => parse('a'.repeat(40_000)), 'PARSING_FAILED', /expected a text of at most 32768 characters/);
});

test('random texts are queries or errors that name a place', () => {
  const chance = new Seeded(31);
  const seen = { read: 0, refused: 0 };
  for (let i = 0; i < 6000; i++) {
    const text = chance.list(chance.below(12), () => chance.pick(PIECES)).join('');
    try {
      parse(text);
      seen.read++;
    } catch (error) {
      assert.ok(
        error instanceof CoppiceError && error.code === 'PARSING_FAILED',
        `[${text}] ${String(error)}, seed 31`,
      );
      seen.refused++;
    }
  }
  assert.ok(seen.read > 600 && seen.refused > 600, JSON.stringify(seen));
});

const PIECES = [
  'a',
  'b ',
  ' AND ',
  ' OR ',
  'NOT ',
  '&&',
  '||',
  '+',
  '-',
  '!',
  '(',
  ')',
  '"',
  '~',
  '~1',
  '^',
  '^2',
  '*',
  '?',
  '/',
  '[',
  ']',
  '{',
  '}',
  ' TO ',
  ':',
  'f:',
  '>',
  '<=',
  '\\',
  '\\u0041',
  '_exists_:',
  '\u3000',
  '\u{1f600}',
  '\ud800',
  '1',
];

test.run();
