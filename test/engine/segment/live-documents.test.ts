import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { openSegment, type Segment } from '../../../src/engine/segment/segment.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import { isCoppiceError } from '../../../src/errors.ts';
import { Seeded } from '../../support/seeded.ts';
import { readWhole, writeWhole } from './damage.ts';
import { type Model, randomModel, sortedTerms, writeModel } from './model.ts';

const test = suite('engine/segment/live-documents');

const SHAPE = { docCount: 3000, vocabulary: 60, longest: 8, gap: 1 };

test('statistics count live documents alone, whatever the order of deletes and questions', () => {
  for (let seed = 1; seed <= 3; seed++) {
    const random = new Seeded(seed);
    const model = randomModel(random, SHAPE);
    const segment = open(model).segment;
    const deleted = new Set<number>();
    for (let round = 0; round < 12; round++) {
      // A few deletes are looked for among the postings, many are counted by reading the postings.
      for (let i = random.pick([1, 3, 40, 400]); i > 0; i--) {
        const ordinal = random.below(SHAPE.docCount);
        assert.is(segment.delete(ordinal), !deleted.has(ordinal));
        deleted.add(ordinal);
      }
      compareStatistics(segment, model, deleted, random);
    }
    assert.is(segment.generation, deleted.size);
  }
});

test('a deleted document cannot be found by its id, and a live one with the same id can', () => {
  const model = randomModel(new Seeded(4), { ...SHAPE, docCount: 20 });
  const documents = model.documents.map((document, i) => ({ ...document, id: `id ${i % 10}` }));
  const { segment } = open({ ...model, documents });
  for (let ordinal = 0; ordinal < 10; ordinal++) segment.delete(ordinal);
  for (let i = 0; i < 10; i++) assert.is(segment.documents.find(`id ${i}`), 10 + i);
  segment.delete(13);
  assert.is(segment.documents.find('id 3'), -1);
  assert.is(segment.delete(13), false);
  assert.is(segment.delete(20), false);
  assert.is(segment.delete(-1), false);
  assert.is(segment.liveCount, 9);
});

test('the kernel gets a bitmap once there is a delete', () => {
  const { segment } = open(randomModel(new Seeded(5), { ...SHAPE, docCount: 100 }));
  assert.is(segment.kernelPart.live, undefined);
  assert.is(segment.live.length, 64);
  segment.delete(33);
  assert.is(segment.kernelPart.live!.words, segment.live);
  assert.is(segment.kernelPart.live!.region, segment.kernelPart.region);
  assert.equal([...segment.live.subarray(0, 5)], [0xffffffff, 0xfffffffd, 0xffffffff, 15, 0]);
});

test('live documents are saved and loaded', () => {
  const model = randomModel(new Seeded(6), SHAPE);
  const { segment, store } = open(model);
  const random = new Seeded(7);
  const deleted = new Set<number>();
  for (let i = 0; i < 500; i++) {
    deleted.add(random.below(SHAPE.docCount));
  }
  for (const ordinal of deleted) segment.delete(ordinal);
  segment.saveLive('live-1');
  const again = openSegment({ store, name: 'a', regions: createRegionPool(), number: 2 });
  assert.is(again.liveCount, SHAPE.docCount);
  again.loadLive('live-1');
  assert.is(again.liveCount, SHAPE.docCount - deleted.size);
  compareStatistics(again, model, deleted, random);
});

test('a damaged file of live documents, or one of another segment, is refused and deletes nothing', () => {
  const { segment, store } = open(randomModel(new Seeded(8), { ...SHAPE, docCount: 70 }));
  segment.delete(69);
  segment.saveLive('live');
  const bytes = readWhole(store, 'live');
  const fresh = openSegment({ store, name: 'a', regions: createRegionPool(), number: 2 });
  const random = new Seeded(9);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at]! ^= 1 << random.below(8);
    writeWhole(store, `damaged-${at}`, damaged);
    writeWhole(store, `cut-${at}`, bytes.subarray(0, at));
    for (const name of [`damaged-${at}`, `cut-${at}`]) {
      assert.throws(
        () => fresh.loadLive(name),
        (error: unknown) => isCoppiceError(error, 'CORRUPT_SEGMENT') || isCoppiceError(error, 'UNSUPPORTED_FORMAT'),
      );
    }
  }
  const other = open(randomModel(new Seeded(10), { ...SHAPE, docCount: 70 }));
  writeWhole(other.store, 'live', bytes);
  assert.throws(() => other.segment.loadLive('live'), /it is of another segment/);
  assert.is(other.segment.liveCount, 70);
  assert.is(fresh.liveCount, 70);
  fresh.loadLive('live');
  assert.is(fresh.liveCount, 69);
});

function open(model: Model): { segment: Segment; store: ReturnType<typeof createMemoryStore> } {
  const store = createMemoryStore();
  writeModel(model, store, 'a');
  return { segment: openSegment({ store, name: 'a', regions: createRegionPool(), number: 1 }), store };
}

function compareStatistics(segment: Segment, model: Model, deleted: ReadonlySet<number>, random: Seeded): void {
  assert.is(segment.liveCount, SHAPE.docCount - deleted.size);
  for (const field of model.fields) {
    const inverted = segment.inverted(field.field)!;
    const live = field.lengths.filter((_, ordinal) => !deleted.has(ordinal));
    assert.is(inverted.docCount, live.filter((length) => length > 0).length);
    assert.is(
      inverted.totalTokens,
      live.reduce((sum, length) => sum + length, 0),
    );
    sortedTerms(field.terms.keys()).forEach((term, number) => {
      if (random.chance(0.3)) return;
      const ordinals = [...field.terms.get(term)!.keys()];
      assert.is(inverted.docFrequency(number), ordinals.length);
      assert.is(inverted.liveDocFrequency(number), ordinals.filter((ordinal) => !deleted.has(ordinal)).length);
    });
  }
}

test.run();
