/** Walks over the terms of several dictionaries at once, in the order of their bytes. */
import { compareBytes } from '../part/term-bytes.ts';
import type { SegmentField } from '../segment/segment-field.ts';

/** A sorted dictionary: term `t` is `termBytes[termOffsets[t]]` to `termBytes[termOffsets[t + 1] - 1]`. */
export type Dictionary = Pick<SegmentField, 'termCount' | 'termBytes' | 'termOffsets'>;

/** After `next()` is true, tells of the current term: its bytes, and which dictionaries have it under which number. */
export class TermMerger {
  readonly #dictionaries: readonly Dictionary[];
  /** Dictionaries that have terms left: a heap by their next term, then by their number. */
  readonly #heap: number[] = [];
  /** Number of the next term by dictionary. */
  readonly #next: Uint32Array;
  /** Dictionaries that have the current term, rising, and its number in each. */
  readonly sources: Uint32Array;
  readonly terms: Uint32Array;
  count = 0;
  bytes: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;

  constructor(dictionaries: readonly Dictionary[]) {
    this.#dictionaries = dictionaries;
    this.#next = new Uint32Array(dictionaries.length);
    this.sources = new Uint32Array(dictionaries.length);
    this.terms = new Uint32Array(dictionaries.length);
    dictionaries.forEach(({ termCount }, i) => {
      if (termCount > 0) this.#heap.push(i);
    });
    for (let at = this.#heap.length >>> 1; at >= 0; at--) this.#sink(at);
  }

  /** Moves to the next term; false at the end. */
  next(): boolean {
    const first = this.#heap[0];
    if (first === undefined) return false;
    const { termBytes, termOffsets } = this.#dictionaries[first]!;
    const term = this.#next[first]!;
    this.bytes = termBytes;
    this.from = termOffsets[term]!;
    this.to = termOffsets[term + 1]!;
    this.count = 0;
    do {
      this.#take(this.#heap[0]!);
    } while (this.#heap.length > 0 && this.#isCurrent(this.#heap[0]!));
    return true;
  }

  #take(source: number): void {
    this.sources[this.count] = source;
    this.terms[this.count] = this.#next[source]!;
    this.count++;
    this.#next[source]!++;
    if (this.#next[source] === this.#dictionaries[source]!.termCount) {
      const last = this.#heap.pop()!;
      if (this.#heap.length === 0) return;
      this.#heap[0] = last;
    }
    this.#sink(0);
  }

  #isCurrent(source: number): boolean {
    const { termBytes, termOffsets } = this.#dictionaries[source]!;
    const term = this.#next[source]!;
    return compareBytes(termBytes, termOffsets[term]!, termOffsets[term + 1]!, this.bytes, this.from, this.to) === 0;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    let at = from;
    for (let child = at * 2 + 1; child < heap.length; child = at * 2 + 1) {
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#isBefore(heap[child]!, heap[at]!)) return;
      const moved = heap[at]!;
      heap[at] = heap[child]!;
      heap[child] = moved;
      at = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#dictionaries[a]!, this.#dictionaries[b]!];
    const [s, t] = [this.#next[a]!, this.#next[b]!];
    const order = compareBytes(
      x.termBytes,
      x.termOffsets[s]!,
      x.termOffsets[s + 1]!,
      y.termBytes,
      y.termOffsets[t]!,
      y.termOffsets[t + 1]!,
    );
    return order === 0 ? a < b : order < 0;
  }
}
