import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { termBytes } from '../../../src/engine/part/term-bytes.ts';
import { MAX_HOT_BYTES } from '../../../src/engine/segment/sections.ts';
import { openSegment, openSegmentInSlices, type Segment } from '../../../src/engine/segment/segment.ts';
import { SegmentFile } from '../../../src/engine/segment/segment-file.ts';
import { SegmentWriter } from '../../../src/engine/segment/segment-writer.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import type { Store } from '../../../src/engine/store/store.ts';
import { isCoppiceError } from '../../../src/errors.ts';
import { Seeded } from '../../support/seeded.ts';
import { randomModel, writeModel } from './model.ts';

const test = suite('engine/segment/segment-writer');

const CODES = { size: 1, frequencies: Uint16Array.of(1), norms: Uint8Array.of(1) };

test('sources are copied block by block where all are kept, and packed anew around dropped ones', () => {
  const store = createMemoryStore();
  const random = new Seeded(1);
  const sources = random.list(900, () => ({ text: random.list(random.below(60), () => random.below(1e9)).join(' ') }));
  writeSources(store, 'a', sources);
  const from = openAt(store, 'a');
  assert.ok(from.sourceBlock(0).end < 200, 'there are several blocks');
  for (const share of [0, 0.01, 0.5]) {
    const kept = sources.map(() => !random.chance(share));
    const writer = begin(store, `b-${share}`, kept.filter(Boolean).length);
    let calls = 0;
    for (let start = 0; start < sources.length; start++) {
      if (!kept[start]) continue;
      let end = start;
      while (kept[end]) end++;
      for (let at = start; at < end; calls++) at = writer.copySources(from, at, end);
      start = end;
    }
    finish(writer);
    const copied = openAt(store, `b-${share}`);
    const expected = sources.filter((_, i) => kept[i]);
    assert.equal(
      expected.map((_, i) => copied.documents.source(i)),
      expected,
    );
    if (share > 0) continue;
    assert.ok(calls < 60);
    assert.equal(copied.sourceBlock(500), from.sourceBlock(500));
    assert.equal([...copied.storedBlock(500).stored], [...from.storedBlock(500).stored]);
  }
});

test('small blocks grow together when they are copied', () => {
  const store = createMemoryStore();
  const parts = Array.from({ length: 30 }, (_, i) => {
    writeSources(store, `s-${i}`, [{ i }, { text: 'x'.repeat(i) }]);
    return openAt(store, `s-${i}`);
  });
  const writer = begin(store, 'all', 60);
  for (const part of parts) for (let at = 0; at < 2; ) at = writer.copySources(part, at, 2);
  finish(writer);
  const all = openAt(store, 'all');
  assert.equal(all.sourceBlock(17), { start: 0, end: 60, inflatedBytes: all.sourceBlock(17).inflatedBytes });
  assert.equal(all.documents.source(44), { i: 22 });
});

test('large and incompressible sources come back', () => {
  const store = createMemoryStore();
  const random = new Seeded(2);
  const noise = () => random.list(30_000, () => String.fromCharCode(32 + random.below(0xd000))).join('');
  const sources = [{ a: noise() }, {}, null, 'text', [1, 2.5, null], { b: 'x'.repeat(3_000_000) }, { c: noise() }];
  writeSources(store, 'a', sources);
  const segment = openAt(store, 'a');
  for (const i of [6, 5, 0, 1, 2, 3, 4, 5, 6, 0]) assert.equal(segment.documents.source(i), sources[i]);
  assert.throws(() => segment.documents.source(7), /document 7 of 7/);
});

test('a segment that would not fit into memory is refused in time', () => {
  const store = createMemoryStore();
  const file = new SegmentFile(store.create('a'), 'a');
  file.section(0, 'idBytes');
  const before = file.hotBytes;
  file.grew(MAX_HOT_BYTES - before);
  assert.throws(() => file.grew(1), isLimit(/segment `a` would take 2146435073 bytes/));
});

test('the size in memory is told while writing', () => {
  const store = createMemoryStore();
  const writer = begin(store, 'a', 5000);
  for (let i = 0; i < 5000; i++) writer.addSource(termBytes('{}'));
  const field = textField(writer, 5000);
  for (let i = 0; i < 5000; i++) field.term(termBytes(`t${String(i).padStart(100, '0')}`), 0, 101, postings([i], [3]));
  field.finish();
  finish(writer);
  const { hotBytes } = openAt(store, 'a');
  assert.ok(Math.abs(writer.hotBytes - hotBytes) < 4096, `${writer.hotBytes} were told, ${hotBytes} are used`);
});

test('positions have a limit', () => {
  const store = createMemoryStore();
  const writer = begin(store, 'a', 2);
  const field = textField(writer, 2);
  field.term(termBytes('a'), 0, 1, postings([0], [2 ** 24 - 1]));
  field.term(termBytes('b'), 0, 1, postings([1], [2 ** 24]));
  assert.throws(() => field.finish(), isLimit(/field `f` has a position above 16777215/));
});

test('calls out of order are refused', () => {
  const store = createMemoryStore();
  const writer = begin(store, 'a', 3);
  const field = textField(writer, 3);
  assert.throws(
    () =>
      writer.field({
        field: 'g',
        type: 'keyword',
        lengths: new Uint32Array(3),
        hasPositions: false,
        hasOffsets: false,
      }),
    /another is not finished/,
  );
  assert.throws(() => field.more(postings([0], [1])), /postings without a term/);
  field.term(termBytes('b'), 0, 1, postings([0, 2], [1, 1]));
  assert.throws(() => field.more(postings([2], [1])), /posting of document 2/);
  assert.throws(() => field.term(termBytes('a'), 0, 1, postings([0], [1])), /terms are not in order/);
  assert.throws(() => field.term(termBytes('b'), 0, 1, postings([0], [1])), /terms are not in order/);
  field.term(termBytes('c'), 0, 1, { ...postings([], []), count: 0 });
  assert.throws(() => field.finish(), /a term without postings/);
  assert.throws(() => finish(writer), /3 and 0 of 3 documents and sources were written/);
  assert.throws(() => store.create('a b'), /no name/);
});

test('an aborted segment leaves nothing behind, and a name is used once', () => {
  const store = createMemoryStore();
  const writer = begin(store, 'a', 1);
  writer.addSource(termBytes('{}'));
  writer.abort();
  writer.abort();
  assert.equal(store.names(), []);
  writeSources(store, 'a', [{}]);
  assert.throws(() => begin(store, 'a', 1), /there is a file `a` already/);
  assert.equal(store.names(), ['a']);
});

test('a segment can be opened in slices, and given up in any of them', () => {
  const store = createMemoryStore();
  writeModel(randomModel(new Seeded(3), { docCount: 9000, vocabulary: 3000, longest: 5, gap: 1 }), store, 'a');
  const pool = createRegionPool();
  const place = { store, name: 'a', regions: pool, number: 1 };
  let slices = 0;
  for (let opening = openSegmentInSlices(place); !opening.next().done; slices++);
  assert.ok(slices > 3);
  const used = pool.usedBytes;
  for (let stop = 1; stop < slices; stop++) {
    const opening = openSegmentInSlices(place);
    for (let i = 0; i < stop; i++) opening.next();
    opening.return(undefined as never);
    assert.is(pool.usedBytes, used);
  }
});

function begin(store: Store, name: string, docCount: number): SegmentWriter {
  const writer = new SegmentWriter({ store, name, docCount });
  for (let i = 0; i < docCount; i++) {
    writer.addDocument({ id: termBytes(`${i}`), version: 1, seqNo: i, primaryTerm: 1, position: i });
  }
  return writer;
}

function writeSources(store: Store, name: string, sources: readonly unknown[]): void {
  const writer = begin(store, name, sources.length);
  for (const source of sources) writer.addSource(new TextEncoder().encode(JSON.stringify(source)));
  finish(writer);
}

function textField(writer: SegmentWriter, docCount: number): ReturnType<SegmentWriter['field']> {
  const lengths = new Uint32Array(docCount).fill(1);
  return writer.field({ field: 'f', type: 'text', lengths, codes: CODES, hasPositions: true, hasOffsets: false });
}

function postings(
  ordinals: readonly number[],
  positions: readonly number[],
): Parameters<ReturnType<typeof textField>['more']>[0] {
  const none = new Uint32Array(0);
  const frequencies = new Uint32Array(ordinals.length).fill(1);
  const lists = { ordinals: Uint32Array.from(ordinals), frequencies, positions: Uint32Array.from(positions) };
  return { count: ordinals.length, ...lists, starts: none, ends: none };
}

function finish(writer: SegmentWriter): void {
  const steps = writer.finish();
  while (steps.next().done !== true);
}

function openAt(store: Store, name: string): Segment {
  return openSegment({ store, name, regions: createRegionPool(), number: 1 });
}

function isLimit(message: RegExp): (error: unknown) => boolean {
  return (error) => isCoppiceError(error, 'LIMIT_EXCEEDED') && message.test(error.message);
}

test.run();
