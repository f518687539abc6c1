/**
 * Words against Unicode's own word break test, where it is on the machine (package `unicode-data` of Debian), and
 * against cases of our own, which are always there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLASS, classOf } from '../../../src/engine/analysis/char-classes.ts';
import { Tokenizer } from '../../../src/engine/analysis/tokenizer.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/analysis/tokenizer');

const UNICODE_FOLDER = '/usr/share/unicode';
const WORD_BREAK_TEST = `${UNICODE_FOLDER}/auxiliary/WordBreakTest.txt`;
const WORD_BREAK_PROPERTY = `${UNICODE_FOLDER}/auxiliary/WordBreakProperty.txt`;

/** One case for each rule of UAX #29 that decides over words; `÷` parts segments, and those in brackets are tokens. */
const RULES: readonly (readonly [rule: string, segments: string])[] = [
  ['WB3', '[a]÷\r\n÷[b]'],
  ['WB3a and WB3b', '[a]÷\n÷\u0308÷[b]'],
  ['WB3c', '[👩\u200d👩]÷[👧]'],
  ['WB3c behind a letter', '[a\u200d🛑]÷[b]'],
  ['WB3d', '[a]÷  ÷[b]'],
  ['WB4', '[a\u0308\u200db\u00ad]÷ \u0308÷[c]'],
  ['WB5', '[aאе]'],
  ['WB6 and WB7', "[a:b]÷ ÷[a·b]÷ ÷[a.b]÷ ÷[a'b]÷ ÷[a]÷.÷.÷[b]÷ ÷[a]÷,÷[b]"],
  ['WB6 and WB7 with marks', '[a\u0308.\u0308b]'],
  ['WB7a', "[א']÷ ÷[a]÷'"],
  ['WB7b and WB7c', '[א"א]÷ ÷[a]÷"÷[a]÷ ÷[א]÷"÷[a]'],
  ['WB8', '[12]'],
  ['WB9 and WB10', '[a1b]'],
  ['WB11 and WB12', "[1.2]÷ ÷[1,2]÷ ÷[1;2]÷ ÷[1'2]÷ ÷[1]÷:÷[2]÷ ÷[1]÷.÷[a]"],
  ['WB13', '[カタ]÷[a]÷[カ]'],
  ['WB13a and WB13b', '[a_1_カ_]÷ ÷___'],
  ['WB15 and WB16', '[🇩🇪]÷[🇫🇷]÷[🇬]'],
  ['WB999', '[中]÷[文]÷[ひ]÷[a]÷-÷[b]'],
];

for (const [rule, marked] of RULES) {
  test(`follows ${rule}`, () => {
    const segments = marked.split('÷').map((segment) => segment.replace(/^\[([^]*)\]$/, '$1'));
    const expected = marked.split('÷').filter((segment) => /^\[[^]*\]$/.test(segment));
    assert.equal(
      wordsOf(segments.join('')).map((word) => `[${word}]`),
      expected,
    );
  });
}

if (existsSync(WORD_BREAK_TEST)) {
  test("breaks words where Unicode's test does", () => {
    let count = 0;
    for (const line of readFileSync(WORD_BREAK_TEST, 'utf8').split('\n')) {
      const body = line.split('#')[0]?.trim() ?? '';
      if (body === '') continue;
      count++;
      const segments = body.split('÷').map(textOf).filter(Boolean);
      const expected = segments.filter(isToken).map(withoutJoinerBefore);
      assert.equal(wordsOf(segments.join('')), expected, line);
    }
    assert.ok(count > 1500, `${count} lines`);
  });
} else {
  test(`Unicode's test is not on this machine: there is no ${WORD_BREAK_TEST} (Debian has it in unicode-data)`, () => {
    assert.not(existsSync(WORD_BREAK_TEST));
  });
}

if (existsSync(WORD_BREAK_PROPERTY)) {
  test("classes are those of Unicode's table of properties", () => {
    const wanted = new Map<string, number>([
      ['ALetter', CLASS.letter],
      ['Hebrew_Letter', CLASS.hebrew],
      ['Numeric', CLASS.digit],
      ['Katakana', CLASS.katakana],
      ['ExtendNumLet', CLASS.connector],
      ['Extend', CLASS.extend],
      ['Format', CLASS.extend],
      ['ZWJ', CLASS.extend],
      ['MidLetter', CLASS.midLetter],
      ['MidNum', CLASS.midNumber],
      ['MidNumLet', CLASS.midBoth],
      ['Single_Quote', CLASS.singleQuote],
      ['Double_Quote', CLASS.doubleQuote],
      ['Regional_Indicator', CLASS.regional],
    ]);
    const wrong: string[] = [];
    for (const line of readFileSync(WORD_BREAK_PROPERTY, 'utf8').split('\n')) {
      const [, from, to, name] = /^([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s*;\s*(\w+)/.exec(line) ?? [];
      const expected = wanted.get(name ?? '');
      if (from === undefined || expected === undefined) continue;
      for (let code = Number.parseInt(from, 16); code <= Number.parseInt(to ?? from, 16); code++)
        if (classOf(code) !== expected) wrong.push(`${code.toString(16)} ${name ?? ''}`);
    }
    assert.equal(wrong, []);
  });
}

test('plain ASCII and its like beyond ASCII are cut alike', () => {
  const seed = 23;
  const random = new Seeded(seed);
  const signs = 'aZ9._\',:;"- ';
  /** The same classes, beyond ASCII. */
  const twins = new Map([
    ['a', 'é'],
    ['Z', 'É'],
    ['9', '९'],
    ['.', '\u2024'],
    ['_', '\u203f'],
    [',', '\u066c'],
    [':', '\u00b7'],
    [';', '\u037e'],
    ['-', '\u2013'],
    [' ', '\u2003'],
  ]);
  for (let round = 0; round < 3000; round++) {
    const text = random.list(10, () => random.pick(signs.split(''))).join('');
    const twin = Array.from(text, (sign) => (random.chance(0.5) ? (twins.get(sign) ?? sign) : sign)).join('');
    const cuts = (of: string): string => {
      const tokenizer = new Tokenizer().reset(of);
      const found: string[] = [];
      while (tokenizer.next()) found.push(`${tokenizer.start}-${tokenizer.end}`);
      return found.join(' ');
    };
    assert.is(cuts(twin), cuts(text), `${JSON.stringify([text, twin])}, seed ${seed}`);
  }
});

test('terms are in lower case, character by character', () => {
  const tokenizer = new Tokenizer().reset('QUICK ΟΔΟΣ İI ẞ 𐐀');
  const terms: string[] = [];
  while (tokenizer.next()) terms.push(tokenizer.term());
  assert.equal(terms, ['quick', 'οδοσ', 'ii', 'ß', '𐐨']);
  assert.not(tokenizer.next());
});

test('a walk may begin inside a text', () => {
  const tokenizer = new Tokenizer().reset('one two three', 4);
  assert.ok(tokenizer.next());
  assert.equal([tokenizer.start, tokenizer.end, tokenizer.term(), tokenizer.word()], [4, 7, 'two', 'two']);
});

test('long runs of every kind take time in proportion, and are cut at 255', () => {
  for (const piece of [
    'x',
    '_',
    '.',
    "a'",
    'é',
    '\u0308',
    'a\u0308',
    'ת"',
    '👩\u200d',
    '🇩',
    'ก',
    '中',
    '1,',
    'カ',
    '\u200d',
  ]) {
    const text = piece.repeat(Math.floor(200_000 / piece.length));
    let [count, longest] = [0, 0];
    const tokenizer = new Tokenizer().reset(text);
    for (; tokenizer.next(); count++) longest = Math.max(longest, tokenizer.end - tokenizer.start);
    assert.ok(longest <= 255 && count <= text.length, piece);
  }
});

test.run();

function wordsOf(text: string): string[] {
  const tokenizer = new Tokenizer().reset(text);
  const words: string[] = [];
  while (tokenizer.next()) words.push(tokenizer.word());
  return words;
}

function textOf(codes: string): string {
  return codes
    .split('×')
    .map((code) => code.trim())
    .filter(Boolean)
    .map((code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .join('');
}

function isToken(segment: string): boolean {
  return Array.from(segment, (character) => classOf(character.codePointAt(0) ?? 0)).some(
    (kind) => kind >= CLASS.letter && kind <= CLASS.regional && kind !== CLASS.connector,
  );
}

/** A joiner that no word comes before stays out of the token. */
function withoutJoinerBefore(segment: string): string {
  return segment.replace(/^\u200d+/, '');
}
