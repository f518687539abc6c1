/** Runs a matcher over all windows of an index and hands on the live documents that match. */
import type { DocumentTable } from '../memory/document-table.ts';
import { bitCount, lowestBit, type Matcher, WINDOW, WINDOW_WORDS } from './matcher.ts';

/** Takes one matching document. */
export type Collect = (ordinal: number, score: number) => void;

/** Calls `collect` for every live match of a matcher with scores, by rising ordinal; returns how many there are. */
export function forEachMatch(matcher: Matcher, documents: DocumentTable, collect: Collect): number {
  let total = 0;
  forEachWindow(matcher, documents, (base) => {
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = liveWord(matcher, documents, base, i); word !== 0; word &= word - 1) {
        const place = i * 32 + lowestBit(word);
        collect(base + place, matcher.scores[place]!);
        total++;
      }
    }
  });
  return total;
}

/** Counts the live matches. */
export function countMatches(matcher: Matcher, documents: DocumentTable): number {
  let total = 0;
  forEachWindow(matcher, documents, (base) => {
    for (let i = 0; i < WINDOW_WORDS; i++) total += bitCount(liveWord(matcher, documents, base, i));
  });
  return total;
}

function forEachWindow(matcher: Matcher, { endOrdinal }: DocumentTable, visit: (base: number) => void): void {
  for (let at = matcher.seek(0); at < endOrdinal; ) {
    const base = at - (at % WINDOW);
    matcher.fill(base);
    visit(base);
    at = matcher.seek(base + WINDOW);
  }
}

function liveWord(matcher: Matcher, { live }: DocumentTable, base: number, word: number): number {
  return matcher.bits[word]! & live[(base >>> 5) + word]!;
}
