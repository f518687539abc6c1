/**
 * "Did you mean …?": the known name closest to one that is not known. Used wherever a user's word is looked up in a
 * table: request keys, query kinds, settings, actions, endpoints.
 */

/** Longest word that is compared; a longer one has no close name. */
const MAX_WORD_LENGTH = 64;

/** Edits up to which two names are close. */
const MAX_EDITS = 2;

/**
 * Finds the candidate closest to a word: at most 2 edits away (insert, delete, replace, swap of neighbours), and
 * fewer than half of the word's letters. Case does not matter.
 *
 * @returns The closest candidate, the first one of several; undefined if none is close.
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > MAX_WORD_LENGTH) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestEdits = Math.min(MAX_EDITS, Math.ceil(word.length / 2) - 1) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestEdits) continue;
    const edits = editDistance(lower, candidate.toLowerCase());
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

/** Says `, did you mean [x]?` if a candidate is close, else nothing: the end of an error message. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const match = closest(word, candidates);
  return match === undefined ? '' : `, did you mean [${match}]?`;
}

/** Damerau-Levenshtein distance (optimal string alignment). O(length × length). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replace = (last[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      let edits = Math.min(replace, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) edits = Math.min(edits, (beforeLast[column - 2] ?? 0) + 1);
      current.push(edits);
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? 0;
}
