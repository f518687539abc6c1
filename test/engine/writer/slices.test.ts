/** Flushes and merges come in small slices, whatever the documents are like: nobody waits long for one. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineDocument, FieldOptions } from '../../../src/engine/engine.ts';
import { Head } from '../../../src/engine/head/head.ts';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import { SegmentFactory } from '../../../src/engine/writer/segment-factory.ts';
import { SLICE_UNITS, type Slices } from '../../../src/engine/writer/slices.ts';
import { plainAnalyzers } from '../head/plain-analyzers.ts';

const test = suite('engine/writer/slices');

const FIELDS = new Map<string, FieldOptions>([
  ['body', { type: 'text' }],
  ['tag', { type: 'keyword' }],
  ['year', { type: 'long' }],
]);
const DOCUMENTS = 8000;

/** Terms that all documents have, terms that one has, and a prefix that all terms have. */
function document(i: number): EngineDocument {
  const body = `common words of all and prefixprefix${i} prefixprefix${i % 5000} common common`;
  const fields = { body: [body], tag: ['all', `prefix-of-tags-${i}`], year: [i % 50] };
  return { id: String(i), source: { body }, fields, version: 1, seqNo: i, primaryTerm: 1, position: i };
}

function newFactory(nextNumber: number): SegmentFactory {
  const parameters = { k1: 1.2, b: 0.75 };
  return new SegmentFactory({ store: createMemoryStore(), regions: createRegionPool(), parameters, nextNumber });
}

/** Does all the work; tells what it gave, its slices, and what the largest said it cost. */
function run<T>(work: Slices<T>): { readonly value: T; readonly slices: number; readonly greatest: number } {
  let slices = 0;
  let greatest = 0;
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) return { value: step.value, slices, greatest };
    slices++;
    greatest = Math.max(greatest, step.value);
  }
}

test('no slice of a flush or a merge is much longer than a slice should be', () => {
  const factory = newFactory(1);
  const segments = [0, 1, 2].map((part) => {
    const head = new Head({ fields: FIELDS, analyzers: plainAnalyzers });
    for (let i = 0; i < DOCUMENTS; i++) head.put(document(part * DOCUMENTS + i), () => {});
    const { value, slices, greatest } = run(factory.ofHead(head));
    assert.ok(greatest <= 2 * SLICE_UNITS, `a slice of ${greatest} units`);
    assert.ok(slices > 20, `${slices} slices`);
    return value;
  });
  const { value, slices, greatest } = run(factory.ofSegments(segments));
  assert.is(value.liveCount, 3 * DOCUMENTS);
  assert.ok(greatest <= 2 * SLICE_UNITS, `a slice of ${greatest} units`);
  assert.ok(slices > 40, `${slices} slices`);
});

test('work that is left before its end gives back what it holds', () => {
  const regions = createRegionPool();
  const store = createMemoryStore();
  const factory = new SegmentFactory({ store, regions, parameters: { k1: 1.2, b: 0.75 }, nextNumber: 1 });
  const head = new Head({ fields: FIELDS, analyzers: plainAnalyzers });
  for (let i = 0; i < 300; i++) head.put(document(i), () => {});
  const { slices } = run(factory.ofHead(head));
  const [used, names] = [regions.usedBytes, store.names()];
  for (let after = 0; after <= slices; after += Math.ceil(slices / 20)) {
    const work = factory.ofHead(head);
    for (let i = 0; i < after; i++) work.next();
    assert.throws(() => work.throw(new Error('left')), /left/);
  }
  assert.is(regions.usedBytes, used);
  assert.equal(store.names(), names);
});

test.run();
