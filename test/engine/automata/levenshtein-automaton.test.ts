/** Fuzzy words against the full matrix of edit distances. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codePoints, editDistance } from '../../../src/engine/automata/edit-distance.ts';
import { levenshteinAutomaton } from '../../../src/engine/automata/levenshtein-automaton.ts';
import { Seeded } from '../../support/seeded.ts';
import { accepts } from './accepts.ts';
import { CHARACTERS, randomTerm } from './random-terms.ts';

const test = suite('engine/automata/levenshtein-automaton');
const DISTANCES = [0, 1, 2] as const;

test('random words take what lies within their distance', () => {
  const chance = new Seeded(13);
  const seen = { close: 0, far: 0 };
  for (let i = 0; i < 20_000; i++) {
    const word = randomTerm(chance, 8);
    const distance = chance.pick(DISTANCES);
    const transpositions = chance.chance(0.5);
    const prefixLength = chance.chance(0.5) ? 0 : chance.below(4);
    const term = misspelt(chance, word, chance.below(4));
    const wanted = isClose({ word, term, distance, transpositions, prefixLength });
    seen[wanted ? 'close' : 'far']++;
    const automaton = levenshteinAutomaton(word, { distance, transpositions, prefixLength });
    const message = `[${word}] [${term}] ${distance} ${prefixLength} ${transpositions}, seed 13`;
    assert.is(accepts(automaton, term), wanted, message);
  }
  assert.ok(seen.close > 3_000 && seen.far > 3_000);
});

test('all words of three letters are taken rightly by all of up to four', () => {
  const words = [0, 1, 2, 3, 4].flatMap((length) => wordsOf(length));
  for (const word of words.filter(({ length }) => length === 4)) {
    for (const distance of DISTANCES) {
      const automaton = levenshteinAutomaton(word, { distance });
      for (const term of words)
        assert.is(accepts(automaton, term), editDistance(word, term) <= distance, `${word} ${term} ${distance}`);
    }
  }
});

test('neighbours that changed places are one edit, and two without transpositions', () => {
  assert.ok(accepts(levenshteinAutomaton('quick', { distance: 1 }), 'qiuck'));
  assert.not(accepts(levenshteinAutomaton('quick', { distance: 1, transpositions: false }), 'qiuck'));
  assert.ok(accepts(levenshteinAutomaton('quick', { distance: 2, transpositions: false }), 'qiuck'));
});

test('a prefix of the whole word leaves the word alone', () => {
  const automaton = levenshteinAutomaton('ab', { distance: 2, prefixLength: 2 });
  assert.ok(accepts(automaton, 'ab'));
  assert.not(accepts(automaton, 'abc'));
});

test('a long word costs no more than a short one for each character', () => {
  const word = 'ab'.repeat(500);
  assert.ok(accepts(levenshteinAutomaton(word, { distance: 2 }), `${word.slice(2)}ba`));
});

function isClose(match: {
  word: string;
  term: string;
  distance: number;
  transpositions: boolean;
  prefixLength: number;
}): boolean {
  const word = codePoints(match.word);
  const term = codePoints(match.term);
  if (match.prefixLength >= word.length) return match.word === match.term;
  if (word.slice(0, match.prefixLength).some((character, at) => character !== term[at])) return false;
  const rest = (characters: readonly number[]): string =>
    characters
      .slice(match.prefixLength)
      .map((character) => String.fromCharCode(CODES.indexOf(character) + 64))
      .join('');
  return editDistance(rest(word), rest(term), match.transpositions) <= match.distance;
}

/** Every character as one of its own, so that halves of pairs that are cut apart are not joined anew. */
const CODES = CHARACTERS.map((character) => character.codePointAt(0) ?? 0);

function misspelt(chance: Seeded, word: string, edits: number): string {
  const characters = Array.from(word);
  for (let edit = 0; edit < edits; edit++) {
    const at = chance.below(characters.length + 1);
    const kind = chance.below(4);
    if (kind === 0) characters.splice(at, 1);
    else if (kind === 1) characters.splice(at, 0, chance.pick(CHARACTERS));
    else if (kind === 2) characters.splice(at, 1, chance.pick(CHARACTERS));
    else characters.splice(at, 2, ...characters.slice(at, at + 2).toReversed());
  }
  return characters.join('');
}

function wordsOf(length: number): readonly string[] {
  if (length === 0) return [''];
  return wordsOf(length - 1).flatMap((word) => ['a', 'b', 'c'].map((letter) => word + letter));
}

test.run();
