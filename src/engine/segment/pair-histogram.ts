/**
 * How often each pair of (frequency, length code) occurs among the postings of a field: what the codes of a segment are
 * chosen from. Flushes count it, segments keep it, and merges add up those of their segments.
 */

/** Frequencies below this are counted in a table, the others in a map. */
const TABLED = 64;

/** Counts of pairs. */
export class PairHistogram {
  readonly #table = new Float64Array(TABLED * 256);
  readonly #rest = new Map<number, number>();

  /** Counts a pair `count` times more. `frequency` is 1 or more, `norm` 0 to 255. */
  add(frequency: number, norm: number, count = 1): void {
    const key = frequency * 256 + norm;
    if (frequency < TABLED) this.#table[key]! += count;
    else this.#rest.set(key, (this.#rest.get(key) ?? 0) + count);
  }

  /** Counts everything that `other` has. */
  addAll(other: PairHistogram): void {
    other.forEach((frequency, norm, count) => this.add(frequency, norm, count));
  }

  /** Calls `visit` for each pair that occurs, by rising frequency, then norm. */
  forEach(visit: (frequency: number, norm: number, count: number) => void): void {
    this.#table.forEach((count, key) => {
      if (count > 0) visit(key >>> 8, key & 255, count);
    });
    for (const [key, count] of [...this.#rest].sort((a, b) => a[0] - b[0])) {
      visit(Math.floor(key / 256), key % 256, count);
    }
  }
}
