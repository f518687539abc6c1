/**
 * Finds which words of a text belong to a phrase: words in the phrase's order, each moved by so little that all moves
 * together stay within the slop. As Lucene's sloppy phrases: with the place in the phrase taken off its position, the
 * greatest and the least differ by at most the slop.
 */
import type { SoughtPhrase } from './sought-words.ts';

/** A word of a text that some phrase has. */
export type PlacedWord = {
  readonly term: string;
  readonly position: number;
  readonly start: number;
  readonly end: number;
};

/** A word where a phrase may have it: `shift` is its position without its place in the phrase. */
type Candidate = { readonly word: number; readonly place: number; readonly shift: number };

/**
 * The words that belong to an occurrence of a phrase.
 *
 * @param words By rising position.
 * @returns Indices of words, rising.
 */
export function wordsOfPhrase(words: readonly PlacedWord[], { places, slop }: SoughtPhrase): readonly number[] {
  const candidates = candidatesOf(words, places);
  const found = new Set<number>();
  const counts = places.map(() => 0);
  let missing = places.length;
  let first = 0;
  candidates.forEach((candidate, last) => {
    if (counts[candidate.place]!++ === 0) missing--;
    while (candidate.shift - candidates[first]!.shift > slop) {
      if (--counts[candidates[first]!.place]! === 0) missing++;
      first++;
    }
    if (missing > 0) return;
    for (const word of choose(candidates, [first, last], places.length) ?? []) found.add(word);
  });
  return [...found].sort((a, b) => a - b);
}

function candidatesOf(words: readonly PlacedWord[], places: SoughtPhrase['places']): Candidate[] {
  const placesOf = new Map<string, number[]>();
  places.forEach(({ terms }, i) => {
    for (const term of terms) placesOf.set(term, [...(placesOf.get(term) ?? []), i]);
  });
  const candidates = words.flatMap(({ term, position }, word) =>
    (placesOf.get(term) ?? []).map((place) => ({ word, place, shift: position - (places[place]?.place ?? 0) })),
  );
  return candidates.sort((a, b) => a.shift - b.shift || a.word - b.word);
}

/** One word for each place out of a window, none twice; the last candidate is among them. Undefined if that cannot be. */
function choose(
  candidates: readonly Candidate[],
  [first, last]: readonly [number, number],
  placeCount: number,
): readonly number[] | undefined {
  const chosen = new Map<number, number>();
  const taken = new Set<number>();
  for (let i = last; i >= first && chosen.size < placeCount; i--) {
    const { place, word } = candidates[i]!;
    if (chosen.has(place) || taken.has(word)) continue;
    chosen.set(place, word);
    taken.add(word);
  }
  return chosen.size === placeCount ? [...chosen.values()] : undefined;
}
