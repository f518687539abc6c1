/**
 * Sorted searches of a segment, where hits need no scores and nothing else looks at the matches: by asking the documents
 * that come first whether they match, or by letting the kernel look at the column of all that do, whatever is less work.
 */
import type { SortCollector } from '../collect/hit-collector.ts';
import type { FindMatches } from '../collect/top-sorted.ts';
import type { KernelPlan, SearchKernel } from '../kernel/plan.ts';
import type { IndexPart } from '../part/index-part.ts';
import type { PartBitmaps } from './part-bitmaps.ts';

/** A part that the collector was started with. */
export type SortedPart = {
  readonly collector: SortCollector;
  readonly part: IndexPart;
  readonly index: number;
  /** Ordinal in the shard of the part's ordinal 0. */
  readonly base: number;
  /** Hits to keep, 1 or more. */
  readonly limit: number;
};

/** What the kernel is to do. */
export type SortedPlan = {
  readonly kernel: SearchKernel;
  readonly plan: KernelPlan;
  readonly bitmaps: PartBitmaps;
  readonly isCounting: boolean;
  /** How many documents match, where that is known. */
  readonly known: number | undefined;
};

/** Matches that were seen, and whether there may be more. */
export type SortedTotal = { readonly count: number; readonly isLowerBound: boolean };

/** How many matches a front should have at least, for each hit that is wanted, if matches were spread evenly. */
const SPREAD = 1.5;

/** Asking a term for a document takes as long as looking at the columns of so many of its postings. */
const ASKING_COST = 10;
/** Marking a posting and looking at its column later takes so much longer, and looking for marks a share of all documents. */
const MARKING_COST = 2;
const MARKS_SHARE = 1 / 16;

/**
 * Takes the hits of a part, by a plan whose live documents are what its filter leaves.
 *
 * @returns What is known of the total; undefined if the part has to be searched in another way.
 */
export function searchSorted(place: SortedPart, sought: SortedPlan): SortedTotal | undefined {
  const { kernel, plan, isCounting } = sought;
  let { known } = sought;
  const matchCount = known ?? likelyMatches(plan);
  const looks = (SPREAD * place.limit * place.part.endOrdinal) / Math.max(1, matchCount);
  if (plan.kind !== 'phrase' && looks * ASKING_COST * plan.terms.length < sortingCost(plan)) {
    if (takeFront(place, looks, (documents, limit) => kernel.select(plan, documents, limit))) {
      if (!isCounting) return { count: 0, isLowerBound: true };
      known ??= kernel.count(plan);
      return { count: known, isLowerBound: false };
    }
  }
  return sortAll(place, { ...sought, known });
}

/** The same where the matches are known; the total is that of the caller. False if the part is to be searched in another way. */
export function searchSortedBits(place: SortedPart, words: Uint32Array, matchCount: number): boolean {
  const { part, limit } = place;
  const looks = (SPREAD * limit * part.endOrdinal) / Math.max(1, matchCount);
  return takeFront(place, looks, byBits(words, part));
}

/** Asks the documents that come first. False if the hits are not, or not likely, among `looks` of them: none are taken then. */
function takeFront({ collector, part, base }: SortedPart, looks: number, find: FindMatches): boolean {
  const front = collector.front(part);
  if (front === undefined || (looks > front.ordinals.length && !collector.coversHits(front))) return false;
  if (collector.takeFront(front, find)) return true;
  collector.startPart(part, base);
  return false;
}

/** Lets the kernel look at the column of all matches. */
function sortAll(
  { collector, index, limit }: SortedPart,
  { kernel, plan, bitmaps, isCounting, known }: SortedPlan,
): SortedTotal | undefined {
  const order = collector.kernelOrder();
  if (order === undefined) return undefined;
  if (order === 'none') {
    if (!isCounting) return { count: 0, isLowerBound: true };
    return { count: known ?? kernel.count(plan), isLowerBound: false };
  }
  const target = plan.terms.length > 1 ? bitmaps.empty(index) : undefined;
  if (plan.terms.length > 1 && target === undefined) return undefined;
  const hits = kernel.sort(plan, order, limit, target);
  collector.takeSorted(hits.ordinals.subarray(0, hits.count));
  return { count: hits.total, isLowerBound: false };
}

/** How many documents match a plan, if terms were independent of each other. */
function likelyMatches({ kind, terms, minimum = 1, endOrdinal, filter }: KernelPlan): number {
  let [all, any] = [1, 0];
  for (const { layout, term } of terms) {
    const share = layout.docFrequencies[term]! / endOrdinal;
    all *= share;
    any += share;
  }
  const matches = endOrdinal * (kind === 'or' && minimum === 1 ? Math.min(1, any) : all);
  return filter?.count === undefined ? matches : (matches * filter.count) / endOrdinal;
}

/** Postings to look at in order to sort all matches of a plan, or what takes as long. */
function sortingCost({ terms, endOrdinal }: KernelPlan): number {
  let sum = 0;
  for (const { layout, term } of terms) sum += layout.docFrequencies[term]!;
  return terms.length === 1 ? sum : sum * MARKING_COST + endOrdinal * MARKS_SHARE;
}

/** Looks documents up in the bits of the matches. */
function byBits(words: Uint32Array, { live }: IndexPart): FindMatches {
  return (documents, limit) => {
    const found: number[] = [];
    for (let i = 0; i < documents.length && found.length < limit; i++) {
      const word = documents[i]! >>> 5;
      if (((words[word]! & live[word]!) >>> (documents[i]! & 31)) & 1) found.push(i);
    }
    return found;
  };
}
