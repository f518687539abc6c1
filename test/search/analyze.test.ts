/** Answers of `analyze`. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { analyzersOf } from '../../src/search/analysis.ts';
import { type AnalyzeAnswer, analyze } from '../../src/search/analyze.ts';
import { parseMappings } from '../../src/search/parse-mappings.ts';
import { parseAnalyze } from '../../src/search/request/analyze-request.ts';
import { assertFault } from './faults.ts';

const test = suite('search/analyze');

const CONTEXT = {
  analyzers: analyzersOf({
    analyzer: { titles: { tokenizer: 'standard', filter: ['lowercase', 'sea'] }, default: { type: 'english' } },
    filter: { sea: { type: 'synonym', synonyms: ['sea, deep ocean'] } },
    normalizer: { folded: { filter: ['lowercase', 'asciifolding'] } },
  }),
  mappings: parseMappings(
    {
      properties: {
        title: { type: 'text', analyzer: 'titles', fields: { raw: { type: 'keyword' } } },
        body: { type: 'text' },
        year: { type: 'long' },
      },
    },
    '',
  ),
};

test('tokens come with offsets, type and position; values of a list follow each other after a gap', () => {
  assert.equal(run({ analyzer: 'english', text: ['The Whales', '2 ships'] }), {
    tokens: [
      { token: 'whale', start_offset: 4, end_offset: 10, type: '<ALPHANUM>', position: 1 },
      { token: '2', start_offset: 11, end_offset: 12, type: '<NUM>', position: 102 },
      { token: 'ship', start_offset: 13, end_offset: 18, type: '<ALPHANUM>', position: 103 },
    ],
  });
});

test('a field is analysed as its documents are', () => {
  assert.equal(termsOf({ field: 'title', text: 'The SEA' }), ['the', 'sea', 'deep', 'ocean']);
  assert.equal(termsOf({ field: 'title.raw', text: 'The SEA' }), ['The SEA']);
  assert.equal(termsOf({ field: 'body', text: 'running' }), ['run']);
  assert.equal(termsOf({ field: 'unknown', text: 'running' }), ['run']);
  assert.equal(termsOf({ text: 'running' }), ['run']);
  assertFault(() => run({ field: 'year', text: '1' }), 'BAD_REQUEST', /only supported on text and keyword fields/);
});

test('what takes several positions says so', () => {
  assert.equal(run({ field: 'title', text: 'sea' }), {
    tokens: [
      { token: 'sea', start_offset: 0, end_offset: 3, type: '<ALPHANUM>', position: 0, positionLength: 2 },
      { token: 'deep', start_offset: 0, end_offset: 3, type: 'SYNONYM', position: 0 },
      { token: 'ocean', start_offset: 0, end_offset: 3, type: 'SYNONYM', position: 1 },
    ],
  });
});

test('a chain of the request is put together of names and definitions', () => {
  const body = {
    tokenizer: 'whitespace',
    filter: ['lowercase', { type: 'stop', stopwords: ['a'] }, 'sea'],
    text: 'A Sea x',
  };
  assert.equal(termsOf(body), ['sea', 'deep', 'ocean', 'x']);
  assert.equal(termsOf({ filter: ['uppercase'], text: 'a b' }), ['A B']);
  assert.equal(termsOf({ normalizer: 'folded', text: ['Été', 'B'] }), ['ete', 'b']);
  assertFault(() => run({ tokenizer: 'x', text: 'a' }), 'BAD_REQUEST', 'analyze: tokenizer [x] is not known');
  assertFault(() => run({ analyzer: 'x', text: 'a' }), 'BAD_REQUEST', 'analyzer [x] is not known');
  assertFault(
    () => run({ filter: [{ type: 'stp' }], text: 'a' }),
    'BAD_REQUEST',
    /custom filter: type \[stp\].*\[stop\]\?/,
  );
});

test('explain shows what each part does', () => {
  const token = (text: string, [start, end]: readonly [number, number], extra: object = {}): object => ({
    token: text,
    start_offset: start,
    end_offset: end,
    type: 'word',
    position: 0,
    ...extra,
  });
  const body = {
    explain: true,
    text: '<b>Running</b>',
    char_filter: ['html_strip'],
    tokenizer: 'letter',
    filter: ['lowercase', { type: 'keyword_marker', keywords: ['running'] }, 'porter_stem'],
  };
  const marked = token('running', [3, 10], { keyword: true });
  assert.equal(run(body), {
    detail: {
      custom_analyzer: true,
      charfilters: [{ name: 'html_strip', filtered_text: ['Running'] }],
      tokenizer: { name: 'letter', tokens: [token('Running', [3, 10])] },
      tokenfilters: [
        { name: 'lowercase', tokens: [token('running', [3, 10])] },
        { name: '__anonymous__keyword_marker', tokens: [marked] },
        { name: 'porter_stem', tokens: [marked] },
      ],
    },
  });
  assert.equal(run({ explain: true, analyzer: 'simple', text: 'A' }), {
    detail: { custom_analyzer: false, analyzer: { name: 'simple', tokens: [token('a', [0, 1])] } },
  });
});

test('an answer has at most 10,000 tokens', () => {
  const text = 'x '.repeat(10_001);
  assertFault(() => run({ text }), 'LIMIT_EXCEEDED', 'the analysis makes more than 10000 tokens');
});

test.run();

function run(body: unknown): AnalyzeAnswer {
  return analyze(parseAnalyze(body), CONTEXT);
}

function termsOf(body: unknown): readonly string[] {
  const answer = run(body);
  return 'tokens' in answer ? answer.tokens.map(({ token }) => token) : [];
}
