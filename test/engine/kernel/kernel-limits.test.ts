/** The kernel at its limits: many terms, many hits, positions that need many bits, damaged postings, several threads. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type KernelPlan, MAX_PHRASE_TERMS } from '../../../src/engine/kernel/plan.ts';
import { createSearchKernel, MAX_KERNEL_TERMS } from '../../../src/engine/kernel/search-kernel.ts';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { isCoppiceError } from '../../../src/errors.ts';
import { Seeded } from '../../support/seeded.ts';
import type { KernelThread } from './kernel-thread.ts';
import {
  type Corpus,
  type CorpusField,
  type CorpusPlan,
  corpusTerm,
  evaluateCorpus,
  kernelPlan,
  openCorpus,
  randomCorpus,
  wrongHits,
} from './postings-corpus.ts';

const ALL = { limit: 10, floor: Number.NEGATIVE_INFINITY, countLimit: Number.POSITIVE_INFINITY };

const test = suite('engine/kernel/limits');

test('a plan has up to 1,024 terms', () => {
  const random = new Seeded(5);
  const regions = createRegionPool();
  const kernel = createSearchKernel(regions);
  const densities = random.list(MAX_KERNEL_TERMS, () => 0.1 ** (1 + 3 * random.next()));
  const corpus = randomCorpus(random, 3000, [{ type: 'text', densities, lengthsBelow: 50, rare: 0 }]);
  const segment = openCorpus(corpus, regions);
  const field = corpus.fields[0]!;
  const all = random.list(MAX_KERNEL_TERMS, () =>
    corpusTerm(field, random.below(densities.length), 1 + random.below(3)),
  );
  for (const minimum of [1, 2, 40, MAX_KERNEL_TERMS - 1]) {
    for (const terms of [all, all.slice(0, 100), all.slice(0, 17)]) {
      const plan: CorpusPlan = { kind: 'or', terms, minimum, endOrdinal: corpus.docCount };
      const given = kernelPlan(plan, segment, regions);
      const matches = evaluateCorpus(plan);
      for (const search of [ALL, { ...ALL, countLimit: 0 }, { ...ALL, limit: 2000 }]) {
        const wrong = wrongHits(kernel.search(given, search), matches, search);
        assert.is(wrong, undefined, `minimum ${minimum} of ${terms.length}: ${wrong}`);
      }
      assert.is(kernel.count(given), matches.ordinals.length);
    }
  }
  const plan = kernelPlan({ kind: 'or', terms: [...all, all[0]!], endOrdinal: corpus.docCount }, segment, regions);
  assert.throws(() => kernel.count(plan), /1025 terms/);
  segment.close();
});

test('a search keeps tens of thousands of hits', () => {
  const random = new Seeded(6);
  const regions = createRegionPool();
  const kernel = createSearchKernel(regions);
  const shape = { type: 'text', densities: [0.6, 0.5, 0.3], lengthsBelow: 300, rare: 0.001 } as const;
  const corpus = randomCorpus(random, 60_000, [shape]);
  const segment = openCorpus(corpus, regions);
  const terms = [0, 1, 2].map((number) => corpusTerm(corpus.fields[0]!, number, 1 + number));
  for (const kind of ['or', 'and'] as const) {
    const plan: CorpusPlan = { kind, terms, endOrdinal: corpus.docCount };
    const search = { ...ALL, limit: 50_000 };
    assert.is(
      wrongHits(kernel.search(kernelPlan(plan, segment, regions), search), evaluateCorpus(plan), search),
      undefined,
    );
  }
  segment.close();
});

test('phrases are found at positions of 0 to 24 bits, and with places apart', () => {
  const random = new Seeded(7);
  for (const farthest of [0, 1, 200, 32_000, 70_000, 2 ** 24 - 1]) {
    const regions = createRegionPool();
    const kernel = createSearchKernel(regions);
    const corpus = farCorpus(random, farthest);
    const segment = openCorpus(corpus, regions);
    for (let i = 0; i < 30; i++) {
      const count = 2 + random.below(3);
      const places = random.list(count, () => random.pick([0, 1, 2, 3, 7, 40_000]));
      const terms = random.list(count, () => corpusTerm(corpus.fields[0]!, random.below(4), 2));
      const isPlain = new Set(terms.map(({ number }) => number)).size === count;
      for (const slop of isPlain ? [0, 1, 5, 39_998, 100_000] : [0]) {
        const plan: CorpusPlan = { kind: 'phrase', terms, places, slop, endOrdinal: corpus.docCount };
        for (const search of [ALL, { ...ALL, countLimit: 0 }]) {
          const wrong = wrongHits(
            kernel.search(kernelPlan(plan, segment, regions), search),
            evaluateCorpus(plan),
            search,
          );
          assert.is(
            wrong,
            undefined,
            `positions up to ${farthest}, places ${places.join(', ')}, slop ${slop}: ${wrong}`,
          );
        }
      }
    }
    segment.close();
  }
});

test('a phrase has up to 48 terms', () => {
  const random = new Seeded(12);
  const regions = createRegionPool();
  const kernel = createSearchKernel(regions);
  const shape = { type: 'text', densities: [0.9, 0.8], lengthsBelow: 50, rare: 0.3 } as const;
  const corpus = randomCorpus(random, 3000, [shape]);
  const segment = openCorpus(corpus, regions);
  const terms = Array.from({ length: MAX_PHRASE_TERMS }, (_, i) => corpusTerm(corpus.fields[0]!, i % 2, 1));
  const places = terms.map((_, i) => i % 2);
  const plan: CorpusPlan = { kind: 'phrase', terms, places, endOrdinal: corpus.docCount };
  assert.is(wrongHits(kernel.search(kernelPlan(plan, segment, regions), ALL), evaluateCorpus(plan), ALL), undefined);
  const long = kernelPlan({ ...plan, terms: [...terms, terms[0]!] }, segment, regions);
  assert.throws(() => kernel.count(long), /49 terms/);
  segment.close();
});

test('weights that are no weights are refused', () => {
  const regions = createRegionPool();
  const corpus = farCorpus(new Seeded(8), 10);
  const segment = openCorpus(corpus, regions);
  for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const terms = [corpusTerm(corpus.fields[0]!, 0, weight)];
    const plan = kernelPlan({ kind: 'or', terms, endOrdinal: corpus.docCount }, segment, regions);
    assert.throws(() => createSearchKernel(regions).search(plan, ALL), /weight/);
  }
  segment.close();
});

test('damaged postings neither harm other memory nor end otherwise than with an answer or CORRUPT_SEGMENT', () => {
  const seed = 9;
  const random = new Seeded(seed);
  const shape = { type: 'text', densities: [0.7, 0.3, 0.05, 0.01, 0.001], lengthsBelow: 300, rare: 0.01 } as const;
  const corpus = randomCorpus(random, 20_000, [shape, { ...shape, type: 'keyword', lengthsBelow: 2 }]);
  for (let round = 0; round < 6; round++) {
    const regions = createRegionPool();
    const kernel = createSearchKernel(regions);
    const before = regions.allocate(100_000);
    const segment = openCorpus(corpus, regions);
    const after = regions.allocate(100_000, before);
    damagePostings(random, segment.kernelPart.layout('f0'), segment.kernelPart.region.bytes);
    const damaged = segment.kernelPart.region.bytes.slice();
    for (let i = 0; i < 60; i++) {
      const kind = random.pick(['or', 'and', 'phrase'] as const);
      const terms = random.list(1 + random.below(4), () => corpusTerm(corpus.fields[0]!, random.below(5), 1));
      const slop = random.pick([0, 0, 3]);
      const plan = kernelPlan({ kind, terms, slop, endOrdinal: corpus.docCount }, segment, regions);
      try {
        kernel.search(plan, { ...ALL, limit: 1 + random.below(1000), countLimit: random.below(2) * 1000 });
        kernel.count(plan);
        const { layout } = plan.terms[0]!;
        const found = kernel.first({ layout, terms: [0, 1, 2, 3, 4], endOrdinal: corpus.docCount }, 300);
        assert.ok(found.length <= 300 && found.every((ordinal) => ordinal < corpus.docCount));
      } catch (error) {
        assert.ok(isCoppiceError(error, 'CORRUPT_SEGMENT'), `${String(error)} (seed ${seed}, round ${round})`);
      }
    }
    assert.ok(Buffer.from(damaged).equals(segment.kernelPart.region.bytes), 'the segment itself is only read');
    for (const region of [before, after]) assert.ok(region.bytes.every((byte) => byte === 0));
    segment.close();
  }
});

test('two threads at once, over one memory, have the right answers', async () => {
  const random = new Seeded(10);
  const regions = createRegionPool();
  const shape = { type: 'text', densities: [0.7, 0.3, 0.05, 0.01], lengthsBelow: 300, rare: 0.01 } as const;
  const corpus = randomCorpus(random, 30_000, [shape]);
  const segment = openCorpus(corpus, regions);
  const cases = random.list(12, () => {
    const kind = random.pick(['or', 'and', 'phrase'] as const);
    const terms = random.list(2 + random.below(2), () => corpusTerm(corpus.fields[0]!, random.below(4), 1));
    const plan: CorpusPlan = { kind, terms, endOrdinal: corpus.docCount };
    return { plan: kernelPlan(plan, segment, regions), matches: evaluateCorpus(plan) };
  });
  const workers = [0, 1].map(() => {
    const { memory, address, byteLength } = regions.allocate(4_000_000, segment.kernelPart.region);
    const plans = cases.map(({ plan }): KernelPlan => plan);
    return startThread({ lent: { memory, address, byteLength }, plans, search: ALL, rounds: 30 });
  });
  const answers = await Promise.all(workers.map(async (worker) => once(worker, 'message')));
  for (const [found] of answers) {
    cases.forEach(({ matches }, i) => assert.is(wrongHits(found[i], matches, ALL), undefined));
  }
  await Promise.all(workers.map(async (worker) => worker.terminate()));
  segment.close();
});

test.run();

/** One field of four terms, with positions up to `farthest` that are near each other in each document. */
function farCorpus(random: Seeded, farthest: number): Corpus {
  const docCount = 400;
  const begins = random.list(docCount, () => random.below(Math.max(1, farthest - 6)));
  const terms = [0, 1, 2, 3].map((number) => {
    const ordinals = Array.from({ length: docCount }, (_, i) => i).filter((i) => i % (number + 2) !== 0);
    const lists = ordinals.map((ordinal) => {
      const near = random.list(random.below(6), () => begins[ordinal]! + random.below(6));
      const dense = random.chance(0.05) ? Array.from({ length: 90 }, (_, i) => i) : [];
      // What is the same in its lower 16 bits is not the same.
      const apart = random.chance(0.5) ? near.map((position) => position ^ 0x1_0000) : [];
      return [...new Set([...near, ...dense, ...apart])]
        .filter((position) => position <= farthest)
        .sort((a, b) => a - b);
    });
    const kept = lists.map((list) => (list.length === 0 ? [farthest] : list));
    return {
      ordinals: Uint32Array.from(ordinals),
      frequencies: Uint32Array.from(kept, ({ length }) => length),
      positions: Uint32Array.from(kept.flat()),
    };
  });
  const lengths = Uint32Array.from({ length: docCount }, () => 1 + random.below(200));
  const field: CorpusField = { field: 'f0', type: 'text', lengths, terms };
  return { docCount, fields: [field] };
}

type Layout = KernelPlan['terms'][number]['layout'];

/** Overwrites bytes of blocks: ordinals, codes, exceptions, positions. Metadata stays as it was checked. */
function damagePostings(random: Seeded, layout: Layout | undefined, bytes: Uint8Array): void {
  if (layout === undefined) throw new Error('no layout');
  const blocks = layout.firstBlocks[layout.firstBlocks.length - 1]!;
  const memory = new DataView(bytes.buffer);
  for (let i = 0; i < 500; i++) {
    const block = random.below(blocks - 1);
    const [from, at] = random.pick([
      [layout.postings, layout.blockPostings],
      [layout.positions, layout.blockPositions],
    ] as const);
    const [start, end] = [memory.getUint32(at + block * 4, true), memory.getUint32(at + block * 4 + 4, true)];
    if (end > start)
      memory.setUint8(from + start + random.below(end - start), random.chance(0.3) ? 255 : random.below(256));
  }
}

function startThread(workerData: KernelThread): Worker {
  const fromSources = import.meta.url.endsWith('.ts');
  const program = new URL(fromSources ? './kernel-thread.ts' : './kernel-thread.js', import.meta.url);
  if (!fromSources) return new Worker(program, { workerData });
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import(${loader}).then(({ register }) => { register(); return import(${JSON.stringify(program.href)}); })`;
  return new Worker(code, { eval: true, workerData });
}
