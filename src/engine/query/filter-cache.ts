/** Bitmaps of filters over segments, kept from search to search. A bitmap outlives deletes: those are masked afterwards. */
import type { IndexPart } from '../part/index-part.ts';

/** Keeps filters of segments, bounded in bytes; what was not used for longest goes first. */
export class FilterCache {
  readonly #maxBytes: number;

  constructor({ maxBytes = 64 * 1024 * 1024 }: { readonly maxBytes?: number } = {}) {
    this.#maxBytes = maxBytes;
  }

  /** Most bytes of bitmaps. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Forgets a part; to be called before a part is closed. */
  dropPart(_part: IndexPart): void {}

  /** Forgets everything. */
  close(): void {}
}
