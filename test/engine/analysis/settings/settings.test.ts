/** Custom analyzers: every tokenizer and filter by its settings, and what is refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAnalyzers } from '../../../../src/engine/analysis/analyzers.ts';
import { isCoppiceError } from '../../../../src/errors.ts';

const test = suite('engine/analysis/settings');

type Part = string | Readonly<Record<string, unknown>>;

test('filters do what their settings say', () => {
  const table: readonly (readonly [filters: readonly Part[], text: string, terms: string])[] = [
    [['uppercase'], 'straße ǆ x', 'STRAßE Ǆ X'],
    [['trim'], ' a', 'a'],
    [['reverse'], 'abc a😀', 'cba 😀a'],
    [['decimal_digit'], '٣٤ १ 𝟘𝟙 ９', '34 1 01 9'],
    [['unique'], 'a b a c b', 'a b c'],
    [['remove_duplicates'], 'a b a', 'a b a'],
    [[{ type: 'limit', max_token_count: 2 }], 'a b c', 'a b'],
    [['limit'], 'a b c', 'a'],
    [[{ type: 'keep', keep_words: ['one', 'THREE'], keep_words_case: true }], 'One two three', 'One three'],
    [[{ type: 'stop', stopwords: ['Two'], ignore_case: 'true' }], 'one TWO two', 'one'],
    [[{ type: 'stop', stopwords: '_german_' }], 'der Hund und die Katze', 'Hund Katze'],
    [['stop'], 'the dog', 'dog'],
    [[{ type: 'stemmer', language: 'german' }], 'hunde katzen', 'hund katz'],
    [[{ type: 'stemmer', name: 'possessive_english' }], "dog's dogs'", "dog dogs'"],
    [[{ type: 'snowball', language: 'French' }], 'chevaux', 'cheval'],
    [['snowball'], 'running', 'run'],
    [
      [{ type: 'keyword_marker', keywords_pattern: 'run.*' }, 'porter_stem'],
      'running jumping runs',
      'running jump runs',
    ],
    [
      [{ type: 'keyword_marker', keywords: ['Jumping'], ignore_case: true }, 'porter_stem'],
      'jumping running',
      'jumping run',
    ],
    [
      [{ type: 'stemmer_override', rules: ['mice, mouses => mouse', 'running => runx'] }, 'porter_stem'],
      'mice running jumping',
      'mouse runx jump',
    ],
    [[{ type: 'elision', articles: ['l', 'd'], articles_case: true }], "L'eau d'or j'ai", "eau or j'ai"],
    [[{ type: 'truncate', length: 2 }], 'a😀b abc', 'a😀 ab'],
    [[{ type: 'length', min: 2 }], 'a bb ccc', 'bb ccc'],
    [[{ type: 'pattern_replace', pattern: '\\d', replacement: '#', all: false }], 'a12 3', 'a#2 #'],
    [[{ type: 'edge_ngram', min_gram: 2, max_gram: 3, side: 'back' }], 'abcd', 'cd bcd'],
    [[{ type: 'ngram', min_gram: 2, max_gram: 2, preserve_original: true }], 'abc', 'ab bc abc'],
    [[{ type: 'asciifolding', preserve_original: true }], 'café', 'cafe café'],
    [['asciifolding'], 'cafe\u0301 ﬀ ½', 'cafe ff ½'],
    [['german_normalization'], 'weiß', 'weiss'],
    [[{ type: 'word_delimiter', protected_words: ['wi-fi'] }], 'wi-fi hi-fi', 'wi-fi hi fi'],
    [[{ type: 'word_delimiter', split_on_case_change: false, split_on_numerics: false }], 'aB1-c', 'aB1 c'],
    [[{ type: 'synonym', synonyms: ['a, b', 'c => d'], expand: false }], 'a b c', 'a a d'],
    [[{ type: 'synonym_graph', synonyms: ['# note', '', 'a\\,b => x', 'q => q, r'] }], 'a,b q', 'x q r'],
    [['lowercase', { type: 'synonym', synonyms: ['TV, Television'] }], 'tv', 'tv television'],
    [[{ type: 'synonym', synonyms: ['a =>', 'b => c'], lenient: true }], 'a b', 'a c'],
    [
      [{ type: 'shingle', token_separator: '+', max_shingle_size: 3, output_unigrams: false }],
      'a b c',
      'a+b a+b+c b+c',
    ],
    [['flatten_graph', 'apostrophe'], "x'y", 'x'],
  ];
  for (const [filter, text, terms] of table)
    assert.is(termsOf({ tokenizer: 'whitespace', filter }, text), terms, JSON.stringify(filter));
});

test('tokenizers do what their settings say', () => {
  const table: readonly (readonly [Part, string, string])[] = [
    ['letter', "it's 2nd", 'it|s|nd'],
    ['lowercase', "It's", 'it|s'],
    ['keyword', 'New York', 'New York'],
    [{ type: 'ngram', min_gram: 3, max_gram: 3, token_chars: ['letter', 'digit'] }, '2 Quick', 'Qui|uic|ick'],
    [
      { type: 'ngram', min_gram: 2, max_gram: 2, token_chars: ['letter', 'custom'], custom_token_chars: '-' },
      'a-b c',
      'a-|-b',
    ],
    [{ type: 'edge_ngram', min_gram: 2, max_gram: 4, token_chars: ['letter'] }, '2 Quick Fox', 'Qu|Qui|Quic|Fo|Fox'],
    [{ type: 'pattern', pattern: ',' }, 'a,b,,c', 'a|b|c'],
    [{ type: 'pattern', pattern: '"([^"]+)"', group: 1 }, '"a b" c "d"', 'a b|d'],
    [{ type: 'pattern', pattern: 'X', flags: 'CASE_INSENSITIVE|DOTALL' }, 'axbXc', 'a|b|c'],
    [{ type: 'simple_pattern', pattern: '\\d{3}' }, 'fd-786-335-514-x', '786|335|514'],
    [{ type: 'simple_pattern_split', pattern: '_' }, 'a_b', 'a|b'],
    [
      { type: 'char_group', tokenize_on_chars: ['whitespace', '-', '\\n'] },
      'The QUICK\nbrown-fox',
      'The|QUICK|brown|fox',
    ],
    [{ type: 'char_group', tokenize_on_chars: ['punctuation'], max_token_length: 2 }, 'abc.de', 'ab|c|de'],
    [{ type: 'path_hierarchy', delimiter: '-', replacement: '/', skip: 1 }, 'one-two-three', '/two|/two/three'],
  ];
  for (const [tokenizer, text, terms] of table)
    assert.is(termsOf({ tokenizer }, text, '|'), terms, JSON.stringify(tokenizer));
});

test('synonyms of several words share the positions of what they stand for', () => {
  const analyzer = createAnalyzers().custom({
    tokenizer: 'whitespace',
    filter: [{ type: 'synonym_graph', synonyms: ['usa, united states', 'wi fi => wifi', 'ny => new york'] }],
  });
  const placed = (text: string): string => {
    const tokens: string[] = [];
    const positions = analyzer.analyze(text, (term, position) => tokens.push(`${term}@${position}`));
    return `${tokens.join(' ')} #${positions}`;
  };
  assert.is(placed('the usa now'), 'the@0 usa@1 united@1 states@2 now@3 #4');
  assert.is(placed('united states now'), 'united@0 usa@0 states@1 now@2 #3');
  assert.is(placed('united wi fi x'), 'united@0 wifi@1 x@2 #3');
  assert.is(placed('wi ny'), 'wi@0 new@1 york@2 #3');
});

test('normalizers change values character by character', () => {
  const analyzers = createAnalyzers({
    normalizer: { folded: { type: 'custom', filter: ['lowercase', 'asciifolding', 'trim'], char_filter: ['quotes'] } },
    char_filter: { quotes: { type: 'mapping', mappings: ['« => "', '» => "'] } },
  } as const);
  assert.is(analyzers.normalizer('folded')(' «Été»'), '"ete"');
  assert.is(analyzers.normalizer('lowercase')('Été'), 'été');
  assertRefused(() => analyzers.normalizer('fold'), 'normalizer [fold] is not known');
});

test('settings that are not understood are refused by name, with what is close', () => {
  const filter = (definition: unknown): unknown => ({ filter: { x: definition } });
  const analyzer = (definition: unknown): unknown => ({ analyzer: { x: definition } });
  const table: readonly (readonly [settings: unknown, message: string | RegExp])[] = [
    [{ analyser: {} }, 'analysis: unknown setting [analyser], did you mean [analyzer]?'],
    [{ filter: [] }, 'analysis: [filter] must be an object of definitions by name'],
    [analyzer('english'), 'analyzer [x] must be an object of settings'],
    [analyzer({ type: 'engish' }), 'analyzer [x]: type [engish] is not known, did you mean [english]?'],
    [analyzer({ type: 'thai' }), 'analyzer [x]: type [thai] is not supported by this version'],
    [analyzer({ type: 'simple', stopwords: [] }), 'analyzer [x]: unknown setting [stopwords]'],
    [analyzer({ filter: [] }), 'analyzer [x]: [tokenizer] is missing'],
    [analyzer({ tokenizer: 'standrd' }), 'analyzer [x]: tokenizer [standrd] is not known, did you mean [standard]?'],
    [
      analyzer({ tokenizer: 'standard', filter: ['lowercse'] }),
      'analyzer [x]: filter [lowercse] is not known, did you mean [lowercase]?',
    ],
    [
      analyzer({ tokenizer: 'standard', filter: ['hunspell'] }),
      'analyzer [x]: filter [hunspell] is not supported by this version',
    ],
    [
      analyzer({ tokenizer: 'standard', filter: ['synonym'] }),
      'filter [synonym]: [synonyms] is missing, it must be a list of rules',
    ],
    [analyzer({ tokenizer: 'standard', filter: [{ type: 'lowercase' }] }), /\[filter\] must be strings/],
    [
      analyzer({ tokenizer: 'standard', filter: Array.from({ length: 51 }, () => 'lowercase') }),
      'analyzer [x] has more than 50 filters',
    ],
    [filter({}), 'filter [x]: [type] is missing, it must be a string'],
    [filter({ type: 'stop', stopword: 'a' }), 'filter [x]: unknown setting [stopword], did you mean [stopwords]?'],
    [
      filter({ type: 'stop', stopwords: '_germn_' }),
      'filter [x]: there are no stop words for [_germn_], did you mean [german]?',
    ],
    [filter({ type: 'stop', ignore_case: 'yes' }), 'filter [x]: [ignore_case] must be true or false, got [yes]'],
    [filter({ type: 'stemmer', language: 'klingon' }), 'filter [x]: there is no stemmer for [klingon]'],
    [filter({ type: 'length', min: -1 }), 'filter [x]: [min] must be an integer from 0 to 32766, got [-1]'],
    [
      filter({ type: 'ngram', min_gram: 1, max_gram: 30 }),
      /difference between \[max_gram\] and \[min_gram\] is 29, at most 16/,
    ],
    [filter({ type: 'edge_ngram', side: 'left' }), 'filter [x]: [side] must be one of [front, back], got [left]'],
    [filter({ type: 'pattern_replace', pattern: '(' }), /^filter \[x\]: pattern \[\(\]/],
    [filter({ type: 'pattern_replace', pattern: 'a', replacement: '$1' }), /refers to a group/],
    [
      filter({ type: 'pattern_replace', pattern: 'a', flags: 'DOTAL' }),
      'filter [x]: flag [DOTAL] is not supported, did you mean [DOTALL]?',
    ],
    [filter({ type: 'synonym', synonyms: ['a => b => c'] }), 'filter [x]: the rule [a => b => c] has more than one =>'],
    [filter({ type: 'synonym', synonyms: ['a =>'] }), 'filter [x]: the rule [a =>] has an empty side'],
    [filter({ type: 'synonym', synonyms: ['a'], format: 'wordnet' }), /\[format\] must be one of \[solr\]/],
    [filter({ type: 'stop', stopwords: Array.from({ length: 10_001 }, String) }), /has 10001 elements, at most 10000/],
    [
      { char_filter: { x: { type: 'mapping', mappings: ['a b'] } } },
      'char_filter [x]: [a b] is no mapping such as "ph => f"',
    ],
    [{ char_filter: { x: { type: 'mapping' } } }, /\[mappings\] is missing/],
    [
      { tokenizer: { x: { type: 'ngram', token_chars: ['leter'] } } },
      /\[leter\] is no kind of character.*did you mean \[letter\]\?$/,
    ],
    [{ tokenizer: { x: { type: 'pattern', group: 3 } } }, /\[group\] must be an integer from -1 to 0/],
    [{ normalizer: { x: { filter: ['porter_stem'] } } }, 'normalizer [x] may not use the filter [porter_stem]'],
    [
      { filter: Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`f${i}`, { type: 'stop' }])) },
      /has 201 definitions, at most 200/,
    ],
    [
      { filter: { x: { type: 'stop', stopwords: Array.from({ length: 2000 }, () => 'x'.repeat(600)) } } },
      /longer than 1000000 characters/,
    ],
  ];
  for (const [settings, message] of table) assertRefused(() => createAnalyzers(Object(settings)), message);
});

test('a name is looked for in the settings first, then among what is built in', () => {
  const analyzers = createAnalyzers({
    analyzer: { x: { tokenizer: 'standard', filter: ['stop', 'lowercase'] } },
    filter: { stop: { type: 'stop', stopwords: ['One'] } },
  });
  const terms: string[] = [];
  analyzers.get('x').analyze('One the', (term) => terms.push(term));
  assert.equal(terms, ['the']);
  assertRefused(() => analyzers.get('y'), 'analyzer [y] is not known');
  assertRefused(() => analyzers.get('englsh'), 'analyzer [englsh] is not known, did you mean [english]?');
  assertRefused(() => analyzers.get('cjk'), 'analyzer [cjk] is not supported by this version');
});

test.run();

function termsOf(definition: { tokenizer: Part; filter?: readonly Part[] }, text: string, divider = ' '): string {
  const terms: string[] = [];
  createAnalyzers()
    .custom(definition)
    .analyze(text, (term) => terms.push(term));
  return terms.join(divider);
}

function assertRefused(run: () => unknown, message: string | RegExp): void {
  try {
    run();
  } catch (error) {
    assert.ok(isCoppiceError(error, 'BAD_REQUEST'), String(error));
    if (typeof message === 'string') assert.is(error.message, message);
    else assert.match(error.message, message);
    return;
  }
  assert.unreachable(`not refused: ${String(message)}`);
}
