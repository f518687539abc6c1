/** Bitmaps of filters over segments, kept from search to search. A bitmap outlives deletes: those are masked afterwards. */
import type { Bitmap } from '../kernel/plan.ts';
import type { IndexPart } from '../part/index-part.ts';

type Entry = {
  readonly bitmap: Bitmap;
  /** Bytes that are counted for it. */
  readonly size: number;
  readonly part: IndexPart;
  readonly key: string;
  readonly generation: number | undefined;
  search: number;
};

/** What is known of a part's filters. */
type PartFilters = { readonly kept: Map<string, Entry>; readonly seen: Set<string>; seenLength: number };

/** Filters of a part whose first use is remembered, and characters of their names together. */
const MAX_SEEN = 1024;
const MAX_SEEN_LENGTH = 1 << 20;

/** Keeps filters of segments, bounded in bytes; what was not used for longest goes first. */
export class FilterCache {
  readonly #maxBytes: number;
  readonly #parts = new Map<IndexPart, PartFilters>();
  /** Those used last come last. */
  readonly #entries = new Set<Entry>();
  #bytes = 0;
  #search = 0;

  constructor({ maxBytes = 64 * 1024 * 1024 }: { readonly maxBytes?: number } = {}) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the bitmaps that are kept and of their names, which may be long lists of values. */
  get usedBytes(): number {
    return this.#bytes;
  }

  /** Begins a search: bitmaps that it uses stay until the next one begins. */
  beginSearch(): void {
    this.#search++;
  }

  /** A bitmap that is kept; one that was put with a generation, only while that is the part's. */
  get(part: IndexPart, key: string): Bitmap | undefined {
    const entry = this.#parts.get(part)?.kept.get(key);
    if (entry === undefined) return undefined;
    if (entry.generation !== undefined && entry.generation !== part.generation) return undefined;
    if (entry.search !== this.#search) {
      entry.search = this.#search;
      this.#entries.delete(entry);
      this.#entries.add(entry);
    }
    return entry.bitmap;
  }

  /** Notes that a filter that is not kept was used; tells whether it has been before. */
  noteUse(part: IndexPart, key: string): boolean {
    const filters = this.#filtersOf(part);
    const { seen } = filters;
    if (seen.has(key)) return true;
    if (seen.size >= MAX_SEEN || filters.seenLength + key.length > MAX_SEEN_LENGTH) {
      seen.clear();
      filters.seenLength = 0;
    }
    seen.add(key);
    filters.seenLength += key.length;
    return false;
  }

  /**
   * Keeps a bitmap, whose region is the cache's from now on.
   *
   * @param generation That of the part, if the bitmap holds for it alone.
   * @returns Whether there is room; else the region stays the caller's.
   */
  put(part: IndexPart, key: string, bitmap: Bitmap, generation?: number): boolean {
    const size = bitmap.region.byteLength + key.length;
    const { kept } = this.#filtersOf(part);
    const stale = kept.get(key);
    if (stale !== undefined) this.#drop(stale);
    for (const entry of this.#entries) {
      if (this.#bytes + size <= this.#maxBytes || entry.search === this.#search) break;
      this.#drop(entry);
    }
    if (this.#bytes + size > this.#maxBytes) return false;
    const entry = { bitmap, size, part, key, generation, search: this.#search };
    kept.set(key, entry);
    this.#entries.add(entry);
    this.#bytes += size;
    return true;
  }

  /** Forgets a part; to be called before a part is closed. */
  dropPart(part: IndexPart): void {
    for (const entry of this.#parts.get(part)?.kept.values() ?? []) this.#drop(entry);
    this.#parts.delete(part);
  }

  /** Forgets everything. */
  close(): void {
    for (const entry of this.#entries) this.#drop(entry);
    this.#parts.clear();
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry);
    this.#parts.get(entry.part)?.kept.delete(entry.key);
    this.#bytes -= entry.size;
    entry.bitmap.region.release();
  }

  #filtersOf(part: IndexPart): PartFilters {
    const known = this.#parts.get(part);
    if (known !== undefined) return known;
    const filters = { kept: new Map<string, Entry>(), seen: new Set<string>(), seenLength: 0 };
    this.#parts.set(part, filters);
    return filters;
  }
}
