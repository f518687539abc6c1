/** First documents of many terms: of the kernel against all postings, and of whole searches against those that count. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineSearch } from '../../../src/engine/engine.ts';
import { createSearchKernel } from '../../../src/engine/kernel/search-kernel.ts';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { MAX_FIRST } from '../../../src/engine/query/first-documents.ts';
import type { Query } from '../../../src/engine/query/query.ts';
import { Seeded } from '../../support/seeded.ts';
import { PartsShard, regions as shardRegions } from '../parts-shard.ts';
import { bitmapNear, openCorpus, randomCorpus } from './postings-corpus.ts';

const test = suite('engine/kernel/first-documents');

for (const docCount of [1, 300, 20_000, 90_000]) {
  test(`the first of ${docCount} documents are those of all postings`, () => {
    const random = new Seeded(docCount);
    const regions = createRegionPool();
    const kernel = createSearchKernel(regions);
    const densities = random.list(200, () => 0.1 ** (1 + 4 * random.next()));
    const shape = { type: 'text', densities, lengthsBelow: 50, rare: 0 } as const;
    const corpus = randomCorpus(random, docCount, [shape, { ...shape, type: 'keyword' }]);
    const segment = openCorpus(corpus, regions);
    for (let i = 0; i < 120; i++) {
      const { field, terms } = random.pick(corpus.fields);
      const numbers = [...new Set(random.list(random.below(80), () => random.below(terms.length)))];
      const bits = random.chance(0.5) ? randomBits(random, docCount) : undefined;
      const ordinals = numbers.flatMap((number) => [...terms[number]!.ordinals]);
      const wanted = ordinals.filter((ordinal) => bits === undefined || hasBit(bits, ordinal));
      const expected = [...new Set(wanted)].sort((a, b) => a - b);
      const filter = bits === undefined ? undefined : bitmapNear(segment, bits, regions);
      const plan = { layout: segment.kernelPart.layout(field)!, terms: numbers, endOrdinal: docCount, filter };
      for (const limit of [1, 10, MAX_FIRST, 3000]) {
        const found = [...kernel.first(plan, limit)];
        assert.equal(found, expected.slice(0, limit), `${docCount} documents, ${i}: ${limit} of ${numbers.join()}`);
      }
      filter?.region.release();
    }
    segment.close();
  });
}

test('more terms than fit into one call are looked at in turn', () => {
  const regions = createRegionPool();
  const kernel = createSearchKernel(regions);
  const terms = Array.from({ length: 70_000 }, (_, i) => ({
    ordinals: Uint32Array.of((i * 7919) % 70_000),
    frequencies: Uint32Array.of(1),
    positions: new Uint32Array(0),
  }));
  const lengths = new Uint32Array(70_000).fill(1);
  const field = { field: 'f0', type: 'keyword', lengths, terms } as const;
  const segment = openCorpus({ docCount: 70_000, fields: [field] }, regions);
  const layout = segment.kernelPart.layout('f0')!;
  const found = kernel.first({ layout, terms: terms.map((_, i) => i), endOrdinal: 70_000 }, 10);
  assert.equal([...found], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.is(kernel.first({ layout, terms: [], endOrdinal: 70_000 }, 10).length, 0);
  segment.close();
});

test('searches that need not count have the hits of those that do', () => {
  const random = new Seeded(41);
  const shard = new PartsShard({ words: 'text', tag: 'keyword' }, createSearchKernel(shardRegions));
  for (let position = 0; position < 6000; position++) {
    const words = random.list(1 + random.below(4), () => `w${Math.floor(900 * random.next() ** 2)}`);
    const fields = { words: [words.join(' ')], tag: [random.pick(['red', 'green', 'blue'])] };
    const id = String(random.below(5000));
    shard.put({ id, source: null, fields, version: 1, seqNo: position, primaryTerm: 1, position });
    if (position % 1900 === 1899) shard.flush();
  }
  const filter: Query[] = [{ kind: 'term', field: 'tag', value: 'red' }];
  for (const value of ['w', 'w1', 'w85', 'w899', 'x']) {
    const prefix: Query = { kind: 'prefix', field: 'words', value };
    const pattern: Query = { kind: 'wildcard', field: 'words', pattern: `${value}*3`, boost: 2 };
    const queries: Query[] = [
      prefix,
      pattern,
      { kind: 'constantScore', filter: prefix, boost: 3 },
      { kind: 'bool', must: [prefix], filter },
      { kind: 'bool', must: [prefix], mustNot: filter },
    ];
    // More than once, so that filters are kept.
    for (const query of [...queries, ...queries, ...queries]) {
      for (const limit of [1, 10, 200, MAX_FIRST + 1]) {
        const search: EngineSearch = { query, limit };
        const short = { ...search, trackTotal: false };
        const message = JSON.stringify(search);
        assert.equal(shard.hits(short), shard.hits(search), message);
        const [all, some] = [shard.search(search).total, shard.search(short)];
        assert.ok(some.isLowerBound ? some.total <= all : some.total === all, `${message}: ${some.total} of ${all}`);
      }
    }
  }
  shard.close();
});

function randomBits(random: Seeded, docCount: number): Uint32Array {
  const share = random.pick([0, 0.001, 0.1, 0.9]);
  const bits = new Uint32Array((docCount + 31) >>> 5);
  for (let i = 0; i < docCount; i++) if (random.chance(share)) bits[i >>> 5]! |= 1 << (i & 31);
  return bits;
}

function hasBit(bits: Uint32Array, ordinal: number): boolean {
  return ((bits[ordinal >>> 5]! >>> (ordinal & 31)) & 1) === 1;
}

test.run();
