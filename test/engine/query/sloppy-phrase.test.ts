/** Sloppy phrases: frequencies as Lucene's, two places by the short way and more by the long one. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SloppyPhrase } from '../../../src/engine/query/sloppy-phrase.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/query/sloppy-phrase');
const { fround } = Math;

/** Frequency of the words of `phrase` in the words of `text`; `a|b` stands for either. */
function frequency(phrase: string, text: string, slop: number): number {
  const terms = phrase.split(' ').map((word) => word.split('|'));
  const words = text.split(' ');
  const places = terms.map((alternatives) => {
    const positions = Uint32Array.from(words.flatMap((word, i) => (alternatives.includes(word) ? [i] : [])));
    return { positions, count: positions.length };
  });
  const offsets = terms.map((_, i) => i);
  return new SloppyPhrase(offsets, terms, slop).frequency(places);
}

test('a match counts one by its distance plus one', () => {
  assert.is(frequency('a b', 'a b', 1), 1);
  assert.is(frequency('a b', 'a x b', 1), 0.5);
  assert.is(frequency('a b', 'a x x b', 1), 0);
  assert.is(frequency('a b', 'a x x b', 2), fround(1 / 3));
  assert.is(frequency('a b c', 'a x b x c', 2), fround(1 / 3));
  assert.is(frequency('a b c', 'a x b x c', 1), 0);
});

test('words the other way round are two apart', () => {
  assert.is(frequency('a b', 'b a', 1), 0);
  assert.is(frequency('a b', 'b a', 2), fround(1 / 3));
  assert.is(frequency('a b', 'x a b a y', 2), fround(1 + fround(1 / 3)));
});

test('a word that repeats needs as many positions', () => {
  assert.is(frequency('a a', 'a', 5), 0);
  assert.is(frequency('a a', 'a x a', 1), 0.5);
  assert.is(frequency('a a', 'a x x a', 1), 0);
  assert.is(frequency('a b a', 'a b', 5), 0);
  assert.is(frequency('a b a', 'a b x a', 1), 0.5);
});

test('places that share a word through others do not stand on one position', () => {
  assert.is(frequency('a|b b|c', 'b', 4), 0);
  assert.is(frequency('a|b b|c', 'b b', 4), 1);
  assert.is(frequency('a|b b|c x', 'a c x', 4), 1);
});

test('both ways count alike', () => {
  const chance = new Seeded(7);
  for (let round = 0; round < 3000; round++) {
    const length = 2 + chance.below(14);
    const text = chance.list(length, () => chance.pick(['a', 'b', 'c', 'x'])).join(' ');
    const slop = 1 + chance.below(6);
    for (const phrase of ['a b', 'b a', 'a b c']) {
      const words = phrase.split(' ');
      if (!words.every((word) => text.split(' ').includes(word))) continue;
      assert.is(
        frequency(phrase, text, slop),
        slowFrequency(words, text.split(' '), slop),
        `"${phrase}"~${slop} ${text}`,
      );
    }
  }
});

/** The same, with lists that are sorted at each step: the first of them moves on until it passes the second. */
function slowFrequency(phrase: readonly string[], words: readonly string[], slop: number): number {
  const lists = phrase.map((term, offset) => ({
    offset,
    starts: words.flatMap((word, i) => (word === term ? [i - offset] : [])),
  }));
  const order = (): typeof lists => lists.sort((a, b) => a.starts[0]! - b.starts[0]! || a.offset - b.offset);
  let total = 0;
  for (;;) {
    const [first, second] = order();
    const last = Math.max(...lists.map(({ starts }) => starts[0]!));
    let distance = Number.POSITIVE_INFINITY;
    while (first!.starts.length > 0 && first!.starts[0]! <= second!.starts[0]!)
      distance = Math.min(distance, last - first!.starts.shift()!);
    if (distance <= slop) total = fround(total + fround(1 / fround(1 + distance)));
    if (first!.starts.length === 0) return total;
  }
}

test.run();
