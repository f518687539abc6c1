/**
 * The language of generated documents: words by rank, ranks by Zipf's law, and words that follow each other more often
 * than by chance, so that there are phrases. All from seeds.
 */
import type { Seeded } from '../../../test/support/seeded.ts';

/** Words of the language. */
export const VOCABULARY = 400_000;

const CONSONANTS = 'bcdfghjklmnprstvwxyz';
const VOWELS = 'aeiou';
const SYLLABLES = Array.from({ length: 100 }, (_, i) => syllable(i));
/** Words that may follow a word as part of a phrase, and how often one of them does. */
const FOLLOWERS = 4;
const FOLLOWS = 0.35;

/** The word of a rank; rank 0 is the commonest. Different ranks have different words, rare words are longer. */
export function wordAt(rank: number): string {
  let word = '';
  for (let rest = rank; rest >= 0; rest = Math.floor(rest / SYLLABLES.length) - 1) {
    word = `${SYLLABLES[rest % SYLLABLES.length]}${word}`;
  }
  return word;
}

/** The rank whose share of a language of Zipf's law ends at `share`, in [0, 1). */
export function rankAt(share: number): number {
  return Math.floor(VOCABULARY ** share) - 1;
}

/** A rank, as often as Zipf's law has it. */
export function anyRank(chance: Seeded): number {
  return rankAt(chance.next());
}

/** One of the words that belong behind a word. */
export function followerOf(rank: number, which: number): number {
  return rankAt(fraction(rank * FOLLOWERS + (which % FOLLOWERS)));
}

/** The word behind a word: one that belongs there, or any. */
export function nextRank(rank: number, chance: Seeded): number {
  return chance.chance(FOLLOWS) ? followerOf(rank, chance.below(FOLLOWERS)) : anyRank(chance);
}

/** A number in [0, 1) that depends on `value` alone: the finalizer of MurmurHash3. */
function fraction(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Three letters; 100 of the possible ones, so that neighbours by one edit are rare, as among real words. */
function syllable(index: number): string {
  const start = CONSONANTS[index % CONSONANTS.length];
  const middle = VOWELS[Math.floor(index / CONSONANTS.length)];
  const end = CONSONANTS[(index * 7 + 3) % CONSONANTS.length];
  return `${start}${middle}${end}`;
}
