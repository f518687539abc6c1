/**
 * Drives the WebAssembly kernel: writes a plan into the memory where its segment lies, runs it there, and reads the hits.
 * One kernel serves all engines that share a pool of memory.
 */
import { CoppiceError } from '../../errors.ts';
import type { RegionPool, SharedMemory } from '../memory/region.ts';
import { isWebAssemblyTrap } from '../memory/web-assembly.ts';
import type { SignatureRange } from '../part/term-signature.ts';
import { findFirst } from './first-documents.ts';
import {
  type Bitmap,
  type FirstDocumentsPlan,
  type KernelHits,
  type KernelOrder,
  type KernelPlan,
  type KernelSearch,
  MAX_LISTED,
  MAX_PHRASE_TERMS,
  type SearchKernel,
} from './plan.ts';
import { type PlanTask, writePlan } from './plan-writer.ts';
import { QUERY } from './record-fields.ts';
import { LIST_NUMBERS, Scratch } from './scratch.ts';

/** Most terms of a plan. */
export const MAX_KERNEL_TERMS = 1024;

const COUNT_ALL = 0xffffffff;
/** Hits that there is room for at first. */
const FIRST_HITS = 128;
const NO_HITS: KernelHits = {
  count: 0,
  ordinals: new Uint32Array(0),
  scores: new Float32Array(0),
  total: 0,
  isLowerBound: false,
};

const SELECT_ONLY = { limit: 0, floor: Number.NEGATIVE_INFINITY, countLimit: 0, target: undefined };

const kernels = new WeakMap<RegionPool, SearchKernel>();

/**
 * The kernel of a pool; the same one for each call with it.
 *
 * @throws Error if the WebAssembly module was not built; not before it is needed.
 */
export function createSearchKernel(pool: RegionPool): SearchKernel {
  const kernel = kernels.get(pool) ?? new WebAssemblyKernel(pool);
  kernels.set(pool, kernel);
  return kernel;
}

class WebAssemblyKernel implements SearchKernel {
  readonly #pool: RegionPool;
  readonly #scratches = new WeakMap<SharedMemory, Scratch>();
  /** The scratch that was used last, and its memory: mostly there is one. */
  #last: { readonly memory: SharedMemory; readonly scratch: Scratch } | undefined;
  #ordinals = new Uint32Array(FIRST_HITS);
  #scores = new Float32Array(FIRST_HITS);

  constructor(pool: RegionPool) {
    this.#pool = pool;
  }

  search(plan: KernelPlan, { limit, floor, countLimit }: KernelSearch): KernelHits {
    if (matchesNothing(plan)) return NO_HITS;
    // What a single term matches is known without looking.
    const known = plan.terms.length === 1 && plan.filter === undefined ? docFrequencyOf(plan) : undefined;
    const countTo = known === undefined ? Math.min(COUNT_ALL, countLimit) : 0;
    const scratch = this.#run(plan, { limit, floor, countLimit: countTo, target: undefined });
    const total = known ?? result(scratch, QUERY.total);
    const isLowerBound = known === undefined && (countTo === 0 || total > countTo);
    return { count: this.#readHits(scratch), ordinals: this.#ordinals, scores: this.#scores, total, isLowerBound };
  }

  count(plan: KernelPlan): number {
    if (matchesNothing(plan)) return 0;
    if (plan.terms.length === 1 && plan.filter === undefined) return docFrequencyOf(plan);
    const task = { limit: 0, floor: Number.NEGATIVE_INFINITY, countLimit: COUNT_ALL, target: undefined };
    return result(this.#run(plan, task), QUERY.total);
  }

  mark(plan: KernelPlan, into: Bitmap): void {
    if (matchesNothing(plan)) return;
    this.#run(plan, { limit: 0, floor: Number.NEGATIVE_INFINITY, countLimit: COUNT_ALL, target: into });
  }

  first(plan: FirstDocumentsPlan, limit: number): Uint32Array {
    const { memory } = plan.layout;
    const scratch = this.#scratchFor(memory, 1, limit);
    try {
      return findFirst(scratch, plan, limit);
    } catch (cause) {
      throw this.#abandon(memory, scratch, cause);
    }
  }

  alike(memory: SharedMemory, { signatures, from, to, signature, mostLost, mostGained }: SignatureRange): number[] {
    const { exports, words, list, region } = this.#scratchFor(memory, 1, 1);
    const found: number[] = [];
    for (let at = from; at < to; at += LIST_NUMBERS) {
      const count = Math.min(LIST_NUMBERS, to - at);
      const address = signatures.byteOffset + at * 4;
      const size = exports.listAlike(address, count, signature, mostLost, mostGained, region.address + list);
      for (let i = 0; i < size; i++) found.push(at + words[(list >>> 2) + i]!);
    }
    return found;
  }

  select(plan: KernelPlan, documents: Uint32Array, limit: number): Uint32Array {
    if (matchesNothing(plan)) return NO_HITS.ordinals;
    const scratch = this.#run(plan, SELECT_ONLY, 'select', (into) => writeList(into, documents, limit));
    const at = scratch.list >>> 2;
    return scratch.words.subarray(at, at + result(scratch, QUERY.hitCount));
  }

  sort(plan: KernelPlan, order: KernelOrder, limit: number, target: Bitmap | undefined): KernelHits {
    if (matchesNothing(plan)) return NO_HITS;
    if (target === undefined && plan.terms.length > 1) throw new Error('several terms are sorted without a target');
    const task = { limit, floor: Number.NEGATIVE_INFINITY, countLimit: COUNT_ALL, target };
    const scratch = this.#run(plan, task, 'sort', (into) => writeOrder(into, order));
    const total = result(scratch, QUERY.total);
    const count = this.#readHits(scratch);
    return { count, ordinals: this.#ordinals, scores: this.#scores, total, isLowerBound: false };
  }

  #run(
    plan: KernelPlan,
    task: PlanTask,
    entry: 'run' | 'select' | 'sort' = 'run',
    addTo?: (scratch: Scratch) => void,
  ): Scratch {
    const memory = plan.terms[0]!.layout.memory;
    if (plan.kind === 'phrase' && plan.terms.length > MAX_PHRASE_TERMS)
      throw new Error(`a phrase of ${plan.terms.length} terms`);
    const scratch = this.#scratchFor(memory, plan.terms.length, task.limit);
    writePlan(scratch, plan, task);
    addTo?.(scratch);
    try {
      scratch.exports[entry](scratch.region.address + scratch.query);
    } catch (cause) {
      throw this.#abandon(memory, scratch, cause);
    }
    return scratch;
  }

  /** Gives scratch up whose accumulators may be in disorder. Returns what to throw. */
  #abandon(memory: SharedMemory, scratch: Scratch, cause: unknown): unknown {
    this.#scratches.delete(memory);
    this.#last = undefined;
    scratch.region.release();
    if (!isWebAssemblyTrap(cause)) return cause;
    return new CoppiceError('CORRUPT_SEGMENT', 'postings point outside of the memory of their segment', { cause });
  }

  #scratchFor(memory: SharedMemory, terms: number, hits: number): Scratch {
    if (this.#last?.memory === memory && this.#last.scratch.fits(terms, hits)) return this.#last.scratch;
    const scratch = this.#roomFor(memory, terms, hits);
    this.#last = { memory, scratch };
    return scratch;
  }

  #roomFor(memory: SharedMemory, terms: number, hits: number): Scratch {
    if (terms > MAX_KERNEL_TERMS) throw new Error(`a plan of ${terms} terms; at most ${MAX_KERNEL_TERMS}`);
    const scratch = this.#scratches.get(memory);
    if (scratch?.fits(terms, hits)) return scratch;
    const size = { terms: roundUp(terms), hits: roundUp(hits) };
    // Room that another engine lent may be too small for both.
    this.#scratches.delete(memory);
    this.#last = undefined;
    scratch?.region.release();
    const larger = new Scratch(this.#pool, memory, size, scratch);
    this.#scratches.set(memory, larger);
    return larger;
  }

  /** A hit is the complement of its ordinal, then its score. Returns how many there are. */
  #readHits({ words, floats, query, hits }: Scratch): number {
    const count = words[(query >>> 2) + QUERY.hitCount]!;
    if (count > this.#ordinals.length) {
      this.#ordinals = new Uint32Array(roundUp(count));
      this.#scores = new Float32Array(roundUp(count));
    }
    const [ordinals, scores] = [this.#ordinals, this.#scores];
    for (let i = 0, at = hits >>> 2; i < count; i++, at += 2) {
      ordinals[i] = ~words[at]!;
      scores[i] = floats[at + 1]!;
    }
    return count;
  }
}

function matchesNothing({ kind, terms, minimum = 1, endOrdinal }: KernelPlan): boolean {
  return terms.length === 0 || endOrdinal === 0 || (kind === 'or' && minimum > terms.length);
}

function docFrequencyOf({ terms: [first] }: KernelPlan): number {
  return first === undefined ? 0 : first.layout.docFrequencies[first.term]!;
}

function writeOrder({ words, query }: Scratch, order: KernelOrder): void {
  const at = query >>> 2;
  words[at + QUERY.values] = order.values;
  words[at + QUERY.valueWidth] = order.width;
  words[at + QUERY.flip] = order.isAscending ? 0xffffffff : 0;
  words[at + QUERY.leastKey] = order.leastKey;
  words[at + QUERY.greatestKey] = order.greatestKey;
}

function writeList({ words, list, query }: Scratch, documents: Uint32Array, limit: number): void {
  if (documents.length > MAX_LISTED) throw new Error(`a list of ${documents.length} documents`);
  words.set(documents, list >>> 2);
  words[(query >>> 2) + QUERY.listed] = documents.length;
  words[(query >>> 2) + QUERY.limit] = limit;
}

function result(scratch: Scratch, field: number): number {
  return scratch.words[(scratch.query >>> 2) + field]!;
}

/** So that room is not made anew for each call that needs a little more than the one before. */
function roundUp(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, count)));
}
