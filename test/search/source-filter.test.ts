import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { filterSource, parseSourceFilter } from '../../src/search/source-filter.ts';
import { matchesWildcard } from '../../src/search/wildcard.ts';
import { assertFault } from './faults.ts';

const test = suite('search/source-filter');

const SOURCE = {
  title: 't',
  author: { name: 'n', born: { year: 1, place: 'p' } },
  tags: ['a', 'b'],
  parts: [{ no: 1, text: 'x' }, { no: 2 }],
};

test('includes and excludes choose parts by path', () => {
  const table: readonly (readonly [unknown, unknown])[] = [
    [undefined, SOURCE],
    [true, SOURCE],
    [false, undefined],
    ['title', { title: 't' }],
    [['title', 'tags'], { title: 't', tags: ['a', 'b'] }],
    ['author.*', { author: SOURCE.author }],
    ['author.born', { author: { born: SOURCE.author.born } }],
    ['*.no', { parts: [{ no: 1 }, { no: 2 }] }],
    ['parts.text', { parts: [{ text: 'x' }] }],
    ['nothing', {}],
    [{ excludes: ['author', 'parts.no'] }, { title: 't', tags: ['a', 'b'], parts: [{ text: 'x' }, {}] }],
    [{ includes: 'author', excludes: '*.place' }, { author: { name: 'n', born: { year: 1 } } }],
    [[], SOURCE],
  ];
  for (const [spec, expected] of table)
    assert.equal(filterSource(SOURCE, parseSourceFilter(spec, '_source')), expected, JSON.stringify(spec));
});

test('a wrong filter is refused', () => {
  assertFault(() => parseSourceFilter(5, '_source'), 'PARSING_FAILED', /^_source: expected true, false, a field/);
  assertFault(
    () => parseSourceFilter(['a', 5], '_source'),
    'PARSING_FAILED',
    '_source[1]: expected a field name or pattern, got 5',
  );
  assertFault(
    () => parseSourceFilter({ inclodes: 'a' }, '_source'),
    'PARSING_FAILED',
    '_source: unknown key [inclodes], did you mean [includes]?',
  );
});

test('a star stands for any run of characters', () => {
  for (const [pattern, text, expected] of [
    ['*', '', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abbb', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*aab', 'aaaab', true],
    ['a', 'ab', false],
    ['', '', true],
    ['**', 'x', true],
  ] as const) {
    assert.is(matchesWildcard(pattern, text), expected, `${pattern} ${text}`);
  }
});

test('a pattern of many stars is no trap', () => {
  assert.is(matchesWildcard(`${'a*'.repeat(500)}b`, 'a'.repeat(5000)), false);
});

test.run();
