/** Cuts a text into the passages that hold what a query looks for, and values them. */
import type { HighlightOptions } from './highlight-options.ts';
import type { Occurrence } from './occurrence.ts';
import { sentenceEnd, sentenceStart, wordBoundaryBefore, wordStart } from './sentences.ts';

/** A piece of a text with its occurrences. */
export type Passage = {
  readonly start: number;
  readonly end: number;
  readonly occurrences: readonly Occurrence[];
  /** The better, the higher. */
  readonly score: number;
};

type PassageOptions = Pick<HighlightOptions, 'boundaries' | 'size'>;

/** Constants of Lucene's PassageScorer: BM25 with passages of about this length as documents. */
const SCORER = { k1: 1.2, b: 0.75, pivot: 87 } as const;

/**
 * The passages of a text, from left to right.
 *
 * @param occurrences In the order of the text.
 */
export function passagesOf(text: string, occurrences: readonly Occurrence[], options: PassageOptions): Passage[] {
  const passages: Passage[] = [];
  const weightOf = termWeights(text.length, occurrences);
  let previousEnd = 0;
  for (let first = 0; first < occurrences.length; ) {
    const [start, widest] = bounds(text, occurrences, { first, previousEnd, options });
    let [end, next] = [widest, first];
    while (next < occurrences.length && occurrences[next]!.start < end) end = Math.max(end, occurrences[next++]!.end);
    const inside = occurrences.slice(first, next);
    passages.push({ start, end, occurrences: inside, score: scoreOf({ start, end }, inside, weightOf) });
    previousEnd = end;
    first = next;
  }
  return passages;
}

/** The beginning of a text, for want of anything found. */
export function openingOf(text: string, size: number): Pick<Passage, 'start' | 'end'> {
  return { start: 0, end: endOfSentences(text, { start: 0, reach: 0, size }) };
}

type Search = { readonly first: number; readonly previousEnd: number; readonly options: PassageOptions };

/** Start and end of the passage that begins with the occurrence `first`. */
function bounds(
  text: string,
  occurrences: readonly Occurrence[],
  { first, previousEnd, options }: Search,
): readonly [number, number] {
  const { start: from, end: to } = occurrences[first]!;
  const earliest = Math.min(previousEnd, from);
  if (options.boundaries === 'word') return wordBounds(text, { from, to, earliest, size: options.size });
  const { size } = options;
  const sentence = sentenceStart(text, from, size === 0 ? earliest : Math.max(earliest, to - size - 1));
  const fits = size === 0 || to - sentence <= size;
  const start = fits ? sentence : Math.max(earliest, wordStart(text, startNear(from, to, size), from));
  return [start, endOfSentences(text, { start, reach: to, size })];
}

/** A sentence too long for a passage is entered a little before what was found. */
function startNear(from: number, to: number, size: number): number {
  return Math.max(0, from - Math.max(0, Math.floor((size - (to - from)) / 2)));
}

function wordBounds(
  text: string,
  {
    from,
    to,
    earliest,
    size,
  }: { readonly from: number; readonly to: number; readonly earliest: number; readonly size: number },
): readonly [number, number] {
  const start = Math.max(earliest, wordStart(text, startNear(from, to, size), from));
  const end = Math.min(text.length, Math.max(to, start + size));
  return [start, end === text.length ? end : Math.max(to, wordBoundaryBefore(text, end, to))];
}

/** As many whole sentences as there is room for, at least up to `reach`; a first one too long is cut between words. */
function endOfSentences(
  text: string,
  { start, reach, size }: { readonly start: number; readonly reach: number; readonly size: number },
): number {
  if (size === 0) return sentenceEnd(text, reach, text.length);
  const limit = Math.min(text.length, start + size);
  if (reach >= limit) return reach;
  let end = sentenceEnd(text, reach, limit);
  if (end === limit) return limit === text.length ? limit : Math.max(reach, wordBoundaryBefore(text, limit, reach));
  for (let next = end; next < limit || next === text.length; next = sentenceEnd(text, end, limit)) {
    end = next;
    if (end === text.length) break;
  }
  return end;
}

function termWeights(textLength: number, occurrences: readonly Occurrence[]): (term: string) => number {
  const counts = new Map<string, number>();
  for (const { term } of occurrences) counts.set(term, (counts.get(term) ?? 0) + 1);
  const passageCount = 1 + textLength / SCORER.pivot;
  return (term) => (SCORER.k1 + 1) * Math.log(1 + (passageCount + 0.5) / ((counts.get(term) ?? 0) + 0.5));
}

/** As Lucene's PassageScorer: rare and different terms count, long passages less, early ones a little more. */
function scoreOf(
  { start, end }: Pick<Passage, 'start' | 'end'>,
  occurrences: readonly Occurrence[],
  weightOf: (term: string) => number,
): number {
  const counts = new Map<string, number>();
  for (const { term } of occurrences) counts.set(term, (counts.get(term) ?? 0) + 1);
  const length = SCORER.k1 * (1 - SCORER.b + (SCORER.b * (end - start)) / SCORER.pivot);
  let score = 0;
  for (const [term, count] of counts) score += (count / (count + length)) * weightOf(term);
  return score * (1 + 1 / Math.log(SCORER.pivot + start));
}
