/** Finds what a query looks for in a text by analysing the text again, as it was when it was indexed. */
import type { Analyzer } from '../analysis/analyzer.ts';
import { inTextOrder, type Occurrence } from './occurrence.ts';
import { type PlacedWord, wordsOfPhrase } from './phrase-occurrences.ts';
import type { SoughtWords } from './sought-words.ts';

/** The occurrences in a text, in its order. */
export function findOccurrences(text: string, analyzer: Analyzer, sought: SoughtWords): readonly Occurrence[] {
  const occurrences: Occurrence[] = [];
  const words: PlacedWord[] = [];
  analyzer.analyze(text, (term, position, start, end) => {
    if (end <= start) return;
    if (sought.has(term)) occurrences.push({ start, end, term });
    if (sought.phraseTerms.has(term)) words.push({ term, position, start, end });
  });
  return withPhrases(occurrences, words, sought);
}

/** Adds the words of phrases to occurrences of single terms. `words` come by rising position. */
export function withPhrases(
  occurrences: Occurrence[],
  words: readonly PlacedWord[],
  sought: SoughtWords,
): readonly Occurrence[] {
  for (const phrase of sought.phrases) {
    for (const index of wordsOfPhrase(words, phrase)) {
      const { start, end, term } = words[index]!;
      occurrences.push({ start, end, term });
    }
  }
  return inTextOrder(occurrences);
}
