/** Words of few different characters, so that random ones often resemble each other; one to four bytes each. */
import type { Seeded } from '../../support/seeded.ts';

/** A character of each length in bytes, both halves of a pair that stand alone, and letters in both cases. */
export const CHARACTERS = ['a', 'b', 'B', 'c', '1', '-', 'é', 'ß', '字', '\u{1f600}', '\u{1f601}', '\ud83d', '\ude00'];

/** A word of up to `most` characters. */
export function randomTerm(chance: Seeded, most: number): string {
  return chance.list(chance.below(most + 1), () => chance.pick(CHARACTERS)).join('');
}
