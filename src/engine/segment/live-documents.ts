/**
 * Which documents of a segment are live: a bitmap in the segment's region, where every thread sees it, and the deletes in
 * the order in which they came, by which statistics catch up.
 */

/** Live documents of one segment. */
export class LiveDocuments {
  /** One bit per ordinal, whole windows; bits past the end are 0. */
  readonly words: Uint32Array;
  readonly docCount: number;
  #deleted = new Uint32Array(16);
  #deletedCount = 0;

  /** @param words Views the region; is filled here. */
  constructor(words: Uint32Array, docCount: number) {
    this.words = words;
    this.docCount = docCount;
    words.fill(0);
    words.fill(0xffffffff, 0, docCount >>> 5);
    if ((docCount & 31) !== 0) words[docCount >>> 5] = 2 ** (docCount & 31) - 1;
  }

  get liveCount(): number {
    return this.docCount - this.#deletedCount;
  }

  /** Documents that are deleted. */
  get deletedCount(): number {
    return this.#deletedCount;
  }

  has(ordinal: number): boolean {
    return ((this.words[ordinal >>> 5]! >>> (ordinal & 31)) & 1) === 1;
  }

  /** Marks a document as deleted; tells whether it was live. */
  delete(ordinal: number): boolean {
    if (!(ordinal >= 0 && ordinal < this.docCount) || !this.has(ordinal)) return false;
    this.words[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
    if (this.#deletedCount === this.#deleted.length) {
      const longer = new Uint32Array(this.#deletedCount * 2);
      longer.set(this.#deleted);
      this.#deleted = longer;
    }
    this.#deleted[this.#deletedCount++] = ordinal;
    return true;
  }

  /** The `index`th delete. */
  deleted(index: number): number {
    return this.#deleted[index]!;
  }
}
