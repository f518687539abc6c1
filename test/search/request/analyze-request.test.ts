/** Bodies of `analyze`. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseAnalyze } from '../../../src/search/request/analyze-request.ts';
import { assertFault } from '../faults.ts';

const test = suite('search/request/analyze-request');

test('an analyzer is chosen by name, field, normalizer, parts, or not at all', () => {
  const table: readonly (readonly [unknown, unknown])[] = [
    [{}, { kind: 'default' }],
    [{ analyzer: 'english' }, { kind: 'named', name: 'english' }],
    [{ field: 'title' }, { kind: 'field', field: 'title' }],
    [{ normalizer: 'folded' }, { kind: 'normalizer', name: 'folded' }],
    [
      { tokenizer: 'standard', filter: ['lowercase', { type: 'stop' }], char_filter: 'html_strip' },
      {
        kind: 'custom',
        tokenizer: 'standard',
        filter: ['lowercase', { type: 'stop' }],
        charFilter: ['html_strip'],
      },
    ],
    [{ filter: ['lowercase'] }, { kind: 'custom', tokenizer: 'keyword', filter: ['lowercase'], charFilter: [] }],
  ];
  for (const [body, choice] of table)
    assert.equal(parseAnalyze({ text: 'x', ...Object(body) }), { texts: ['x'], choice, explains: false });
  assert.equal(parseAnalyze({ text: ['a', 'b'], explain: true }), {
    texts: ['a', 'b'],
    choice: { kind: 'default' },
    explains: true,
  });
});

test('wrong bodies say where and what', () => {
  const table: readonly (readonly [unknown, string | RegExp])[] = [
    [{}, 'text: expected a text or a list of texts, got nothing'],
    [{ text: 5 }, 'text: expected a text, got 5'],
    [{ text: ['a', null] }, 'text[1]: expected a text, got null'],
    [{ text: [] }, 'text: expected 1 to 1000 texts, got a list'],
    [{ text: 'x'.repeat(1_000_001) }, /^text: 1000001 characters, at most 1000000 characters/],
    [{ text: 'x', analyser: 'english' }, 'body: unknown key [analyser], did you mean [analyzer]?'],
    [{ text: 'x', analyzer: 'a', field: 'b' }, 'body: takes one of [analyzer], [field]'],
    [{ text: 'x', analyzer: 'a', filter: [] }, 'body: [analyzer] takes no filters of the request'],
    [{ text: 'x', tokenizer: 5 }, 'tokenizer: expected a name or a definition, got 5'],
    [{ text: 'x', filter: [''] }, 'filter[0]: expected a name or a definition, got ""'],
    [{ text: 'x', attributes: [] }, 'body: key [attributes] is not supported by this version'],
  ];
  for (const [body, message] of table) assertFault(() => parseAnalyze(body), 'PARSING_FAILED', message);
});

test.run();
