/** The analyzer on the scripts and signs that it must know. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Token } from '../../../src/engine/analysis/analyzer.ts';
import { createAnalyzers } from '../../../src/engine/analysis/analyzers.ts';

const test = suite('engine/analysis/standard');

const standard = createAnalyzers().get('standard');

function analyze(text: string): Token[] {
  const tokens: Token[] = [];
  standard.analyze(text, (term, position, start, end) => tokens.push({ term, position, start, end }));
  return tokens;
}

const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing', '', []],
  ['only signs', ' -- !? ... _ ', []],
  ['words and case', 'The QUICK, brown fox!', ['the', 'quick', 'brown', 'fox']],
  ['an apostrophe inside a word', "don't o'clock 'quoted' dogs'", ["don't", "o'clock", 'quoted', 'dogs']],
  ['a typographic apostrophe', 'don’t', ['don’t']],
  ['numbers', '3.14 1,000 2:30 v2.0 2nd', ['3.14', '1,000', '2', '30', 'v2.0', '2nd']],
  ['dots', 'e.g. U.S.A. www.example.com end.', ['e.g', 'u.s.a', 'www.example.com', 'end']],
  ['a dot between a letter and a digit', 'a.1 1.a', ['a', '1', '1', 'a']],
  ['hyphens and slashes', 'well-known and/or', ['well', 'known', 'and', 'or']],
  ['underscores', 'snake_case _x_ __', ['snake_case', '_x_']],
  ['Latin with marks', 'Ünïcödé naïve', ['ünïcödé', 'naïve']],
  ['combining marks', 'e\u0301te\u0301', ['e\u0301te\u0301']],
  ['Greek and Cyrillic', 'Αθήνα Москва', ['αθήνα', 'москва']],
  ['Hebrew and Arabic', 'שלום مرحبا', ['שלום', 'مرحبا']],
  ['Devanagari', 'हिन्दी भाषा', ['हिन्दी', 'भाषा']],
  ['Han one by one', '我是中国人', ['我', '是', '中', '国', '人']],
  ['hiragana one by one, katakana together', 'ひらカタカナ', ['ひ', 'ら', 'カタカナ']],
  ['katakana with its length mark', 'コーヒー', ['コーヒー']],
  ['Hangul together', '안녕하세요 세계', ['안녕하세요', '세계']],
  ['Latin next to Han', 'web服务器', ['web', '服', '务', '器']],
  ['emoji', 'ok 😀😀 yes', ['ok', '😀', '😀', 'yes']],
  ['joined and modified emoji', '👩‍👩‍👧 👍🏽', ['👩‍👩‍👧', '👍🏽']],
  ['flags', '🇩🇪🇫🇷', ['🇩🇪', '🇫🇷']],
  ['letters beyond the basic plane', '𝒳𝒴 𐐀', ['𝒳𝒴', '𐐨']],
  ['Han beyond the basic plane', '𠀀𠀁', ['𠀀', '𠀁']],
  ['a lone surrogate', 'a\ud800b', ['a', 'b']],
];

for (const [name, text, expected] of CASES) {
  test(`finds the tokens of ${name}`, () => {
    assert.equal(
      analyze(text).map(({ term }) => term),
      expected,
    );
  });
}

test('offsets cut the token out of the text', () => {
  const text = 'The İstanbul 😀 don’t';
  const cut = analyze(text).map(({ start, end }) => text.slice(start, end));
  assert.equal(cut, ['The', 'İstanbul', '😀', 'don’t']);
});

test('a word of more than 255 units is cut', () => {
  assert.equal(
    analyze('x'.repeat(600)).map(({ term }) => term.length),
    [255, 255, 90],
  );
  assert.equal(
    analyze('𝒳'.repeat(200)).map(({ term }) => term.length),
    [254, 146],
  );
});

test('every token of a random text is found again by itself', () => {
  const signs = ['a', 'Z', '1', '.', "'", ',', '_', ' ', 'é', '中', 'カ', '😀', '\u0301', '\u200d', ':'];
  let state = 7;
  for (let round = 0; round < 500; round++) {
    const text = Array.from(
      { length: 12 },
      () => signs[(state = (state * 1103515245 + 12345) & 0x7fffffff) % signs.length]!,
    ).join('');
    let previousEnd = 0;
    for (const { start, end } of analyze(text)) {
      assert.ok(start >= previousEnd && end > start && end <= text.length, JSON.stringify(text));
      previousEnd = end;
      assert.is(analyze(text.slice(start, end)).length, 1, JSON.stringify([text, text.slice(start, end)]));
    }
  }
});

test.run();
