/** Buckets by the bucket of the level above and a number as key: an open-addressing hash table over typed arrays. */
import type { Budget } from './budget.ts';

const EMPTY = -1;
/** Bytes that a bucket takes: key, parent, count, and its share of the slots. */
const BUCKET_BYTES = 28;

/** Numbers buckets in the order in which they are met, and counts their documents. */
export class BucketTable {
  #size = 0;
  #parents = new Uint32Array(16);
  #keys = new Float64Array(16);
  #counts = new Uint32Array(16);
  #slots = new Int32Array(32).fill(EMPTY);
  readonly #bits = new Float64Array(1);
  readonly #words = new Uint32Array(this.#bits.buffer);
  readonly #budget: Budget;
  #byParent: { readonly starts: Uint32Array; readonly buckets: Uint32Array } | undefined;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Number of buckets. */
  get size(): number {
    return this.#size;
  }

  /** The bucket of a key, which is no NaN; a new one if need be. */
  bucketOf(parent: number, key: number): number {
    const mask = this.#slots.length - 1;
    let slot = this.#hash(parent, key) & mask;
    for (;;) {
      const bucket = this.#slots[slot]!;
      if (bucket === EMPTY) return this.#add(slot, parent, key);
      if (this.#keys[bucket] === key && this.#parents[bucket] === parent) return bucket;
      slot = (slot + 1) & mask;
    }
  }

  /** Counts documents of a bucket. */
  count(bucket: number, docCount = 1): void {
    this.#counts[bucket]! += docCount;
  }

  keyOf(bucket: number): number {
    return this.#keys[bucket]!;
  }

  docCount(bucket: number): number {
    return this.#counts[bucket]!;
  }

  /** The buckets below a bucket of the level above, in the order in which they were met. A view. */
  of(parent: number): Uint32Array {
    const { starts, buckets } = (this.#byParent ??= this.#grouped());
    return parent + 1 < starts.length ? buckets.subarray(starts[parent], starts[parent + 1]) : new Uint32Array(0);
  }

  #add(slot: number, parent: number, key: number): number {
    const bucket = this.#size++;
    if (bucket === this.#keys.length) this.#grow();
    this.#parents[bucket] = parent;
    this.#keys[bucket] = key;
    this.#slots[slot] = bucket;
    this.#byParent = undefined;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return bucket;
  }

  #grow(): void {
    const length = this.#keys.length * 2;
    this.#budget.takeBytes((length / 2) * BUCKET_BYTES);
    const [parents, keys, counts] = [new Uint32Array(length), new Float64Array(length), new Uint32Array(length)];
    parents.set(this.#parents);
    keys.set(this.#keys);
    counts.set(this.#counts);
    this.#parents = parents;
    this.#keys = keys;
    this.#counts = counts;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(EMPTY);
    const mask = slots.length - 1;
    for (let bucket = 0; bucket < this.#size; bucket++) {
      let slot = this.#hash(this.#parents[bucket]!, this.#keys[bucket]!) & mask;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = bucket;
    }
    this.#slots = slots;
  }

  /** Mixes the bits of parent and key with the constants of MurmurHash3's finalizer. */
  #hash(parent: number, key: number): number {
    this.#bits[0] = key;
    let hash = Math.imul(this.#words[0]! ^ Math.imul(this.#words[1]!, 0x9e3779b1), 0x85ebca6b) ^ parent;
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  /** Counting sort of the buckets by parent. */
  #grouped(): { starts: Uint32Array; buckets: Uint32Array } {
    let parentCount = 0;
    for (let bucket = 0; bucket < this.#size; bucket++) parentCount = Math.max(parentCount, this.#parents[bucket]! + 1);
    const starts = new Uint32Array(parentCount + 1);
    for (let bucket = 0; bucket < this.#size; bucket++) starts[this.#parents[bucket]! + 1]!++;
    for (let parent = 0; parent < parentCount; parent++) starts[parent + 1]! += starts[parent]!;
    const next = starts.slice();
    const buckets = new Uint32Array(this.#size);
    for (let bucket = 0; bucket < this.#size; bucket++) buckets[next[this.#parents[bucket]!]!++] = bucket;
    return { starts, buckets };
  }
}
