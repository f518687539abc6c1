/** Finds the chains that do nothing but look at the words of the standard tokenizer one by one. */
import { lowerCaseFilter } from './term-filters.ts';
import type { TokenFilter } from './token-stage.ts';

/** Maps a word in lower case to its term; null drops it and leaves a hole. A function of the word alone. */
export type WordMap = (lowerCaseWord: string) => string | null;

/**
 * One map in the place of filters that follow the standard tokenizer.
 *
 * @returns Undefined if a filter looks at more than single words, or the chain at letters in their own case.
 */
export function wordMapOf(filters: readonly TokenFilter[]): WordMap | undefined {
  const lowerCaseAt = filters.indexOf(lowerCaseFilter);
  const meetsCase = filters.slice(0, lowerCaseAt).some(({ ignoresCase }) => ignoresCase !== true);
  if (lowerCaseAt < 0 || meetsCase) return undefined;
  if (filters.some(({ mapTerm, marksTerm }) => mapTerm === undefined && marksTerm === undefined)) return undefined;
  const steps = filters.filter((filter) => filter !== lowerCaseFilter);
  return (lowerCaseWord) => {
    let [term, isMarked] = [lowerCaseWord, false];
    for (const { mapTerm, marksTerm, sparesMarked } of steps) {
      if (marksTerm !== undefined) isMarked ||= marksTerm(term);
      else if (mapTerm !== undefined && !(isMarked && sparesMarked === true)) {
        const mapped = mapTerm(term);
        if (mapped === null) return null;
        term = mapped;
      }
    }
    return term === '' ? null : term;
  };
}
