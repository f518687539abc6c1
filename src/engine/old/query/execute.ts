/** Runs a matcher over all windows of an index and hands on the live documents that match. */
import type { DocumentTable } from '../memory/document-table.ts';
import { bitCount, lowestBit, type Matcher, WINDOW, WINDOW_WORDS } from './matcher.ts';

/** Takes matching documents. */
export interface Collector {
  /** Documents whose score is not above this would be refused and need not be offered. Only rises. */
  readonly floor: number;
  /** Takes one matching document; ordinals rise. */
  add(ordinal: number, score: number): void;
}

/** Offers the live matches of a matcher with scores to `collector`, by rising ordinal; returns how many there are. */
export function collectMatches(matcher: Matcher, documents: DocumentTable, collector: Collector): number {
  let total = 0;
  forEachWindow(matcher, documents, (base) => {
    for (let i = 0; i < WINDOW_WORDS; i++) {
      const word = liveWord(matcher, documents, base, i);
      if (word === 0) continue;
      total += bitCount(word);
      offerWord(matcher.scores, { base, first: i * 32, word }, collector);
    }
  });
  return total;
}

type MatchedWord = { readonly base: number; readonly first: number; readonly word: number };

function offerWord(scores: Float32Array, { base, first, word }: MatchedWord, collector: Collector): void {
  let floor = collector.floor;
  for (let rest = word; rest !== 0; rest &= rest - 1) {
    const place = first + lowestBit(rest);
    const score = scores[place]!;
    if (score <= floor) continue;
    collector.add(base + place, score);
    floor = collector.floor;
  }
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
