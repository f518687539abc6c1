/** Places in a text that a query looks for. */

/** A word, or part of one, to be marked. */
export type Occurrence = {
  /** UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** What it is an occurrence of: passages with more different ones are better. */
  readonly term: string;
};

/** Sorts occurrences as they stand in the text, the longer of two that begin together first, each place once. */
export function inTextOrder(occurrences: Occurrence[]): readonly Occurrence[] {
  const sorted = occurrences.sort((a, b) => a.start - b.start || b.end - a.end);
  return sorted.filter(({ start, end }, i) => {
    const before = sorted[i - 1];
    return before === undefined || before.start !== start || before.end !== end;
  });
}
