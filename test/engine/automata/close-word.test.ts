/** Edits between words against the automaton that accepts, and the full matrix that counts. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CloseWord, FAR } from '../../../src/engine/automata/close-word.ts';
import { codePoints, editDistance } from '../../../src/engine/automata/edit-distance.ts';
import { type LevenshteinOptions, levenshteinAutomaton } from '../../../src/engine/automata/levenshtein-automaton.ts';
import { termBytes } from '../../../src/engine/part/term-bytes.ts';
import { Seeded } from '../../support/seeded.ts';
import { accepts } from './accepts.ts';
import { CHARACTERS, randomTerm } from './random-terms.ts';

const test = suite('engine/automata/close-word');
const DISTANCES = [0, 1, 2] as const;

test('random words are close to what their automata accept, by as many edits as the matrix has', () => {
  const chance = new Seeded(21);
  const seen = [0, 0, 0, 0];
  for (let i = 0; i < 40_000; i++) {
    const word = randomTerm(chance, 9);
    const characters = Array.from(word);
    for (let edits = chance.below(4); edits > 0; edits--) edit(chance, characters);
    const options: LevenshteinOptions = {
      distance: chance.pick(DISTANCES),
      transpositions: chance.chance(0.6),
      prefixLength: chance.chance(0.6) ? 0 : chance.below(4),
    };
    seen[check(word, characters.join(''), options) + 1]!++;
  }
  assert.ok(
    seen.every((count) => count > 1000),
    seen.join(),
  );
});

test('all words of up to five letters of two agree with all others', () => {
  const words = [0, 1, 2, 3, 4, 5].flatMap((length) => wordsOf(length));
  for (const word of words)
    for (const distance of DISTANCES)
      for (const transpositions of [true, false])
        for (const term of words) check(word, term, { distance, transpositions });
});

test('bytes are counted off by characters', () => {
  const word = new CloseWord('aé字\u{1f600}b', { distance: 1 });
  assert.equal(
    [0, 1, 2, 3, 4, 5].map((count) => word.endOfCharacters(count)),
    [0, 1, 3, 6, 10, 11],
  );
});

test('a term that is far too long is not read to its end', () => {
  const word = new CloseWord('abc', { distance: 2 });
  assert.is(word.editsTo(termBytes('abc'.repeat(10_000)), 0, 30_000), FAR);
});

/** Checks one pair; returns the edits that were found. */
function check(word: string, term: string, options: LevenshteinOptions): number {
  const bytes = termBytes(`<${term}>`);
  const edits = new CloseWord(word, options).editsTo(bytes, 1, bytes.length - 1);
  const message = `[${word}] [${term}] ${JSON.stringify(options)}`;
  assert.is(edits !== FAR, accepts(levenshteinAutomaton(word, options), term), message);
  // Halves of pairs that edits bring together would be joined by the matrix, but not by bytes.
  const isWhole = codePoints(word).length + codePoints(term).length === Array.from(word + term).length;
  if (edits !== FAR && isWhole) assert.is(edits, editDistance(word, term, options.transpositions), message);
  return edits;
}

function edit(chance: Seeded, characters: string[]): void {
  const at = chance.below(characters.length + 1);
  const kind = chance.below(4);
  if (kind === 0) characters.splice(at, 1);
  else if (kind === 1) characters.splice(at, 0, chance.pick(CHARACTERS));
  else if (kind === 2) characters.splice(at, 1, chance.pick(CHARACTERS));
  else characters.splice(at, 2, ...characters.slice(at, at + 2).toReversed());
}

function wordsOf(length: number): readonly string[] {
  if (length === 0) return [''];
  return wordsOf(length - 1).flatMap((word) => ['a', 'b'].map((letter) => word + letter));
}

test.run();
