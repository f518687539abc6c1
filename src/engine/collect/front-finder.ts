/** Finds the documents of lowest ranks: as many again as are wanted are gathered before the later half is dropped. */

/** Documents by rank, those of equal rank by ordinal. */
export type RankedDocuments = { readonly ordinals: Uint32Array; readonly ranks: Float64Array };

/** Takes documents in any order. */
export class FrontFinder {
  readonly #size: number;
  readonly #ordinals: Uint32Array;
  readonly #ranks: Float64Array;
  #count = 0;
  /** The last one that is wanted so far. */
  #worstRank = Number.POSITIVE_INFINITY;
  #worstOrdinal = Number.POSITIVE_INFINITY;

  /** @param size Documents to find, 1 or more. */
  constructor(size: number) {
    this.#size = size;
    this.#ordinals = new Uint32Array(2 * size);
    this.#ranks = new Float64Array(2 * size);
  }

  /** Whether a document of this rank may be among the first. */
  wants(ordinal: number, rank: number): boolean {
    return rank < this.#worstRank || (rank === this.#worstRank && ordinal < this.#worstOrdinal);
  }

  /**
   * Offers neighbouring documents.
   *
   * @param first Ordinal of the first one.
   * @param ranks Theirs; `count` of them, from the beginning.
   */
  offer(first: number, ranks: Float64Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const rank = ranks[i]!;
      if (!this.wants(first + i, rank)) continue;
      this.#ordinals[this.#count] = first + i;
      this.#ranks[this.#count] = rank;
      if (++this.#count === 2 * this.#size) this.#dropLater();
    }
  }

  /** The first documents, in order; all that were offered if they are fewer. */
  found(): RankedDocuments {
    if (this.#count > this.#size) this.#dropLater();
    const [ordinals, ranks] = [this.#ordinals, this.#ranks];
    const order = new Uint32Array(this.#count);
    for (let i = 0; i < order.length; i++) order[i] = i;
    order.sort((a, b) => {
      const [left, right] = [ranks[a]!, ranks[b]!];
      return left < right ? -1 : left > right ? 1 : ordinals[a]! - ordinals[b]!;
    });
    return { ordinals: order.map((i) => ordinals[i]!), ranks: Float64Array.from(order, (i) => ranks[i]!) };
  }

  /** Keeps the first `size` of more. */
  #dropLater(): void {
    const ranks = this.#ranks.subarray(0, this.#count);
    // Sorting numbers alone is much faster than by a function.
    const worstRank = Float64Array.from(ranks).sort()[this.#size - 1]!;
    const ties: number[] = [];
    let before = 0;
    for (let i = 0; i < ranks.length; i++) {
      if (ranks[i]! < worstRank) before++;
      else if (ranks[i] === worstRank) ties.push(this.#ordinals[i]!);
    }
    this.#worstRank = worstRank;
    this.#worstOrdinal = Uint32Array.from(ties).sort()[this.#size - before - 1]!;
    this.#keepWanted(ranks.length);
  }

  #keepWanted(count: number): void {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const [ordinal, rank] = [this.#ordinals[i]!, this.#ranks[i]!];
      if (ordinal !== this.#worstOrdinal && !this.wants(ordinal, rank)) continue;
      this.#ordinals[kept] = ordinal;
      this.#ranks[kept] = rank;
      kept++;
    }
    this.#count = kept;
  }
}
