/** Analyzers against what Lucene makes of the same texts, and against themselves. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Analyzer } from '../../../src/engine/analysis/analyzer.ts';
import { createAnalyzers } from '../../../src/engine/analysis/analyzers.ts';
import { Tokenizer } from '../../../src/engine/analysis/tokenizer.ts';
import { Seeded } from '../../support/seeded.ts';
import { LUCENE_CASES } from './lucene-cases.ts';

const test = suite('engine/analysis/analyzers');
const analyzers = createAnalyzers();

for (const [definition, text, tokens, positions] of LUCENE_CASES) {
  const name = typeof definition === 'string' ? definition : JSON.stringify(definition);
  test(`${name.slice(0, 150)} sees ${JSON.stringify(text)} as Lucene does`, () => {
    const analyzer = typeof definition === 'string' ? analyzers.get(definition) : analyzers.custom(definition);
    assert.equal(shown(analyzer, text), { tokens, positions });
  });
}

test('languages stem by Snowball, drop their stop words and normalize', () => {
  const table: readonly (readonly [string, string, string, string])[] = [
    ['french', "L'avion des Chevaux et qu'ils", 'avion cheval', 'avion des chevaux et ils'],
    ['german', 'Die Häuser und ein Weißbier', 'haus weissbi', 'die hauser und ein weissbier'],
    ['hungarian', 'az asztalokon', 'asztal', 'az asztalokon'],
    ['italian', "dell'amore e l'italiano", 'amor ital', 'amore e italiano'],
    ['portuguese', 'as meninas e o coração', 'menin coraçã', 'as meninas e o coração'],
    ['romanian', 'cărţile şi', 'cărţ', 'cărţile şi'],
    ['spanish', 'los gatos corriendo', 'gat corr', 'los gatos corriendo'],
    ['swedish', 'och hundarna', 'hund', 'och hundarna'],
  ];
  for (const [name, text, terms, normalized] of table) {
    const analyzer = analyzers.get(name);
    assert.is(termsOf(analyzer, text).join(' '), terms, name);
    assert.is(
      text
        .split(' ')
        .map((word) => analyzer.normalize(word))
        .join(' '),
      normalized,
      name,
    );
  }
});

test('a pattern term passes through what changes characters only', () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['standard', 'ÉTÉS', 'étés'],
    ['english', "Running's", "running's"],
    ['whitespace', 'ÉTÉS', 'ÉTÉS'],
    ['keyword', 'New York', 'New York'],
    ['simple', 'ABC', 'abc'],
  ];
  for (const [name, term, expected] of table) assert.is(analyzers.get(name).normalize(term), expected, name);
});

test('what mapWord makes of words is what analyze hands out', () => {
  const seed = 11;
  const random = new Seeded(seed);
  const pieces = [
    "dog's",
    'Running',
    'the',
    'THE',
    'été',
    'ΣΑΣ',
    'İx',
    ' ',
    ', ',
    '-',
    '中文',
    "l'avion",
    'x1_',
    '😀',
    "'",
  ];
  const custom = createAnalyzers({
    analyzer: {
      own: {
        tokenizer: 'standard',
        filter: ['possessive', 'lowercase', 'marker', 'asciifolding', 'stop', 'porter_stem'],
      },
    },
    filter: {
      possessive: { type: 'stemmer', language: 'possessive_english' },
      marker: { type: 'keyword_marker', keywords: ['running'] },
    },
  });
  for (const analyzer of [
    ...['standard', 'english', 'french', 'german'].map((name) => analyzers.get(name)),
    custom.get('own'),
  ]) {
    const { mapWord } = analyzer;
    assert.ok(mapWord, analyzer.name);
    for (let round = 0; round < 200; round++) {
      const text = random.list(8, () => random.pick(pieces)).join('');
      const words = new Tokenizer().reset(text);
      const expected: string[] = [];
      let position = 0;
      for (; words.next(); position++) {
        const term = mapWord(words.term());
        if (term !== null) expected.push(`${term}|${position}|${words.start}|${words.end}`);
      }
      assert.equal(
        shown(analyzer, text),
        { tokens: expected.join(' '), positions: position },
        `${analyzer.name} ${JSON.stringify(text)}, seed ${seed}`,
      );
    }
  }
});

test('a chain that looks at capitals, or at more than words, has no mapWord', () => {
  const settings = {
    analyzer: {
      folded: { tokenizer: 'standard', filter: ['lowercase', 'asciifolding'] },
      late: { tokenizer: 'standard', filter: ['porter_stem', 'lowercase'] },
      grams: { tokenizer: 'standard', filter: ['lowercase', 'ngram'] },
      plain: { tokenizer: 'standard' },
      html: { tokenizer: 'standard', filter: ['lowercase'], char_filter: ['html_strip'] },
    },
  };
  const made = createAnalyzers(settings);
  const withMap = Object.keys(settings.analyzer).filter((name) => made.get(name).mapWord !== undefined);
  assert.equal(withMap, ['folded']);
  assert.equal(termsOf(made.get('late'), 'Running RUNNING running'), ['run', 'running', 'run']);
});

test('an analyzer may be used while it is being used', () => {
  const seen: string[] = [];
  const analyzer = analyzers.get('english');
  analyzer.analyze('running dogs', (term) => analyzer.analyze(`${term}s cats`, (inner) => seen.push(inner)));
  assert.equal(seen, ['run', 'cat', 'dog', 'cat']);
});

test('terms that a dictionary does not take leave a hole', () => {
  const positions: number[] = [];
  const count = analyzers.get('keyword').analyze('x'.repeat(32_767), (_, position) => positions.push(position));
  assert.equal([positions, count], [[], 1]);
  assert.is(termsOf(analyzers.get('keyword'), 'x'.repeat(32_766)).length, 1);
  assert.is(termsOf(analyzers.get('keyword'), 'é'.repeat(16_384)).length, 0);
});

test('an analyzer of the settings may have the name of a built-in one', () => {
  const own = createAnalyzers({
    analyzer: { standard: { type: 'standard', stopwords: '_english_' }, default: { type: 'english' } },
  });
  assert.equal(termsOf(own.get('standard'), 'the dogs'), ['dogs']);
  assert.is(own.defaultName, 'default');
  assert.is(analyzers.defaultName, 'standard');
  assert.ok(own.names.includes('default') && own.names.includes('german') && !analyzers.has('default'));
});

test('stop words and words that are not stemmed may be set', () => {
  const own = createAnalyzers({
    analyzer: {
      a: { type: 'english', stopwords: ['whale', '_french_'], stem_exclusion: 'running' },
      b: { type: 'german', stopwords: '_none_', stem_exclusion: ['häuser'] },
      c: { type: 'stop', stopwords: 'one,two' },
      d: { type: 'standard', max_token_length: 3 },
    },
  });
  assert.equal(termsOf(own.get('a'), 'the whale avec running runs'), ['the', 'running', 'run']);
  assert.equal(termsOf(own.get('b'), 'die Häuser'), ['die', 'hauser']);
  assert.equal(termsOf(own.get('c'), 'One 2 two three'), ['three']);
  assert.equal(shown(own.get('d'), 'abcdefg hi'), { tokens: 'abc|0|0|3 def|1|3|6 g|2|6|7 hi|3|8|10', positions: 4 });
});

test.run();

function termsOf(analyzer: Analyzer, text: string): string[] {
  const terms: string[] = [];
  analyzer.analyze(text, (term) => terms.push(term));
  return terms;
}

function shown(analyzer: Analyzer, text: string): { tokens: string; positions: number } {
  const tokens: string[] = [];
  const positions = analyzer.analyze(text, (...token) => tokens.push(token.join('|')));
  return { tokens: tokens.join(' '), positions };
}
