/** Random chains over random texts, and random settings: what holds of all of them. More rounds: `COPPICE_FUZZ=10000`. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAnalyzers } from '../../../../src/engine/analysis/analyzers.ts';
import { isCoppiceError } from '../../../../src/errors.ts';
import { Seeded } from '../../../support/seeded.ts';

const test = suite('engine/analysis/settings/random-chains');
const ROUNDS = Number(process.env['COPPICE_FUZZ'] ?? 600);

const CHAR_FILTERS = [
  'html_strip',
  { type: 'mapping', mappings: ['ph => f', 'x => yy', '- => '] },
  { type: 'pattern_replace', pattern: '(\\w)-(\\w)', replacement: '$2 $1' },
];
const TOKENIZERS = [
  'standard',
  'letter',
  'lowercase',
  'whitespace',
  'keyword',
  'pattern',
  { type: 'ngram', min_gram: 1, max_gram: 3 },
  { type: 'edge_ngram', min_gram: 2, max_gram: 4, token_chars: ['letter'] },
  { type: 'path_hierarchy', delimiter: '-', skip: 1 },
  { type: 'path_hierarchy', delimiter: ' ', reverse: true },
  { type: 'char_group', tokenize_on_chars: ['whitespace', '-'], max_token_length: 4 },
  { type: 'standard', max_token_length: 3 },
];
const FILTERS = [
  'lowercase',
  'uppercase',
  'trim',
  'reverse',
  'asciifolding',
  'stop',
  'porter_stem',
  'apostrophe',
  'elision',
  'unique',
  'remove_duplicates',
  'shingle',
  'word_delimiter',
  'german_normalization',
  'decimal_digit',
  'ngram',
  { type: 'edge_ngram', min_gram: 1, max_gram: 3, preserve_original: true },
  { type: 'synonym', synonyms: ['dog, hound', 'big dog => a b c', 'x => big', 'cat, small tiger'] },
  { type: 'shingle', min_shingle_size: 2, max_shingle_size: 4, output_unigrams: false },
  { type: 'word_delimiter_graph', catenate_all: true, preserve_original: true },
  { type: 'length', min: 2, max: 6 },
  { type: 'truncate', length: 3 },
  { type: 'keyword_marker', keywords: ['dogs'] },
  { type: 'stemmer', language: 'finnish' },
  { type: 'limit', max_token_count: 5 },
];
const PIECES = [
  'dog',
  'Dogs',
  'big dog',
  'cat',
  'x',
  'ph',
  '<b>',
  '</b>',
  '&amp;',
  ' ',
  ' ',
  '-',
  "'s ",
  'été',
  'ΣΑΣ',
  '中文',
  '😀',
  'PowerShot500',
  'a-b',
  '\ud800',
  '\u0301',
  'the ',
  "l'",
  'straße',
];

test('positions never fall, offsets lie in the text, and a chain makes the same of a text twice', () => {
  const seed = 3;
  const random = new Seeded(seed);
  const analyzers = createAnalyzers();
  for (let round = 0; round < ROUNDS; round++) {
    const definition = {
      char_filter: random.list(random.below(3), () => random.pick(CHAR_FILTERS)),
      tokenizer: random.pick(TOKENIZERS),
      filter: random.list(random.below(5), () => random.pick(FILTERS)),
    };
    const text = random.list(random.below(12), () => random.pick(PIECES)).join('');
    const message = `${JSON.stringify([definition, text])}, seed ${seed}`;
    let analyzer: ReturnType<typeof analyzers.custom>;
    try {
      analyzer = analyzers.custom(definition);
    } catch (error) {
      // Filters before may leave nothing of a rule.
      assert.ok(
        isCoppiceError(error, 'BAD_REQUEST') && /is nothing after analysis|has more than/.test(error.message),
        message,
      );
      continue;
    }
    const first: unknown[] = [];
    let last = 0;
    const positions = analyzer.analyze(text, (term, position, start, end) => {
      assert.ok(term !== '' && position >= last, message);
      assert.ok(start >= 0 && start <= end && end <= text.length, `${term} ${start} ${end} ${message}`);
      last = position;
      first.push([term, position, start, end]);
    });
    assert.ok(first.length === 0 || positions > last, message);
    const second: unknown[] = [];
    assert.is(
      analyzer.analyze(text, (...token) => second.push(token)),
      positions,
    );
    assert.equal(second, first, message);
    analyzer.normalize(text);
  }
});

test('settings that are anything at all are taken or refused, and never break', () => {
  const seed = 8;
  const random = new Seeded(seed);
  const names = ['analyzer', 'tokenizer', 'filter', 'char_filter', 'normalizer', 'x', '__proto__', 'constructor', ''];
  const types = [
    'custom',
    'standard',
    'english',
    'ngram',
    'synonym',
    'pattern',
    'pattern_replace',
    'mapping',
    'stop',
    'shingle',
    'toString',
  ];
  const keys = [
    'type',
    'tokenizer',
    'filter',
    'char_filter',
    'stopwords',
    'synonyms',
    'pattern',
    'replacement',
    'mappings',
    'min_gram',
    'max_gram',
    'group',
    'flags',
    'language',
  ];
  const scalar = (): unknown =>
    random.pick([
      null,
      true,
      0,
      -1,
      1e9,
      2.5,
      '',
      'standard',
      'lowercase',
      'x',
      '_german_',
      '_x_',
      'a => b',
      '(',
      '[a-z]+',
      '$1',
      [],
      {},
      ['a', 1],
      ['lowercase'],
      [[]],
    ]);
  for (let round = 0; round < ROUNDS; round++) {
    const definition = (): unknown =>
      random.chance(0.2)
        ? scalar()
        : Object.fromEntries([
            ...(random.chance(0.8) ? [['type', random.pick(types)]] : []),
            ...random.list(random.below(4), () => [random.pick(keys), scalar()]),
          ]);
    const settings = Object.fromEntries(
      random.list(1 + random.below(3), () => [
        random.pick(names),
        random.chance(0.1)
          ? scalar()
          : Object.fromEntries(random.list(random.below(3), () => [random.pick(names), definition()])),
      ]),
    );
    try {
      const analyzers = createAnalyzers(settings);
      for (const name of analyzers.names.slice(0, 3)) analyzers.get(name).analyze('The big dogs, 1-2', () => undefined);
    } catch (error) {
      assert.ok(isCoppiceError(error, 'BAD_REQUEST'), `${JSON.stringify(settings)}, seed ${seed}: ${String(error)}`);
    }
  }
});

test.run();
