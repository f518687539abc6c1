/** Segments of random postings, and what a plan over one of them has to find, worked out by adding up every posting. */
import type { KernelHits, KernelPlan, KernelSearch, KernelTerm } from '../../../src/engine/kernel/plan.ts';
import type { RegionPool } from '../../../src/engine/memory/region.ts';
import { termBytes } from '../../../src/engine/part/term-bytes.ts';
import { SloppyPhrase } from '../../../src/engine/query/sloppy-phrase.ts';
import { type Bm25Parameters, inverseLengthFactors, termScore } from '../../../src/engine/score/bm25.ts';
import { encodeLength } from '../../../src/engine/score/norms.ts';
import { chooseCodes } from '../../../src/engine/segment/code-table.ts';
import { PairHistogram } from '../../../src/engine/segment/pair-histogram.ts';
import { openSegment, type Segment } from '../../../src/engine/segment/segment.ts';
import { SegmentWriter } from '../../../src/engine/segment/segment-writer.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import type { Seeded } from '../../support/seeded.ts';

/** One term's postings. Positions of all stand one after another. */
export type CorpusPostings = {
  readonly ordinals: Uint32Array;
  readonly frequencies: Uint32Array;
  readonly positions: Uint32Array;
};

export type CorpusField = {
  readonly field: string;
  readonly type: 'text' | 'keyword';
  readonly lengths: Uint32Array;
  readonly terms: readonly CorpusPostings[];
};

export type Corpus = { readonly docCount: number; readonly fields: readonly CorpusField[] };

/** A term of a plan, by its place in the corpus. */
export type CorpusTerm = {
  readonly field: CorpusField;
  readonly number: number;
  readonly weight: number;
  readonly factors: Float32Array;
};

/** A plan as the corpus sees it. */
export type CorpusPlan = Omit<KernelPlan, 'terms' | 'filter'> & {
  readonly terms: readonly CorpusTerm[];
  readonly filter?: Uint32Array | undefined;
};

/** What a field is to look like. */
export type FieldShape = {
  readonly type: 'text' | 'keyword';
  /** Share of documents that each term is in. */
  readonly densities: readonly number[];
  /** Lengths are below this; 2 makes most scores equal. */
  readonly lengthsBelow: number;
  /** Chance of a frequency that no code stands for. */
  readonly rare: number;
};

/** Makes random postings. */
export function randomCorpus(random: Seeded, docCount: number, shapes: readonly FieldShape[]): Corpus {
  const fields = shapes.map((shape, number) => randomField(random, docCount, `f${number}`, shape));
  return { docCount, fields };
}

function randomField(random: Seeded, docCount: number, field: string, shape: FieldShape): CorpusField {
  const lengths = Uint32Array.from({ length: docCount }, () => 1 + Math.floor(shape.lengthsBelow * random.next() ** 3));
  const terms = shape.densities.map((density) => randomPostings(random, docCount, density, shape));
  return { field, type: shape.type, lengths, terms };
}

function randomPostings(random: Seeded, docCount: number, density: number, shape: FieldShape): CorpusPostings {
  const ordinals: number[] = [];
  const frequencies: number[] = [];
  const positions: number[] = [];
  let ordinal = -1;
  for (;;) {
    // Geometric gaps, and now and then a desert.
    ordinal += 1 + Math.floor(Math.log(1 - random.next()) / Math.log(1 - Math.min(0.999999, density)));
    if (density < 0.2 && random.chance(0.002)) ordinal += random.below(docCount / 4 + 1);
    if (ordinal >= docCount) break;
    ordinals.push(ordinal);
    if (shape.type === 'keyword') {
      frequencies.push(1);
      continue;
    }
    const frequency = random.chance(shape.rare) ? 40 + random.below(400) : 1 + Math.floor(4 * random.next() ** 4);
    frequencies.push(frequency);
    let position = random.below(4);
    for (let i = 0; i < frequency; i++) {
      positions.push(position);
      position += 1 + random.below(3);
    }
  }
  if (ordinals.length === 0)
    return { ordinals: Uint32Array.of(0), frequencies: Uint32Array.of(1), positions: Uint32Array.of(0) };
  return {
    ordinals: Uint32Array.from(ordinals),
    frequencies: Uint32Array.from(frequencies),
    positions: Uint32Array.from(positions),
  };
}

/** Writes a corpus as a segment and opens it. */
export function openCorpus(corpus: Corpus, regions: RegionPool): Segment {
  const store = createMemoryStore();
  const writer = new SegmentWriter({ store, name: 'corpus', docCount: corpus.docCount });
  const json = new TextEncoder().encode('{}');
  for (let i = 0; i < corpus.docCount; i++) {
    writer.addDocument({ id: termBytes(`${i}`), version: 1, seqNo: i, primaryTerm: 1, position: i });
    writer.addSource(json);
  }
  for (const field of corpus.fields) writeField(writer, field);
  for (const steps = writer.finish(); steps.next().done !== true; );
  return openSegment({ store, name: 'corpus', regions, number: 1 });
}

function writeField(writer: SegmentWriter, { field, type, lengths, terms }: CorpusField): void {
  const histogram = new PairHistogram();
  for (const { ordinals, frequencies } of terms) {
    ordinals.forEach((ordinal, i) => histogram.add(frequencies[i]!, encodeLength(lengths[ordinal]!)));
  }
  const codes = type === 'text' ? { codes: chooseCodes(histogram, averageLength(lengths), { k1: 1.2, b: 0.75 }) } : {};
  const out = writer.field({ field, type, lengths, ...codes, hasPositions: type === 'text', hasOffsets: false });
  terms.forEach(({ ordinals, frequencies, positions }, number) => {
    const bytes = termBytes(termName(number));
    const [starts, ends] = [positions, positions];
    out.term(bytes, 0, bytes.length, { count: ordinals.length, ordinals, frequencies, positions, starts, ends });
  });
  out.finish();
}

function termName(number: number): string {
  return `t${String(number).padStart(6, '0')}`;
}

export function averageLength(lengths: Uint32Array): number {
  return lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
}

/** A term under the statistics of an average length. */
export function corpusTerm(
  field: CorpusField,
  number: number,
  weight: number,
  factors = factorsOf(averageLength(field.lengths)),
): CorpusTerm {
  return { field, number, weight: Math.fround(weight), factors };
}

export function factorsOf(average: number, parameters: Bm25Parameters = { k1: 1.2, b: 0.75 }): Float32Array {
  return inverseLengthFactors({ docCount: 1000, totalTokens: average * 1000 }, parameters);
}

/** The plan as the kernel takes it. A filter is copied near the segment. */
export function kernelPlan(plan: CorpusPlan, segment: Segment, regions: RegionPool): KernelPlan {
  const terms = plan.terms.map(({ field, number, weight, factors }): KernelTerm => {
    const layout = segment.kernelPart.layout(field.field);
    if (layout === undefined) throw new Error(`no layout of ${field.field}`);
    const term = segment.inverted(field.field)?.lookup(termName(number)) ?? -1;
    return { layout, term, weight, factors };
  });
  const { filter: bits, ...rest } = plan;
  if (bits === undefined) return { ...rest, terms, filter: undefined };
  return { ...rest, terms, filter: bitmapNear(segment, bits, regions) };
}

/** Bits in a region near a segment. */
export function bitmapNear(segment: Segment, bits: Uint32Array, regions: RegionPool) {
  const region = regions.allocate(bits.byteLength, segment.kernelPart.region);
  const words = new Uint32Array(region.bytes.buffer, region.address, bits.length);
  words.set(bits);
  return { region, words };
}

/** The documents that match and their scores, by adding up all postings in the order of the terms. */
export function evaluateCorpus(plan: CorpusPlan): { readonly ordinals: number[]; readonly scores: number[] } {
  const { kind, terms, filter, endOrdinal } = plan;
  const sums = new Float64Array(endOrdinal);
  const counts = new Uint16Array(endOrdinal);
  const minimum = kind === 'or' ? Math.max(1, plan.minimum ?? 1) : terms.length;
  for (const term of terms) addTerm(term, sums, counts);
  const phrases = kind === 'phrase' ? phraseFrequencies(plan) : undefined;
  const weight = Math.fround(terms.reduce((sum, term) => sum + term.weight, 0));
  const ordinals: number[] = [];
  const scores: number[] = [];
  for (let ordinal = 0; ordinal < endOrdinal; ordinal++) {
    if (counts[ordinal]! < minimum) continue;
    if (filter !== undefined && ((filter[ordinal >>> 5]! >>> (ordinal & 31)) & 1) === 0) continue;
    const frequency = phrases?.get(ordinal) ?? 0;
    if (phrases !== undefined && frequency === 0) continue;
    ordinals.push(ordinal);
    scores.push(
      phrases === undefined ? Math.fround(sums[ordinal]!) : scoreOf({ ...terms[0]!, weight }, ordinal, frequency),
    );
  }
  return { ordinals, scores };
}

function addTerm(term: CorpusTerm, sums: Float64Array, counts: Uint16Array): void {
  const { ordinals, frequencies } = term.field.terms[term.number]!;
  for (let i = 0; i < ordinals.length; i++) {
    sums[ordinals[i]!]! += scoreOf(term, ordinals[i]!, frequencies[i]!);
    counts[ordinals[i]!]!++;
  }
}

function scoreOf({ field, weight, factors }: CorpusTerm, ordinal: number, frequency: number): number {
  const norm = field.type === 'text' ? encodeLength(field.lengths[ordinal]!) : 1;
  return termScore(weight, frequency, factors[norm]!);
}

function phraseFrequencies({ terms, places, slop = 0 }: CorpusPlan): Map<number, number> {
  if (slop > 0) return sloppyFrequencies({ terms, places, slop });
  const frequencies = new Map<number, number>();
  const [first, ...others] = terms.map((term, i) => ({ positions: positionsOf(term), place: places?.[i] ?? i }));
  for (const [ordinal, starts] of first!.positions) {
    let count = 0;
    for (const start of starts) {
      const begin = start - first!.place;
      if (others.every(({ positions, place }) => positions.get(ordinal)?.has(begin + place) === true)) count++;
    }
    if (count > 0) frequencies.set(ordinal, count);
  }
  return frequencies;
}

/** As the reference evaluator counts them. */
function sloppyFrequencies({
  terms,
  places,
  slop,
}: Pick<CorpusPlan, 'terms'> & { readonly places: readonly number[] | undefined; readonly slop: number }): Map<
  number,
  number
> {
  const offsets = terms.map((_, i) => places?.[i] ?? i);
  const phrase = new SloppyPhrase(
    offsets,
    terms.map(({ number }) => [String(number)]),
    slop,
  );
  const [first, ...others] = terms.map(positionsOf);
  const frequencies = new Map<number, number>();
  for (const [ordinal, begins] of first!) {
    const found = [begins, ...others.map((positions) => positions.get(ordinal) ?? new Set<number>())];
    if (found.some(({ size }) => size === 0)) continue;
    const lists = found.map((set) => ({ positions: Uint32Array.from(set), count: set.size }));
    const frequency = phrase.frequency(lists);
    if (frequency > 0) frequencies.set(ordinal, frequency);
  }
  return frequencies;
}

function positionsOf({ field, number }: CorpusTerm): Map<number, Set<number>> {
  const { ordinals, frequencies, positions } = field.terms[number]!;
  const byOrdinal = new Map<number, Set<number>>();
  let at = 0;
  ordinals.forEach((ordinal, i) => {
    byOrdinal.set(ordinal, new Set(positions.subarray(at, at + frequencies[i]!)));
    at += frequencies[i]!;
  });
  return byOrdinal;
}

/** Whether the hits of a search are right, given all matches. Tells what is wrong, or gives undefined. */
export function wrongHits(
  hits: KernelHits,
  { ordinals, scores }: ReturnType<typeof evaluateCorpus>,
  { limit, floor, countLimit }: KernelSearch,
): string | undefined {
  const best = ordinals
    .map((ordinal, i) => ({ ordinal, score: scores[i]! }))
    .filter(({ score }) => score > floor)
    .sort((a, b) => b.score - a.score || a.ordinal - b.ordinal)
    .slice(0, limit);
  if (hits.count !== best.length) return `${hits.count} hits, not ${best.length}`;
  for (const [i, { ordinal, score }] of best.entries()) {
    if (hits.ordinals[i] !== ordinal || hits.scores[i] !== score) {
      return `hit ${i} is ${hits.ordinals[i]} with ${hits.scores[i]}, not ${ordinal} with ${score}`;
    }
  }
  const isExact = ordinals.length <= countLimit;
  if (!hits.isLowerBound || isExact) {
    if (hits.total !== ordinals.length && countLimit > 0) return `${hits.total} matches, not ${ordinals.length}`;
    return hits.isLowerBound && countLimit > 0 ? 'an exact count as a lower bound' : undefined;
  }
  return hits.total > ordinals.length || hits.total < Math.min(countLimit, ordinals.length)
    ? `${hits.total} of ${ordinals.length} matches with a limit of ${countLimit}`
    : undefined;
}
