/**
 * The kernel against a brute-force scorer, over random postings: all kinds of plans, filters, weights, statistics and
 * limits. `KERNEL_ROUNDS=<number>` runs more of them, `KERNEL_SEED=<number>` others.
 */
import { env } from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KernelPlan, KernelSearch } from '../../../src/engine/kernel/plan.ts';
import { createSearchKernel } from '../../../src/engine/kernel/search-kernel.ts';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { bitCount } from '../../../src/engine/query/window.ts';
import { Seeded } from '../../support/seeded.ts';
import { checkSelect, checkSort } from './check-sorted.ts';
import {
  bitmapNear,
  type Corpus,
  type CorpusPlan,
  type CorpusTerm,
  corpusTerm,
  evaluateCorpus,
  type FieldShape,
  factorsOf,
  kernelPlan,
  openCorpus,
  randomCorpus,
  wrongHits,
} from './postings-corpus.ts';

const ROUNDS = Number(env['KERNEL_ROUNDS'] ?? 1);
const SEED = Number(env['KERNEL_SEED'] ?? 20_250);

const test = suite('engine/kernel/search-kernel');

/** Sizes of segments, and plans to try in each. */
const SIZES = [
  [1, 10],
  [130, 60],
  [2000, 200],
  [9000, 150],
  [70_000, 40],
  [300_000, 12],
] as const;

for (const [docCount, planCount] of SIZES) {
  test(`hits, counts and marks of ${docCount} documents are those of adding up all postings`, () => {
    for (let round = 0; round < ROUNDS; round++) checkRandomPlans(SEED + round, docCount, planCount);
  });
}

test.run();

function checkRandomPlans(seed: number, docCount: number, planCount: number): void {
  const random = new Seeded(seed + docCount);
  const regions = createRegionPool();
  const kernel = createSearchKernel(regions);
  const corpus = randomCorpus(random, docCount, shapesOf(random));
  const segment = openCorpus(corpus, regions);
  for (let i = 0; i < planCount; i++) {
    const plan = randomPlan(random, corpus);
    const says = `seed ${seed}, ${docCount} documents, plan ${i}: ${describe(plan)}`;
    const matches = evaluateCorpus(plan);
    const given = countedAtTimes(random, kernelPlan(plan, segment, regions));
    for (let j = 0; j < 3; j++) {
      const search = randomSearch(random, matches.scores);
      const wrong = wrongHits(kernel.search(given, search), matches, search);
      assert.is(wrong, undefined, `${says}; ${JSON.stringify(search)}: ${wrong}`);
    }
    assert.is(kernel.count(given), matches.ordinals.length, `count: ${says}`);
    const marked = new Uint32Array((docCount + 31) >>> 5);
    for (let word = 0; word < marked.length; word++) if (random.chance(0.1)) marked[word] = random.below(2 ** 32);
    const target = bitmapNear(segment, marked, regions);
    for (const ordinal of matches.ordinals) marked[ordinal >>> 5]! |= 1 << (ordinal & 31);
    kernel.mark(given, target);
    assert.ok(
      target.words.every((word, at) => word === marked[at]),
      `mark: ${says}`,
    );
    target.region.release();
    const matched = { kernel, plan: given, matches: matches.ordinals, segment, regions, says };
    if (plan.kind !== 'phrase') checkSelect(random, matched);
    checkSort(random, matched);
    given.filter?.region.release();
  }
  segment.close();
}

/** How many documents a filter has may be known or not. */
function countedAtTimes(random: Seeded, plan: KernelPlan): KernelPlan {
  const { filter } = plan;
  if (filter === undefined || random.chance(0.5)) return plan;
  return { ...plan, filter: { ...filter, count: filter.words.reduce((sum, word) => sum + bitCount(word), 0) } };
}

function shapesOf(random: Seeded): FieldShape[] {
  const density = () => random.pick([0.9, 0.5, 0.2, 0.1, 0.03, 0.01, 0.002, 0.0001]) * (0.5 + random.next());
  const densities = random.list(7, density);
  return [
    { type: 'text', densities, lengthsBelow: 300, rare: 0.01 },
    { type: 'text', densities: random.list(4, density), lengthsBelow: 2, rare: 0 },
    { type: 'keyword', densities: random.list(4, density), lengthsBelow: 2, rare: 0 },
  ];
}

function randomPlan(random: Seeded, corpus: Corpus): CorpusPlan {
  const kind = random.pick(['or', 'or', 'and', 'phrase'] as const);
  const count = kind === 'phrase' ? 2 + random.below(3) : random.chance(0.2) ? 1 : 1 + random.below(8);
  const fields = kind === 'phrase' ? [random.pick(corpus.fields.slice(0, 2))] : corpus.fields;
  const weights = randomWeights(random);
  const factors = new Map(corpus.fields.map((field) => [field, randomFactors(random)]));
  const terms = random.list(count, (): CorpusTerm => {
    const field = random.chance(0.7) ? fields[0]! : random.pick(fields);
    return corpusTerm(field, random.below(field.terms.length), weights(), factors.get(field) ?? undefined);
  });
  return {
    kind,
    terms,
    endOrdinal: corpus.docCount,
    filter: randomFilter(random, corpus.docCount),
    ...(kind === 'or' && random.chance(0.4) && { minimum: random.below(count + 2) }),
    ...(kind === 'phrase' && { places: terms.map((_, i) => (random.chance(0.8) ? i : random.below(5))) }),
    ...(kind === 'phrase' && { slop: randomSlop(random, terms) }),
  };
}

/** 0 if a term comes twice. */
function randomSlop(random: Seeded, terms: readonly CorpusTerm[]): number {
  const isPlain = new Set(terms.map(({ number }) => number)).size === terms.length;
  return isPlain ? random.pick([0, 1, 2, 3, 4, 10, 500, 100_000]) : 0;
}

function randomWeights(random: Seeded): () => number {
  const kind = random.below(10);
  if (kind === 0) return () => 0;
  if (kind === 1) return () => 10 ** (random.below(20) - 10);
  if (kind === 2) return () => 1;
  return () => (random.chance(0.05) ? 0 : 0.1 + 8 * random.next());
}

/** Undefined: the statistics of the segment. */
function randomFactors(random: Seeded): Float32Array | undefined {
  if (random.chance(0.5)) return undefined;
  const b = random.pick([0, 0.3, 0.75, 1]);
  return factorsOf(1 + 500 * random.next() ** 2, { k1: random.pick([0, 0.5, 1.2, 3]), b });
}

function randomFilter(random: Seeded, docCount: number): Uint32Array | undefined {
  if (random.chance(0.4)) return undefined;
  const words = new Uint32Array((docCount + 31) >>> 5);
  const share = random.pick([0, 0.0005, 0.01, 0.1, 0.5, 0.95, 0.999, 1]);
  const [from, to] = random.chance(0.3) ? [random.below(docCount), random.below(docCount)].sort((a, b) => a - b) : [];
  for (let ordinal = from ?? 0; ordinal < (to ?? docCount); ordinal++) {
    if (random.chance(share)) words[ordinal >>> 5]! |= 1 << (ordinal & 31);
  }
  return words;
}

function randomSearch(random: Seeded, scores: readonly number[]): KernelSearch {
  const floors = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 3.3];
  if (scores.length > 0) floors.push(random.pick(scores), random.pick(scores) * 0.999);
  return {
    limit: random.pick([1, 2, 10, 10, 50, 100, 1000, 1 + random.below(300)]),
    floor: random.pick(floors),
    countLimit: random.pick([0, 0, 1, 10, 1000, 10_000, Number.POSITIVE_INFINITY]),
  };
}

function describe({ kind, terms, minimum, slop = 0, filter }: CorpusPlan): string {
  const list = terms.map(
    ({ field, number, weight }) => `${field.field}/${number}*${weight}(${field.terms[number]?.ordinals.length})`,
  );
  return `${kind} ${list.join(' ')}${slop > 0 ? `~${slop}` : ''}${minimum === undefined ? '' : ` minimum ${minimum}`}${filter === undefined ? '' : ' filtered'}`;
}
