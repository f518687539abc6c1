import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { NO_MORE, WINDOW } from '../../../src/engine/part/index-part.ts';
import { encodeLength, LENGTHS } from '../../../src/engine/score/norms.ts';
import { openSegment, type Segment } from '../../../src/engine/segment/segment.ts';
import type { SegmentField } from '../../../src/engine/segment/segment-field.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import { Seeded } from '../../support/seeded.ts';
import {
  columnNumbers,
  type Model,
  type ModelField,
  type ModelShape,
  randomModel,
  sortedTerms,
  writeModel,
} from './model.ts';

const test = suite('engine/segment/segment');

const SHAPES: readonly (ModelShape & { readonly seed: number })[] = [
  { seed: 1, docCount: 0, vocabulary: 10, longest: 10, gap: 1 },
  { seed: 2, docCount: 1, vocabulary: 10, longest: 10, gap: 1 },
  { seed: 3, docCount: 1, vocabulary: 1, longest: 0, gap: 1 },
  { seed: 4, docCount: 40, vocabulary: 5, longest: 600, gap: 1 },
  { seed: 5, docCount: 700, vocabulary: 300, longest: 40, gap: 1 },
  { seed: 6, docCount: 300, vocabulary: 40, longest: 60, gap: 200_000 },
  { seed: 7, docCount: 4000, vocabulary: 900, longest: 6, gap: 3 },
  { seed: 8, docCount: 140, vocabulary: 12, longest: 900, gap: 2 },
];

for (const { seed, ...shape } of SHAPES) {
  test(`a segment gives back what was written (seed ${seed}, ${shape.docCount} documents)`, () => {
    const model = randomModel(new Seeded(seed), shape);
    const { segment, pool } = write(model);
    compareDocuments(segment, model);
    compareColumns(segment, model);
    let exceptions = 0;
    for (const field of model.fields) {
      const inverted = segment.inverted(field.field)!;
      compareField(inverted, field, new Set());
      compareCursors(inverted, field, new Seeded(seed));
      compareBlocks(inverted, field);
      exceptions += checkBounds(segment, inverted, field);
    }
    if (seed === 8) assert.ok(exceptions > 100, `${exceptions} exceptions`);
    segment.close();
    segment.close();
    assert.is(pool.usedBytes, 0);
  });
}

function write(model: Model): { segment: Segment; pool: ReturnType<typeof createRegionPool> } {
  const store = createMemoryStore();
  const pool = createRegionPool();
  writeModel(model, store, 'a.segment');
  return { segment: openSegment({ store, name: 'a.segment', regions: pool, number: 12 }), pool };
}

function compareDocuments(segment: Segment, { documents }: Model): void {
  assert.is(segment.name, 'segment 12');
  assert.is(segment.endOrdinal, documents.length);
  assert.is(segment.liveCount, documents.length);
  documents.forEach((document, ordinal) => {
    const { id, source, version, seqNo, primaryTerm, position } = document;
    const stored = segment.documents;
    assert.is(stored.find(id), ordinal);
    assert.is(stored.id(ordinal), id);
    assert.equal(stored.source(ordinal), source);
    const numbers = [
      stored.version(ordinal),
      stored.seqNo(ordinal),
      stored.primaryTerm(ordinal),
      stored.position(ordinal),
    ];
    assert.equal(numbers, [version, seqNo, primaryTerm, position]);
  });
  assert.is(segment.documents.find('doc/nobody'), -1);
  assert.is(segment.documents.find(''), -1);
}

function compareColumns(segment: Segment, model: Model): void {
  const fields = new Map(model.fields.map((field) => [field.field, field]));
  for (const column of model.columns) {
    const terms = new Map(sortedTerms(fields.get(column.field)?.terms.keys() ?? []).map((term, i) => [term, i]));
    const expected = columnNumbers(column, terms);
    const read = segment.column(column.field)!;
    assert.is(read.type, column.type);
    assert.is(
      read.isDense,
      expected.every((list) => list.length === 1),
    );
    assert.is(read.valueCount, expected.flat().length);
    const all = new Float64Array(read.valueCount);
    read.read(0, read.valueCount, all);
    assert.equal([...all], expected.flat(), column.field);
    const part = new Float64Array(1);
    expected.forEach((list, ordinal) => {
      assert.is(read.has(ordinal), list.length > 0);
      const [start, end] = [read.start(ordinal), read.end(ordinal)];
      const values = Array.from({ length: end - start }, (_, i) => read.at(start + i));
      assert.ok(values.length === list.length && values.every((value, i) => Object.is(value, list[i])));
      const block = ordinal >>> 10;
      for (const value of list) assert.ok(value >= read.blockMin[block]! && value <= read.blockMax[block]!);
      if (list.length > 0) read.read(start, start + 1, part);
      if (list.length > 0) assert.is(part[0], list[0]);
    });
    assert.is(read.blockMin.length, Math.ceil(model.documents.length / 1024));
  }
  assert.is(segment.column('nothing'), undefined);
}

/** Compares the dictionary and the statistics. */
function compareField(inverted: SegmentField, model: ModelField, deleted: ReadonlySet<number>): void {
  const terms = sortedTerms(model.terms.keys());
  assert.is(inverted.termCount, terms.length);
  assert.is(inverted.isSorted, true);
  const live = model.lengths.filter((_, ordinal) => !deleted.has(ordinal));
  assert.is(inverted.docCount, live.filter((length) => length > 0).length);
  assert.is(
    inverted.totalTokens,
    live.reduce((sum, length) => sum + length, 0),
  );
  terms.forEach((term, number) => {
    assert.is(inverted.lookup(term), number);
    assert.is(inverted.term(number), term);
    const ordinals = [...model.terms.get(term)!.keys()];
    assert.is(inverted.docFrequency(number), ordinals.length);
    assert.is(inverted.liveDocFrequency(number), ordinals.filter((ordinal) => !deleted.has(ordinal)).length);
  });
  for (const term of ['', 'zzz', 'w', `${terms[0]}x`]) if (!model.terms.has(term)) assert.is(inverted.lookup(term), -1);
  model.lengths.forEach((length, ordinal) => {
    assert.is(inverted.length(ordinal), length);
    if (model.type === 'text') assert.is(inverted.norms![ordinal], encodeLength(length));
  });
}

/** Walks each term by windows, with seeks to random places. */
function compareCursors(inverted: SegmentField, model: ModelField, random: Seeded): void {
  const ordinals = new Uint32Array(WINDOW);
  const frequencies = new Uint32Array(WINDOW);
  sortedTerms(model.terms.keys()).forEach((term, number) => {
    const expected = [...model.terms.get(term)!].sort((a, b) => a[0] - b[0]);
    const cursor = inverted.postings(number);
    assert.is(cursor.docFrequency, expected.length);
    let from = random.chance(0.5) ? 0 : random.below(model.lengths.length + 10);
    for (;;) {
      const at = cursor.seek(from);
      const next = expected.findIndex(([ordinal]) => ordinal >= from);
      assert.is(at, next < 0 ? NO_MORE : expected[next]![0]);
      if (next < 0) break;
      const end = at - (at % WINDOW) + 1 + random.below(WINDOW);
      const wanted = expected.slice(next).filter(([ordinal]) => ordinal < end);
      const count = cursor.read(end, ordinals, frequencies);
      assert.equal(
        [...ordinals.subarray(0, count)],
        wanted.map(([ordinal]) => ordinal),
      );
      assert.equal(
        [...frequencies.subarray(0, count)],
        wanted.map(([, tokens]) => tokens.length),
      );
      wanted.forEach(([, tokens], i) => {
        if (model.type === 'keyword' || (count > 50 && random.chance(0.7))) return;
        const places = new Uint32Array(tokens.length);
        cursor.positions(i, places);
        assert.equal(
          [...places],
          tokens.map(({ position }) => position),
        );
        const [starts, ends] = [new Uint32Array(tokens.length), new Uint32Array(tokens.length)];
        assert.is(cursor.offsets(i, starts, ends), model.hasOffsets);
        if (!model.hasOffsets) return;
        assert.equal(
          [...starts],
          tokens.map(({ start }) => start),
        );
        assert.equal(
          [...ends],
          tokens.map((token) => token.end),
        );
      });
      from = Math.max(end, at + 1) + (random.chance(0.5) ? 0 : random.below(3000));
    }
  });
}

function compareBlocks(inverted: SegmentField, model: ModelField): void {
  const blocks = inverted.blocks();
  sortedTerms(model.terms.keys()).forEach((term, number) => {
    const read: [number, number, number[], number[]][] = [];
    blocks.open(number);
    for (let count = blocks.next(); count > 0; count = blocks.next()) {
      let at = 0;
      for (let i = 0; i < count; i++) {
        const end = model.type === 'text' ? at + blocks.frequencies[i]! : at;
        const starts = model.hasOffsets ? [...blocks.starts.subarray(at, end)] : [];
        read.push([blocks.ordinals[i]!, blocks.frequencies[i]!, [...blocks.positions.subarray(at, end)], starts]);
        at = end;
      }
    }
    const expected = [...model.terms.get(term)!].sort((a, b) => a[0] - b[0]);
    const lists = expected.map(([ordinal, tokens]) => [
      ordinal,
      tokens.length,
      model.type === 'text' ? tokens.map(({ position }) => position) : [],
      model.hasOffsets ? tokens.map(({ start }) => start) : [],
    ]);
    assert.equal(read, lists);
  });
}

/**
 * Checks what the kernel skips by: bounds of blocks under other statistics than those of the writer, and k-th codes. Gives the
 * number of postings without a code.
 */
function checkBounds(segment: Segment, inverted: SegmentField, model: ModelField): number {
  const layout = segment.kernelPart.layout(model.field)!;
  if (model.type === 'keyword') return 0;
  const { codes } = layout;
  const views = new DataView(layout.memory.buffer);
  const histogram = inverted.histogram();
  let pairs = 0;
  histogram.forEach((_f, _n, count) => {
    pairs += count;
  });
  assert.is(
    pairs,
    [...model.terms.values()].reduce((sum, postings) => sum + postings.size, 0),
  );
  let exceptions = 0;
  const weights = [0.01, 1, 100].map((scale) => (frequency: number, norm: number) => {
    return frequency / (frequency + scale * (1 + LENGTHS[norm]!));
  });
  sortedTerms(model.terms.keys()).forEach((term, number) => {
    const postings = [...model.terms.get(term)!].sort((a, b) => a[0] - b[0]);
    postings.forEach(([ordinal, tokens], i) => {
      const block = layout.firstBlocks[number]! + Math.floor(i / 128);
      const max = views.getUint8(layout.blockMax + block);
      const norm = encodeLength(model.lengths[ordinal]!);
      for (const weight of weights) {
        if (max === 255 || i % 5 !== 0) continue;
        const bound = Math.max(
          ...Array.from({ length: max + 1 }, (_, c) => weight(codes.frequencies[c]!, codes.norms[c]!)),
        );
        assert.ok(weight(tokens.length, norm) <= bound);
      }
    });
    const kth = layout.kth10[number]!;
    const coded = postings.map(([ordinal, tokens]) => {
      const norm = encodeLength(model.lengths[ordinal]!);
      return [...codes.frequencies].findIndex((frequency, c) => frequency === tokens.length && codes.norms[c] === norm);
    });
    exceptions += coded.filter((code) => code < 0).length;
    if (kth > 0) assert.ok(coded.filter((code) => code >= kth).length >= 10);
    if (kth < codes.size - 1) assert.ok(coded.filter((code) => code >= kth + 1).length < 10);
  });
  return exceptions;
}

test.run();
