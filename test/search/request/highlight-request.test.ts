/** `highlight` of a search. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseHighlight } from '../../../src/search/request/highlight-request.ts';
import { assertFault } from '../faults.ts';

const test = suite('search/request/highlight-request');

const DEFAULTS = {
  preTag: '<em>',
  postTag: '</em>',
  fragmentSize: 100,
  numberOfFragments: 5,
  requireFieldMatch: true,
};

test('options for all fields stand beside the fields, those of one inside', () => {
  assert.equal(parseHighlight({ fields: { a: {} } }, 'highlight'), [{ ...DEFAULTS, pattern: 'a' }]);
  const highlight = {
    order: 'score',
    encoder: 'html',
    pre_tags: ['[', '('],
    post_tags: ']',
    type: 'unified',
    fields: [
      { a: { fragment_size: 0, number_of_fragments: 0, order: 'none', boundary_scanner: 'word' } },
      { 'b*': { no_match_size: 50, max_analyzed_offset: 1000, tags_schema: 'styled', require_field_match: false } },
      { c: { highlight_query: { match: { c: 'x' } } } },
    ],
  };
  const common = { ...DEFAULTS, order: 'score', encoder: 'html', preTag: '[', postTag: ']' };
  assert.equal(parseHighlight(highlight, 'highlight'), [
    { ...common, pattern: 'a', fragmentSize: 0, numberOfFragments: 0, order: 'text', boundaries: 'word' },
    {
      ...common,
      pattern: 'b*',
      noMatchSize: 50,
      maxAnalyzed: 1000,
      preTag: '<em class="hlt1">',
      postTag: '</em>',
      requireFieldMatch: false,
    },
    { ...common, pattern: 'c', query: { kind: 'match', field: 'c', value: 'x' } },
  ]);
});

test('wrong options say where and what', () => {
  const table: readonly (readonly [unknown, string])[] = [
    [{}, 'highlight.fields: expected an object of field names, got nothing'],
    [
      { fields: { a: { fragmentsize: 5 } } },
      'highlight.fields.a: unknown key [fragmentsize], did you mean [fragment_size]?',
    ],
    [{ fields: {}, order: 'best' }, 'highlight.order: expected one of [none, score], got "best"'],
    [
      { fields: {}, encoder: 'htm' },
      'highlight.encoder: expected one of [default, html], got "htm", did you mean [html]?',
    ],
    [
      { fields: {}, boundary_scanner: 'chars' },
      'highlight.boundary_scanner: expected one of [sentence, word], got "chars"',
    ],
    [{ fields: {}, matched_fields: [] }, 'highlight: key [matched_fields] is not supported by this version'],
    [{ fields: {}, no_match_size: -1 }, 'highlight.no_match_size: expected an integer from 0 to 100000, got -1'],
  ];
  for (const [body, message] of table) assertFault(() => parseHighlight(body, 'highlight'), 'PARSING_FAILED', message);
});

test.run();
