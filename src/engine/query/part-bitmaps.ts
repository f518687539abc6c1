/**
 * Bitmaps of one search: filters over segments, from the cache where they are kept, joined with what is live for the
 * kernel. What the cache does not take over is given back when the search ends.
 */
import { isCoppiceError } from '../../errors.ts';
import type { Bitmap, KernelPlan } from '../kernel/plan.ts';
import { type IndexPart, WINDOW } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import type { FilterCache } from './filter-cache.ts';
import { MAX_PLAN_TERMS, type PlanShape, planShape } from './kernel-plans.ts';
import { PartMatchers } from './part-matchers.ts';
import type { QueryLimits } from './query-limits.ts';
import type { QueryNode } from './query-node.ts';
import { bitCount, WINDOW_WORDS } from './window.ts';
import type { WindowBuffers } from './window-buffers.ts';

type FilterNode = Extract<QueryNode, { kind: 'filter' }>;

/** What bitmaps are made with. */
export type PartBitmapsOptions = {
  readonly view: ShardView;
  readonly cache: FilterCache | undefined;
  readonly buffers: WindowBuffers;
  readonly limits: QueryLimits;
};

/** Makes bitmaps over segments; `close` gives them back. */
export class PartBitmaps {
  readonly #options: PartBitmapsOptions;
  readonly #own: Bitmap[] = [];

  constructor(options: PartBitmapsOptions) {
    this.#options = options;
    options.cache?.beginSearch();
  }

  /** The bitmap of a filter if it is kept or was used before; for evaluators that can do without. */
  known(node: FilterNode, index: number): Uint32Array | undefined {
    const { view, cache } = this.#options;
    const part = view.parts[index]!;
    if (cache === undefined || part.kernelPart === undefined) return undefined;
    const kept = cache.get(part, node.key);
    if (kept !== undefined) return kept.words;
    return cache.noteUse(part, node.key) ? this.filter(node, index)?.words : undefined;
  }

  /** Whether the bitmaps of all filters of a plan are kept. */
  areKept({ filter, mustNot }: PlanShape, index: number): boolean {
    const { view, cache } = this.#options;
    const isKept = (node: QueryNode): boolean =>
      node.kind === 'filter' && cache?.get(view.parts[index]!, node.key) !== undefined;
    return filter.every(isKept) && mustNot.every(isKept);
  }

  /** Notes the use of filters of a plan; tells whether all were used before. */
  noteUses({ filter, mustNot }: PlanShape, index: number): boolean {
    const { view, cache } = this.#options;
    if (cache === undefined) return false;
    let wereUsed = true;
    for (const node of [...filter, ...mustNot])
      if (node.kind !== 'filter' || !cache.noteUse(view.parts[index]!, node.key)) wereUsed = false;
    return wereUsed;
  }

  /** The bitmap of a query without scores; undefined if there is no room for it near the part. */
  filter(node: QueryNode, index: number): Bitmap | undefined {
    const { cache, view } = this.#options;
    const part = view.parts[index]!;
    const kept = node.kind === 'filter' ? cache?.get(part, node.key) : undefined;
    if (kept !== undefined) return kept;
    const bitmap = this.empty(index);
    if (bitmap === undefined) return undefined;
    this.#fill(bitmap, node, index);
    return node.kind === 'filter' ? this.#keep(part, node.key, bitmap) : bitmap;
  }

  /** Sets the bits of what a shape matches in an empty bitmap. False if there is no room for its filters. */
  mark(shape: PlanShape, index: number, into: Bitmap): boolean {
    const plan = this.plan(shape, index);
    if (plan === undefined) return false;
    for (let from = 0; from < plan.terms.length; from += MAX_PLAN_TERMS) {
      const isWhole = plan.terms.length <= MAX_PLAN_TERMS;
      const terms = isWhole ? plan.terms : plan.terms.slice(from, from + MAX_PLAN_TERMS);
      this.#options.view.kernel?.mark({ ...plan, terms }, into);
    }
    return true;
  }

  /** A plan with its filters; undefined if there is no room for them. */
  plan(shape: PlanShape, index: number): KernelPlan | undefined {
    const part = this.#options.view.parts[index]!;
    const live = part.kernelPart?.live;
    const isFiltered = shape.filter.length + shape.mustNot.length > 0;
    const filter = isFiltered ? this.#joined(shape, index, live) : live;
    if (isFiltered && filter === undefined) return undefined;
    const { kind, terms, minimum, places, slop } = shape;
    return { kind, terms, minimum, places, slop, endOrdinal: part.endOrdinal, filter };
  }

  /** An empty bitmap near a segment, for the length of the search; undefined if there is no room for it. */
  empty(index: number): Bitmap | undefined {
    const { view, limits } = this.#options;
    const part = view.parts[index]!;
    const byteLength = Math.ceil(part.endOrdinal / WINDOW) * WINDOW_WORDS * 4;
    limits.addBytes(byteLength, 'a bitmap');
    const region = allocate(view, byteLength, part);
    if (region === undefined) return undefined;
    const { buffer, byteOffset } = region.bytes;
    const bitmap = { region, words: new Uint32Array(buffer, byteOffset, byteLength / 4) };
    this.#own.push(bitmap);
    return bitmap;
  }

  close(): void {
    for (const { region } of this.#own) region.release();
    this.#own.length = 0;
  }

  /** The documents that filters leave, deleted ones taken out; kept until the next delete. */
  #joined(shape: PlanShape, index: number, live: Bitmap | undefined): Bitmap | undefined {
    const { filter, mustNot } = shape;
    if (filter.length === 1 && mustNot.length === 0 && live === undefined) return this.filter(filter[0]!, index);
    const { cache, view } = this.#options;
    const part = view.parts[index]!;
    const key = joinedKey(shape);
    const kept = key === undefined ? undefined : cache?.get(part, key);
    if (kept !== undefined) return kept;
    const joined = this.#join(shape, index);
    if (joined === undefined || key === undefined) return joined;
    return this.#keep(part, key, joined, part.generation);
  }

  #join({ filter, mustNot }: PlanShape, index: number): Bitmap | undefined {
    const required = filter.map((node) => this.filter(node, index));
    const forbidden = mustNot.map((node) => this.filter(node, index));
    const joined = this.empty(index);
    if (joined === undefined) return undefined;
    const { words } = joined;
    words.set(this.#options.view.parts[index]!.live.subarray(0, words.length));
    for (const bitmap of required) {
      if (bitmap === undefined) return undefined;
      for (let i = 0; i < words.length; i++) words[i]! &= bitmap.words[i]!;
    }
    for (const bitmap of forbidden) {
      if (bitmap === undefined) return undefined;
      for (let i = 0; i < words.length; i++) words[i]! &= ~bitmap.words[i]!;
    }
    return joined;
  }

  /** Lets the cache have a bitmap, if it has room; what is kept is counted. */
  #keep(part: IndexPart, key: string, bitmap: Bitmap, generation?: number): Bitmap {
    const { cache } = this.#options;
    if (cache === undefined) return bitmap;
    const counted = { ...bitmap, count: countBits(bitmap.words) };
    if (cache.put(part, key, counted, generation)) this.#own.splice(this.#own.indexOf(bitmap), 1);
    return counted;
  }

  #fill(bitmap: Bitmap, node: QueryNode, index: number): void {
    const { view, buffers } = this.#options;
    const part = view.parts[index]!;
    const shape = view.kernel === undefined ? undefined : planShape(node, part, index);
    if (shape === 'none') return;
    if (shape !== undefined && shape.filter.length + shape.mustNot.length === 0 && this.mark(shape, index, bitmap))
      return;
    const inner = node.kind === 'filter' ? node.child : node;
    const matcher = new PartMatchers(part, index, { buffers }).make(inner);
    const { words } = bitmap;
    for (let at = matcher.seek(0); at < part.endOrdinal; ) {
      const base = at - (at % WINDOW);
      matcher.fill(base);
      words.set(matcher.bits, base >>> 5);
      at = matcher.seek(base + WINDOW);
    }
    clearFrom(words, part.endOrdinal);
  }
}

/** Names the join of filters that have keys; undefined if one has none. */
function joinedKey({ filter, mustNot }: PlanShape): string | undefined {
  const keys: string[] = [];
  for (const node of filter) {
    if (node.kind !== 'filter') return undefined;
    keys.push(`+${node.key}`);
  }
  for (const node of mustNot) {
    if (node.kind !== 'filter') return undefined;
    keys.push(`-${node.key}`);
  }
  return keys.join(' ');
}

function countBits(words: Uint32Array): number {
  let count = 0;
  for (const word of words) count += bitCount(word);
  return count;
}

/** Clears the bits from an ordinal on. */
function clearFrom(words: Uint32Array, endOrdinal: number): void {
  const first = endOrdinal >>> 5;
  if (first >= words.length) return;
  words[first]! &= ~(0xffffffff << (endOrdinal & 31));
  words.fill(0, first + 1);
}

function allocate(view: ShardView, byteLength: number, part: IndexPart): Bitmap['region'] | undefined {
  try {
    return view.regions.allocate(byteLength, part.kernelPart?.region);
  } catch (error) {
    if (isCoppiceError(error, 'OUT_OF_MEMORY') || isCoppiceError(error, 'LIMIT_EXCEEDED')) return undefined;
    throw error;
  }
}
