/**
 * Work in slices: generators that stop every millisecond or so, so that writes and searches come in between. What they
 * yield is what the slice cost, in units of about 10 nanoseconds; without a clock, costs are counted, not measured.
 */

/** Work that is done slice by slice; yields the cost of each. */
export type Slices<T = void> = Generator<number, T, void>;

/** Units that make a slice: about a millisecond. */
export const SLICE_UNITS = 100_000;

/** Does all of it at once. */
export function finish<T>(work: Slices<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
