/** Writes a plan and what is to be done with it as the kernel's records. */

import type { Bitmap, KernelPlan, KernelTerm } from './plan.ts';
import { KINDS, QUERY, TERM } from './record-fields.ts';
import { SCORES_BYTES, type Scratch } from './scratch.ts';

/** What to do with a plan. */
export type PlanTask = {
  /** Hits to keep; 0 to count or mark. */
  readonly limit: number;
  readonly floor: number;
  /** At most 2^32 - 1. */
  readonly countLimit: number;
  /** What to mark, if anything. */
  readonly target: Bitmap | undefined;
};

/** In longer plans terms of equal weight share their tables. */
const FEW_TERMS = 8;

/** No positions are farther apart. */
const MOST_SLOP = 2 ** 28;

/** Hits that a guess from 100 postings is good for. */
const MOST_GUESSED = 50;

/** Terms whose weights differ more than this add up differently in another order. */
const EXACT_RATIO = 2 ** 26;

/** Writes the records of a call into scratch that fits it. */
export function writePlan(scratch: Scratch, plan: KernelPlan, task: PlanTask): void {
  scratch.begin();
  const { address } = scratch.region;
  const { words, floats } = scratch;
  const count = plan.terms.length;
  const kind = kindOf(plan);
  const at = scratch.query >>> 2;
  words[at + QUERY.terms] = address + scratch.addresses;
  words[at + QUERY.termCount] = count;
  words[at + QUERY.kind] = kind;
  words[at + QUERY.minimum] = kind === KINDS.or ? Math.max(1, plan.minimum ?? 1) : count;
  words[at + QUERY.endOrdinal] = plan.endOrdinal;
  words[at + QUERY.filter] = addressOf(plan.filter);
  words[at + QUERY.filterWords] = plan.filter?.words.length ?? 0;
  words[at + QUERY.filterCount] = plan.filter === undefined ? plan.endOrdinal : (plan.filter.count ?? -1);
  words[at + QUERY.target] = addressOf(task.target);
  words[at + QUERY.targetWords] = task.target?.words.length ?? 0;
  words[at + QUERY.limit] = task.limit;
  words[at + QUERY.countLimit] = task.countLimit;
  floats[at + QUERY.floor] = floatNotAbove(task.floor);
  words[at + QUERY.isExact] = kind === KINDS.phrase || sumsAreExact(plan.terms) ? 1 : 0;
  words[at + QUERY.slop] = kind === KINDS.phrase ? Math.min(plan.slop ?? 0, MOST_SLOP) : 0;
  words[at + QUERY.hits] = address + scratch.hits;
  words[at + QUERY.order] = address + scratch.order;
  words[at + QUERY.prefix] = address + scratch.prefix;
  words[at + QUERY.window] = address + scratch.window;
  words[at + QUERY.list] = address + scratch.list;
  words[at + QUERY.hitCount] = 0;
  writeTerms(scratch, plan, kind, task.limit);
}

function writeTerms(scratch: Scratch, { terms, places, filter, minimum = 1 }: KernelPlan, kind: number, limit: number) {
  const { words, floats } = scratch;
  const phraseWeight = kind === KINDS.phrase ? sumOfWeights(terms) : undefined;
  const isSeeded = kind === KINDS.or && minimum <= 1 && limit > 0;
  const owners = limit > 0 && terms.length > FEW_TERMS ? new Map<number, number>() : undefined;
  for (let index = 0; index < terms.length; index++) {
    const term = terms[index]!;
    const at = scratch.term(index) >>> 2;
    const weight = phraseWeight ?? term.weight;
    words[(scratch.addresses >>> 2) + index] = scratch.region.address + scratch.term(index);
    writePostings(scratch, at, term);
    words[at + TERM.profile] = scratch.profile(term.layout.codes, term.factors);
    floats[at + TERM.weight] = weight;
    words[at + TERM.place] = places?.[index] ?? index;
    words[at + TERM.kthCode] = isSeeded ? kthCodeOf(term, limit, filter !== undefined) : 0;
    // All terms of a phrase score alike.
    const owner = phraseWeight === undefined ? ownerOf(scratch, index, weight, owners) : 0;
    const tables = scratch.region.address + scratch.tables(owner);
    words[at + TERM.scores] = tables;
    words[at + TERM.bounds] = tables + SCORES_BYTES;
    words[at + TERM.quanta] = tables + 2 * SCORES_BYTES;
    words[at + TERM.ownsTables] = owner === index ? 1 : 0;
  }
}

/** The term whose tables serve a term: the first one of its weight and profile, if that is looked for. */
function ownerOf(scratch: Scratch, index: number, weight: number, owners: Map<number, number> | undefined): number {
  if (owners === undefined) return index;
  const owner = owners.get(weight);
  const profileOf = (other: number) => scratch.words[(scratch.term(other) >>> 2) + TERM.profile];
  if (owner !== undefined && profileOf(owner) === profileOf(index)) return owner;
  owners.set(weight, index);
  return index;
}

function writePostings({ words }: Scratch, at: number, { layout, term }: KernelTerm): void {
  const block = layout.firstBlocks[term]!;
  words[at + TERM.blockLast] = layout.blockLast + block * 4;
  words[at + TERM.blockPostings] = layout.blockPostings + block * 4;
  words[at + TERM.blockPositions] = layout.blockPositions + block * 4;
  words[at + TERM.blockPositionBits] = layout.blockPositionBits + block;
  words[at + TERM.blockMax] = layout.blockMax + block;
  words[at + TERM.blockWidth] = layout.blockWidth + block;
  words[at + TERM.postings] = layout.postings;
  words[at + TERM.positions] = layout.positions;
  words[at + TERM.norms] = layout.norms;
  words[at + TERM.blockCount] = layout.firstBlocks[term + 1]! - block;
  words[at + TERM.docFrequency] = layout.docFrequencies[term]!;
  words[at + TERM.hasCodes] = layout.hasFrequencies ? 1 : 0;
}

/** What is the same in the end is evaluated alike. */
function kindOf({ kind, terms, minimum = 1 }: KernelPlan): number {
  if (terms.length === 1) return KINDS.or;
  return kind === 'or' && minimum === terms.length ? KINDS.and : KINDS[kind];
}

/** With a filter 100 postings are asked for where about half as many hits are to be kept: mostly enough of them pass. */
function kthCodeOf({ layout, term }: KernelTerm, limit: number, isFiltered: boolean): number {
  if (isFiltered) return limit <= MOST_GUESSED ? layout.kth100[term]! : 0;
  if (limit <= 10) return layout.kth10[term]!;
  return limit <= 100 ? layout.kth100[term]! : 0;
}

/**
 * Whether scores of the terms add up to the same float64 in any order. The score of a term is a multiple of 2^-25 of
 * its weight at least, and a float64 has 53 bits.
 */
function sumsAreExact(terms: readonly KernelTerm[]): boolean {
  let least = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (const { weight } of terms) {
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) throw new Error(`a term of weight ${weight}`);
    sum += weight;
    if (weight > 0 && weight < least) least = weight;
  }
  return terms.length === 1 || sum < least * EXACT_RATIO;
}

function sumOfWeights(terms: readonly KernelTerm[]): number {
  return Math.fround(terms.reduce((sum, { weight }) => sum + weight, 0));
}

function addressOf(bitmap: Bitmap | undefined): number {
  return bitmap === undefined ? 0 : bitmap.words.byteOffset;
}

/** The greatest float32 that is not above a number: scores, which are float32, are above both or neither. */
function floatNotAbove(value: number): number {
  const float = Math.fround(value);
  if (!(float > value)) return float;
  const bits = new Int32Array(Float32Array.of(float).buffer);
  bits[0]! += float > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0]!;
}
