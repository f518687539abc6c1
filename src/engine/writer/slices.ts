/**
 * Work in slices: generators that stop every millisecond or so, so that writes and searches come in between. What they
 * yield is what the slice cost, in units of about 10 nanoseconds; without a clock, costs are counted, not measured.
 */

/** Work that is done slice by slice; yields the cost of each. */
export type Slices<T = void> = Generator<number, T, void>;

/** Units that make a slice: about a millisecond. */
export const SLICE_UNITS = 100_000;

/** What a document costs at the most in one slice of work that does not tell. */
const DOCUMENT_UNITS = 50;

/** Work on a segment whose slices do not tell what they cost: each takes a millisecond, or less if the segment is small. */
export function* inSlices<T>(work: Iterator<void, T, void>, docCount: number): Slices<T> {
  const cost = Math.min(SLICE_UNITS, docCount * DOCUMENT_UNITS);
  try {
    for (let step = work.next(); ; step = work.next()) {
      if (step.done) return step.value;
      yield cost;
    }
  } finally {
    work.return?.();
  }
}

/** Does all of it at once. */
export function finish<T>(work: Slices<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
