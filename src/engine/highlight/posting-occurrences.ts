/** Finds what a query looks for in a document without analysing it: from the offsets that its postings keep. */
import type { IndexPart, InvertedField } from '../part/index-part.ts';
import { WINDOW } from '../part/index-part.ts';
import { withPhrases } from './find-occurrences.ts';
import type { Occurrence } from './occurrence.ts';
import type { PlacedWord } from './phrase-occurrences.ts';
import type { SoughtWords } from './sought-words.ts';

/** A document in a part of the index. */
export type DocumentPlace = { readonly part: IndexPart; readonly ordinal: number };

const ordinals = new Uint32Array(WINDOW);
const frequencies = new Uint32Array(WINDOW);

/**
 * The occurrences in a field of one document, in the order of its text: that of all values joined by one character.
 *
 * @returns Undefined if the field keeps no offsets, or patterns are looked for: then the text must be analysed.
 */
export function postingOccurrences(
  { part, ordinal }: DocumentPlace,
  field: string,
  sought: SoughtWords,
): readonly Occurrence[] | undefined {
  const inverted = part.inverted(field);
  if (inverted === undefined || !inverted.hasPositions || !sought.hasOnlyTerms) return undefined;
  const words: PlacedWord[] = [];
  for (const term of new Set([...sought.terms, ...sought.phraseTerms])) {
    if (!addWords(words, inverted, { term, ordinal })) return undefined;
  }
  words.sort((a, b) => a.position - b.position || a.start - b.start);
  const single = words.filter(({ term }) => sought.terms.has(term));
  return withPhrases(
    single.map(({ term, start, end }) => ({ term, start, end })),
    words,
    sought,
  );
}

/** Adds the places of one term; false if they are not kept. */
function addWords(
  words: PlacedWord[],
  inverted: InvertedField,
  { term, ordinal }: { readonly term: string; readonly ordinal: number },
): boolean {
  const number = inverted.lookup(term);
  if (number < 0) return true;
  const postings = inverted.postings(number);
  if (postings.seek(ordinal) !== ordinal || postings.read(ordinal + 1, ordinals, frequencies) === 0) return true;
  const frequency = frequencies[0]!;
  const [positions, starts, ends] = [frequency, frequency, frequency].map((length) => new Uint32Array(length));
  if (positions === undefined || starts === undefined || ends === undefined) return false;
  postings.positions(0, positions);
  if (!postings.offsets(0, starts, ends)) return false;
  for (let i = 0; i < frequency; i++)
    if (ends[i]! > starts[i]!) words.push({ term, position: positions[i]!, start: starts[i]!, end: ends[i]! });
  return true;
}
