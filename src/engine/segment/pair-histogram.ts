/**
 * How often each pair of (frequency, length code) occurs among the postings of a field: what the codes of a segment are
 * chosen from. Flushes count it, segments keep it, and merges add up those of their segments.
 */

/** Frequencies below this have a row of their own once they occur; the others are in a map. */
const ROWS = 64;

/** Counts of pairs. */
export class PairHistogram {
  readonly #rows: (Float64Array | undefined)[] = Array.from({ length: ROWS });
  readonly #rest = new Map<number, number>();

  /** Counts a pair `count` times more. `frequency` is 1 or more, `norm` 0 to 255. */
  add(frequency: number, norm: number, count = 1): void {
    if (frequency < ROWS) {
      const row = this.#rows[frequency] ?? this.#newRow(frequency);
      row[norm]! += count;
      return;
    }
    const key = frequency * 256 + norm;
    this.#rest.set(key, (this.#rest.get(key) ?? 0) + count);
  }

  /** Counts everything that `other` has. */
  addAll(other: PairHistogram): void {
    other.forEach((frequency, norm, count) => this.add(frequency, norm, count));
  }

  /** Calls `visit` for each pair that occurs, by rising frequency, then norm. */
  forEach(visit: (frequency: number, norm: number, count: number) => void): void {
    for (let frequency = 0; frequency < ROWS; frequency++) {
      const row = this.#rows[frequency];
      if (row === undefined) continue;
      for (let norm = 0; norm < 256; norm++) if (row[norm]! > 0) visit(frequency, norm, row[norm]!);
    }
    for (const [key, count] of [...this.#rest].sort((a, b) => a[0] - b[0])) {
      visit(Math.floor(key / 256), key % 256, count);
    }
  }

  #newRow(frequency: number): Float64Array {
    const row = new Float64Array(256);
    this.#rows[frequency] = row;
    return row;
  }
}
