/** Lucene's regular expressions: against JavaScript's in what both have, by hand in the rest, and bounded. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { regexpAutomaton } from '../../../src/engine/automata/regexp-automaton.ts';
import { Seeded } from '../../support/seeded.ts';
import { accepts } from './accepts.ts';
import { randomTerm } from './random-terms.ts';

const test = suite('engine/automata/regexp-automaton');

test('random patterns take what JavaScript takes', () => {
  const chance = new Seeded(17);
  let matched = 0;
  for (let i = 0; i < 1500; i++) {
    const pattern = randomPattern(chance, 3);
    const expression = new RegExp(`^(?:${pattern})$`, 'us');
    const automaton = regexpAutomaton(pattern);
    for (let term = 0; term < 12; term++) {
      const text = randomTerm(chance, 6);
      const wanted = expression.test(text);
      if (wanted) matched++;
      assert.is(accepts(automaton, text), wanted, `/${pattern}/ [${text}], seed 17`);
    }
  }
  assert.ok(matched > 400, String(matched));
});

test('random complements and intersections take what JavaScript takes of their parts', () => {
  const chance = new Seeded(18);
  for (let i = 0; i < 1500; i++) {
    const [a, b] = [randomPattern(chance, 2), randomPattern(chance, 2)];
    const [inA, inB] = [a, b].map((pattern) => new RegExp(`^(?:${pattern})$`, 'us'));
    const both = regexpAutomaton(`(${a})&~(${b})`);
    const none = regexpAutomaton(`~(${a}|(${b}))`);
    for (let term = 0; term < 12; term++) {
      const text = randomTerm(chance, 5);
      const [isA, isB] = [inA?.test(text) === true, inB?.test(text) === true];
      assert.is(accepts(both, text), isA && !isB, `(${a})&~(${b}) [${text}], seed 18`);
      assert.is(accepts(none, text), !isA && !isB, `~(${a}|(${b})) [${text}], seed 18`);
    }
  }
});

const CASES: readonly (readonly [pattern: string, takes: readonly string[], leaves: readonly string[]])[] = [
  ['', [''], ['a']],
  ['()', [''], ['a']],
  ['a.c', ['abc', 'a\u{1f600}c', 'aéc'], ['ac', 'abbc', 'xabc']],
  ['@', ['', 'anything'], []],
  ['a@', ['a', 'abc'], ['ba']],
  ['#', [], ['', '#']],
  ['"a.*b"', ['a.*b'], ['axxb']],
  ['a\\.b', ['a.b'], ['axb']],
  ['ab{2}', ['abb'], ['ab', 'abbb']],
  ['ab{2,}', ['abb', 'abbbbbb'], ['ab']],
  ['(ab){1,2}', ['ab', 'abab'], ['', 'ababab']],
  ['.{3,}', ['abc', 'é字\u{1f600}'], ['ab']],
  ['[a-c1]+', ['abc1'], ['abd', '']],
  ['[^a-c]', ['d', '字'], ['a', 'dd']],
  ['[\\]\\-x]', [']', '-', 'x'], ['\\']],
  ['\\d{4}-\\w+', ['2024-ab_9'], ['2024-é', '20245']],
  ['\\D', ['a', '\u{1f600}'], ['1']],
  ['[\\s\\d]', [' ', '7', '\t'], ['a']],
  ['<1-100>', ['1', '007', '100', '42'], ['0', '101', '']],
  ['<01-99>', ['01', '42'], ['1', '00', '100']],
  ['<9-11>x', ['9x', '10x', '11x', '09x'], ['12x', '8x']],
  ['<11-9>', ['10'], ['12']],
  ['aaa.+&.+bbb', ['aaabbb'], ['aaab', 'aaa', 'bbb']],
  ['~abc', ['bc', 'xbc', 'aabc'], ['abc', 'ab']],
  ['~(abc)', ['ab', '', 'abcd'], ['abc']],
  ['a~~b', ['ab'], ['a']],
  ['foo~(bar)', ['foo', 'foobaz', 'foobarx'], ['foobar', 'fo']],
  ['日本?', ['日', '日本'], ['日日']],
  ['[一-龠]+', ['漢字'], ['かな']],
];

for (const [pattern, takes, leaves] of CASES) {
  test(`/${pattern}/ takes what it says`, () => {
    const automaton = regexpAutomaton(pattern);
    for (const text of takes) assert.ok(accepts(automaton, text), `takes [${text}]`);
    for (const text of leaves) assert.not(accepts(automaton, text), `leaves [${text}]`);
  });
}

test('either case is taken of ASCII letters, also in classes', () => {
  const automaton = regexpAutomaton('aB[c-d]É"x"', { caseInsensitive: true });
  assert.ok(accepts(automaton, 'AbDÉX'));
  assert.not(accepts(automaton, 'abcéx'));
  assert.not(accepts(regexpAutomaton('[^a]', { caseInsensitive: true }), 'A'));
});

const WRONG: readonly (readonly [pattern: string, message: RegExp])[] = [
  ['(a', /\[\(\] is not closed at character 0/],
  ['a)', /unexpected \[\)\] at character 1/],
  ['a|', /unexpected end at character 2/],
  ['*a', /unexpected \[\*\] at character 0/],
  ['a&', /unexpected end at character 2/],
  ['[a', /\[\[\] is not closed at character 0/],
  ['[b-a]', /wrong order at character 1/],
  ['"abc', /\["\] is not closed at character 0/],
  ['a{', /expected a number at character 2/],
  ['a{2', /\[\}\] is missing at character 3/],
  ['a{3,2}', /cannot repeat 3 to 2 times at character 2/],
  ['\u{1f600}<a-b>', /expected two numbers such as <1-100>, got <a-b> at character 1/],
  ['<1-2', /\[<\] is not closed at character 0/],
  ['a\\', /unexpected end after \[\\\] at character 2/],
  ['~', /unexpected end at character 1/],
];

for (const [pattern, message] of WRONG) {
  test(`/${pattern}/ is no pattern, and the place is named`, () => {
    assert.throws(
      () => regexpAutomaton(pattern),
      (error: { code: string; message: string }) => error.code === 'PARSING_FAILED' && message.test(error.message),
    );
  });
}

test('a pattern without an end of states is refused', () => {
  refuses('(.*a.{30})|b');
  refuses('((a?){500}b?){500}');
  refuses('((a{1,100}){1,100}){1,100}b');
  refuses('~(.*a.{30}x)');
});

test('what makes other engines try for ever is quick', () => {
  for (const pattern of ['(a+)+b', '(a|aa)+b', '(a*)*b', '((a|b)*a)*x', `${'a?'.repeat(60)}${'a'.repeat(60)}x`])
    assert.not(accepts(regexpAutomaton(pattern), 'a'.repeat(3000)), pattern);
  assert.ok(accepts(regexpAutomaton(`(${'((((a*)*)*)*)*'})*`), 'aaaa'));
});

test('patterns that are too long, too deep or repeat too often are refused', () => {
  const limited = (pattern: string): void =>
    assert.throws(
      () => regexpAutomaton(pattern),
      (error: { code: string }) => error.code === 'LIMIT_EXCEEDED',
    );
  limited('a'.repeat(1001));
  limited('('.repeat(500));
  limited('a{100000}');
  limited('a{99999999999999999999}');
});

test('random signs give a pattern or an error of a pattern', () => {
  const chance = new Seeded(19);
  for (let i = 0; i < 20_000; i++) {
    const pattern = chance.list(chance.below(12), () => chance.pick(SIGNS)).join('');
    try {
      const automaton = regexpAutomaton(pattern, { maxStates: 200 });
      for (let term = 0; term < 3; term++) accepts(automaton, randomTerm(chance, 6));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      assert.ok(code === 'PARSING_FAILED' || code === 'LIMIT_EXCEEDED', `/${pattern}/ ${String(error)}, seed 19`);
    }
  }
});

const SIGNS = Array.from('ab1.?+*{}()[]|&~@#"<>-^,\\dé\u{1f600}');

function refuses(pattern: string): void {
  const chance = new Seeded(20);
  assert.throws(
    () => {
      const automaton = regexpAutomaton(pattern, { maxStates: 1000 });
      for (let i = 0; i < 2000; i++)
        accepts(
          automaton,
          chance.list(i === 0 ? 3000 : 80, () => chance.pick(['a', 'a', 'a', i === 0 ? 'a' : 'b'])).join(''),
        );
    },
    (error: { code: string }) => error.code === 'LIMIT_EXCEEDED',
    pattern,
  );
}

function randomPattern(chance: Seeded, depth: number): string {
  const inner = (): string => randomPattern(chance, depth - 1);
  switch (depth === 0 ? 0 : chance.below(6)) {
    case 0:
      return chance.pick([
        'a',
        'b',
        'c',
        '1',
        'é',
        '字',
        '\u{1f600}',
        '.',
        '[ab]',
        '[^ab]',
        '[a-c1-3é]',
        '[é-\u{1f600}]',
        '\\d',
      ]);
    case 1:
      return `(${inner()}|${inner()})`;
    case 2:
      return `(${inner()})${chance.pick(['?', '*', '+', '{2}', '{1,3}', '{2,}', '{0,1}'])}`;
    case 3:
      return `${inner()}.*${inner()}`;
    default:
      return inner() + inner();
  }
}

test.run();
