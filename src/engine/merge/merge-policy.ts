/**
 * Decides which neighbouring segments are merged. Only neighbours, because documents stay in the order of the log. A
 * merge takes several segments of about one size, so that a document is rewritten a logarithmic number of times.
 */

/** A segment as the policy sees it. */
export type MergeCandidate = {
  /** Bytes in memory. */
  readonly bytes: number;
  readonly docCount: number;
  readonly liveCount: number;
  /** Whether it is being merged already. */
  readonly isBusy: boolean;
};

/** When to merge. */
export type MergePolicyOptions = {
  /** Segments that are merged at once, at least. */
  readonly factor: number;
  /** No merge makes a segment that is larger, deleted documents not counted. */
  readonly maxBytes: number;
  /** Segments with more deleted documents than this share are rewritten. */
  readonly maxDeletedShare: number;
};

/** Segments `from` to `to` - 1. */
export type MergeRun = { readonly from: number; readonly to: number };

/** A merge is of this many halves of its largest segment, at least. */
const LEAST_EVENNESS = 3;
/** Most segments of one merge, in factors. */
const MOST_FACTORS = 4;
/** With so many segments, in factors, uneven ones are merged too. */
const CROWDED_FACTORS = 4;

/** The merge to do next: that which costs least for each segment it does away with. Undefined if none is due. */
export function pickMerge(segments: readonly MergeCandidate[], options: MergePolicyOptions): MergeRun | undefined {
  let best: MergeRun | undefined;
  let leastCost = Number.POSITIVE_INFINITY;
  const consider = (from: number, to: number, bytes: number): void => {
    const cost = bytes / Math.max(1, to - from - 1);
    if (cost >= leastCost) return;
    best = { from, to };
    leastCost = cost;
  };
  for (let from = 0; from < segments.length; from++) considerRuns(segments, { from, options, consider });
  return best;
}

function considerRuns(
  segments: readonly MergeCandidate[],
  {
    from,
    options: { factor, maxBytes, maxDeletedShare },
    consider,
  }: {
    readonly from: number;
    readonly options: MergePolicyOptions;
    readonly consider: (from: number, to: number, bytes: number) => void;
  },
): void {
  const first = segments[from]!;
  if (first.isBusy) return;
  if (first.docCount - first.liveCount > first.docCount * maxDeletedShare) consider(from, from + 1, liveBytes(first));
  const isCrowded = segments.length > factor * CROWDED_FACTORS;
  let total = 0;
  let largest = 0;
  const end = Math.min(segments.length, from + factor * MOST_FACTORS);
  for (let to = from; to < end && !segments[to]!.isBusy; to++) {
    const bytes = liveBytes(segments[to]!);
    const count = to - from;
    // What is nearly as large as can be is merged in smaller numbers.
    if (total + bytes > maxBytes) {
      if (count > 1 && total > maxBytes / 2) consider(from, to, total);
      return;
    }
    total += bytes;
    largest = Math.max(largest, bytes);
    if (count + 1 < factor) continue;
    if (total * 2 >= largest * Math.max(factor, LEAST_EVENNESS) || (isCrowded && count + 1 === factor))
      consider(from, to + 1, total);
  }
}

function liveBytes({ bytes, docCount, liveCount }: MergeCandidate): number {
  return docCount === 0 ? 0 : bytes * (liveCount / docCount);
}
