/** Bitmaps of filters over segments, kept from search to search. A bitmap outlives deletes: those are masked afterwards. */
import type { Bitmap } from '../kernel/plan.ts';
import type { IndexPart } from '../part/index-part.ts';

type Entry = {
  readonly bitmap: Bitmap;
  readonly part: IndexPart;
  readonly generation: number | undefined;
  search: number;
};

/** Filters whose first use is remembered. */
const MAX_SEEN = 4096;

/** Keeps filters of segments, bounded in bytes; what was not used for longest goes first. */
export class FilterCache {
  readonly #maxBytes: number;
  /** By part and key; those used last come last. */
  readonly #entries = new Map<string, Entry>();
  readonly #seen = new Set<string>();
  readonly #partNumbers = new WeakMap<IndexPart, number>();
  #partCount = 0;
  #bytes = 0;
  #search = 0;

  constructor({ maxBytes = 64 * 1024 * 1024 }: { readonly maxBytes?: number } = {}) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the bitmaps that are kept. */
  get usedBytes(): number {
    return this.#bytes;
  }

  /** Begins a search: bitmaps that it uses stay until the next one begins. */
  beginSearch(): void {
    this.#search++;
  }

  /** A bitmap that is kept; one that was put with a generation, only while that is the part's. */
  get(part: IndexPart, filter: string): Bitmap | undefined {
    const key = this.#key(part, filter);
    const entry = this.#entries.get(key);
    if (entry === undefined || (entry.generation !== undefined && entry.generation !== part.generation))
      return undefined;
    if (entry.search !== this.#search) {
      entry.search = this.#search;
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry.bitmap;
  }

  /** Notes that a filter that is not kept was used; tells whether it has been before. */
  noteUse(part: IndexPart, filter: string): boolean {
    const key = this.#key(part, filter);
    if (this.#seen.has(key)) return true;
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.add(key);
    return false;
  }

  /**
   * Keeps a bitmap, whose region is the cache's from now on.
   *
   * @param generation That of the part, if the bitmap holds for it alone.
   * @returns Whether there is room; else the region stays the caller's.
   */
  put(part: IndexPart, filter: string, bitmap: Bitmap, generation?: number): boolean {
    const size = bitmap.region.byteLength;
    const own = this.#key(part, filter);
    const stale = this.#entries.get(own);
    if (stale !== undefined) this.#drop(own, stale);
    for (const [key, entry] of this.#entries) {
      if (this.#bytes + size <= this.#maxBytes || entry.search === this.#search) break;
      this.#drop(key, entry);
    }
    if (this.#bytes + size > this.#maxBytes) return false;
    this.#entries.set(own, { bitmap, part, generation, search: this.#search });
    this.#bytes += size;
    return true;
  }

  /** Forgets a part; to be called before a part is closed. */
  dropPart(part: IndexPart): void {
    for (const [key, entry] of this.#entries) if (entry.part === part) this.#drop(key, entry);
  }

  /** Forgets everything. */
  close(): void {
    for (const [key, entry] of this.#entries) this.#drop(key, entry);
    this.#seen.clear();
  }

  #drop(key: string, { bitmap }: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= bitmap.region.byteLength;
    bitmap.region.release();
  }

  #key(part: IndexPart, filter: string): string {
    let number = this.#partNumbers.get(part);
    if (number === undefined) {
      number = ++this.#partCount;
      this.#partNumbers.set(part, number);
    }
    return `${number} ${filter}`;
  }
}
