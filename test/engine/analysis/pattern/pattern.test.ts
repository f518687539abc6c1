/** Patterns against JavaScript's regular expressions, and what keeps them in linear time. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Pattern } from '../../../../src/engine/analysis/pattern/pattern.ts';
import { checkReplacement, replaceMatches } from '../../../../src/engine/analysis/pattern/replace.ts';
import { isCoppiceError } from '../../../../src/errors.ts';
import { Seeded } from '../../../support/seeded.ts';

const test = suite('engine/analysis/pattern/pattern');

test('known patterns match as in JavaScript', () => {
  const table: readonly (readonly [string, string])[] = [
    ['\\W+', 'Hello, big-world! a_b'],
    ['(a|ab)(c|bcd)(d*)', 'abcd'],
    ['a*', 'baaac'],
    ['a*?b', 'aaab'],
    ['(a*)*', 'aab'],
    ['^\\s+|\\s+$', '  x y '],
    ['(\\w+)\\s(\\w+)', 'John Smith Bob'],
    ['[^a-c]{2,3}', 'abxyzwc'],
    ['\\bfoo\\b', 'foo food foo'],
    ['\\Bo', 'foo o'],
    ['\\p{L}+', 'héllo 123 мир'],
    ['\\P{L}+', 'héllo 123 мир'],
    ['x{0}y', 'xy'],
    ['x{2,}', 'xxxxyx'],
    ['(?<n>a)|b', 'ab'],
    ['(?:ab)+?', 'ababab'],
    ['[\\p{Lu}\\d-]+', 'AB-1c'],
    ['😀+', 'a😀😀b'],
    ['.', 'a\n😀'],
    ['[\\]\\-]', 'a]-'],
    ['a\\.b\\u0041\\x41\\t', 'a.bAA\t'],
  ];
  for (const [source, text] of table) assert.equal(ours(source, text), native(source, text), `${source} on ${text}`);
});

test('random patterns match as in JavaScript', () => {
  const seed = 31;
  const random = new Seeded(seed);
  for (let round = 0; round < 2000; round++) {
    const source = randomPattern(random, 3);
    const text = random.list(random.below(8), () => random.pick(['a', 'b', 'c', '\n', ' '])).join('');
    // JavaScript resets groups in each turn of a repetition, Java and this do not: whole matches are compared.
    const whole = (spans: readonly string[]): string[] => spans.map((span) => span.split(' ')[0] ?? '');
    const message = `${JSON.stringify([source, text])}, seed ${seed}`;
    assert.equal(whole(ours(source, text)), whole(native(source, text)), message);
  }
});

test('flags and the classes of Java work', () => {
  const all = (pattern: Pattern, text: string): string[] =>
    [...pattern.matches(text)].map(([from, to]) => text.slice(from, to));
  assert.equal(all(new Pattern('(?i)äb', {}, 'x'), 'ÄB äb ÄC'), ['ÄB', 'äb']);
  assert.equal(all(new Pattern('[a-c]+', { ignoreCase: true }, 'x'), 'xAbCx'), ['AbC']);
  assert.equal(all(new Pattern('a.b', { dotAll: true }, 'x'), 'a\nb'), ['a\nb']);
  assert.equal(all(new Pattern('^a$', { multiline: true }, 'x'), 'a\nb\na'), ['a', 'a']);
  assert.equal(all(new Pattern('\\p{Punct}+', {}, 'x'), 'a.,!b«'), ['.,!']);
  assert.equal(all(new Pattern('[\\p{Upper}\\p{Digit}]+', {}, 'x'), 'aB1c'), ['B1']);
  assert.equal(all(new Pattern('\\p{IsAlphabetic}+', {}, 'x'), 'aé1'), ['aé']);
});

test('what would need backtracking, or is wrong, is refused by name', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['(?=a)', /has \[\(\?=\], which is not supported: patterns have no look-around/],
    ['(?<!x)y', /has \[\(\?<!\]/],
    ['(?>a)', /has \[\(\?>\]/],
    ['(a)\\1', /has \[\\1\], which is not supported/],
    ['a++', /possessive quantifier/],
    ['a**', /repeats a repetition/],
    ['[a&&b]', /has the class \[\[a&&b\]\], which is not supported/],
    ['[b-a]', /has the class/],
    ['\\p{Nonsense}', /has the class/],
    ['(', /an opening parenthesis too many/],
    ['a)', /a closing parenthesis too many/],
    ['[a', /an opening bracket too many/],
    ['*a', /has \[\*\] with nothing to repeat/],
    ['a{2,1}', /repeats from 2 to 1 times/],
    ['a{2000}', /repeats from 2000 to 2000 times, at most 1000/],
    ['((a{100}){100}){100}', /is too large: more than 2000 steps/],
    ['(((((((((('.repeat(10), /is nested more than 50 deep/],
    ['\\q', /has \[\\q\], which is not known/],
    ['\\', /ends with a backslash/],
    ['a'.repeat(1001), /has 1001 characters, at most 1000/],
  ];
  for (const [source, message] of table) {
    try {
      new Pattern(source, {}, 'filter [x]');
      assert.unreachable(source);
    } catch (error) {
      assert.ok(isCoppiceError(error, 'BAD_REQUEST'), source);
      assert.match(error.message, message);
      assert.match(error.message, /^filter \[x\]: pattern /);
    }
  }
});

test('patterns that make others backtrack without end are done at once', () => {
  const hard = `${'a'.repeat(20_000)}b`;
  for (const source of ['(a+)+$', '(a|aa)+$', '(a*)*c', '(.*)(.*)(.*)[xyz]'])
    assert.equal([...new Pattern(source, {}, 'x').matches(hard)], [], source);
  // Quadratic by nature: the steps of one text are bounded, and what is left counts as free of matches.
  assert.ok([...new Pattern('a.*c|a', {}, 'x').matches('a'.repeat(50_000))].length < 50_000);
});

test('replacements know groups and plain signs', () => {
  const pattern = new Pattern('(\\w)(\\d)?', {}, 'x');
  const replace = (replacement: string, all = true): string => replaceMatches(pattern, 'a1 b', { replacement, all });
  assert.is(replace('<$1$2>'), '<a1> <b>');
  assert.is(replace('$2$1', false), '1a b');
  assert.is(replace('\\$1\\\\'), '$1\\ $1\\');
  assert.is(replaceMatches(pattern, '--', { replacement: 'x', all: true }), '--');
  assert.is(replaceMatches(new Pattern('x*', {}, 'x'), 'axb', { replacement: '-', all: true }), '-a--b-');
  for (const wrong of ['$3', '$', '${1}', 'a\\'])
    assert.throws(() => checkReplacement(wrong, pattern, 'filter [x]'), /filter \[x\]: replacement/, wrong);
  checkReplacement('$2 \\$9 \\\\', pattern, 'x');
});

test.run();

function ours(source: string, text: string): string[] {
  return [...new Pattern(source, {}, 'x').matches(text)].map((match) => {
    const spans = Array.from({ length: match.length / 2 }, (_, i) => `${match[i * 2]}-${match[i * 2 + 1]}`);
    return spans.join(' ');
  });
}

function native(source: string, text: string): string[] {
  return [...text.matchAll(new RegExp(source, 'gdu'))].map((match) =>
    Array.from(match.indices ?? [], (span) => (span === undefined ? '-1--1' : span.join('-'))).join(' '),
  );
}

function randomPattern(random: Seeded, depth: number): string {
  const atoms = ['a', 'b', '.', '[ab]', '[^a]', '\\w', '\\s', 'c'];
  if (depth === 0) return random.pick(atoms);
  const inner = (): string => randomPattern(random, depth - 1);
  const kind = random.below(6);
  if (kind === 0) return `(${inner()}|${inner()})`;
  // What is repeated takes at least one character: engines differ in turns that take none.
  if (kind === 1)
    return `(?:${random.pick(atoms)}${random.chance(0.5) ? random.pick(atoms) : ''})${random.pick(['*', '+', '?', '{1,2}', '*?', '+?', '??'])}`;
  if (kind === 2) return random.pick(['^', '$', '\\b']) + inner();
  return inner() + inner();
}
