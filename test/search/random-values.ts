/** Words and values that random documents and queries share. */
import type { Seeded } from '../support/seeded.ts';

/** Words, some of which begin alike or are near each other. */
export const WORDS = [
  'ash',
  'beech',
  'cedar',
  'elm',
  'elms',
  'fir',
  'hazel',
  'larch',
  'maple',
  'oak',
  'oaks',
  'pine',
  'pines',
  'yew',
];
export const TAGS = ['red', 'green', 'blue', 'Black', '\u{1f332}', '\uff5e'];

/** The moment of random searches: among the dates of random documents. */
export const NOW_MS = Date.UTC(2024, 1, 11, 10, 30);

/** A text of up to `length` words. */
export function text(random: Seeded, length: number): string {
  return random.list(1 + random.below(length), () => random.pick(WORDS)).join(' ');
}

/** A day. */
export function date(random: Seeded): string {
  return `2024-0${1 + random.below(3)}-1${random.below(4)}`;
}

/** A word with an edit or two. */
export function misspelt(random: Seeded): string {
  const letters = Array.from(random.pick(WORDS));
  for (let edits = random.below(3); edits > 0; edits--) {
    const at = random.below(letters.length);
    if (random.chance(0.5)) letters.splice(at, 1, random.pick(['a', 'e', 'x']));
    else letters.splice(at, 2, ...letters.slice(at, at + 2).toReversed());
  }
  return letters.join('');
}
