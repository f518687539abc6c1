/**
 * Sorted searches by the documents of a segment that come first: those are asked one by one whether they match, until
 * there are enough hits. Without scores, and where nothing else looks at the matches.
 */
import type { SortCollector } from '../collect/hit-collector.ts';
import type { PartFront } from '../collect/part-front.ts';
import type { FindMatches } from '../collect/top-sorted.ts';
import type { KernelPlan, SearchKernel } from '../kernel/plan.ts';
import type { IndexPart } from '../part/index-part.ts';

/** A part, and the ordinal in the shard of its ordinal 0. */
type Place = { readonly part: IndexPart; readonly base: number };

/** How many matches the front should have at least, for each hit that is wanted, if matches were spread evenly. */
const SHARE = 1.5;

/**
 * Takes the hits of a part from its front, whatever finds the matches.
 *
 * @param matchCount How many documents match, about.
 * @param find Is asked for live documents.
 * @returns False if the hits are not, or not likely, among those of the front: none were taken then.
 */
export function searchFront(
  collector: SortCollector,
  { part, base }: Place,
  { matchCount, limit, find }: { readonly matchCount: number; readonly limit: number; readonly find: FindMatches },
): boolean {
  const front = collector.front(part);
  if (front === undefined || !isPromising(front, part, matchCount, limit)) return false;
  if (collector.takeFront(front, find)) return true;
  collector.startPart(part, base);
  return false;
}

function isPromising({ ordinals, isWhole }: PartFront, part: IndexPart, matchCount: number, limit: number): boolean {
  return isWhole || matchCount * ordinals.length >= SHARE * limit * part.endOrdinal;
}

/** Asks the kernel which documents match a plan; it takes live ones if the plan's filter does. */
export function byPlan(kernel: SearchKernel, plan: KernelPlan): FindMatches {
  return (documents, limit) => kernel.select(plan, documents, limit);
}

/** Looks documents up in the bits of the matches. */
export function byBits(words: Uint32Array, { live }: IndexPart): FindMatches {
  return (documents, limit) => {
    const found: number[] = [];
    for (let i = 0; i < documents.length && found.length < limit; i++) {
      const word = documents[i]! >>> 5;
      if (((words[word]! & live[word]!) >>> (documents[i]! & 31)) & 1) found.push(i);
    }
    return found;
  };
}
