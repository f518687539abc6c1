/** A segment as plain lists: random ones are made, written, opened, and compared with what they were made of. */
import type { Column } from '../../../src/engine/part/index-part.ts';
import { compareBytes, termBytes } from '../../../src/engine/part/term-bytes.ts';
import { encodeLength } from '../../../src/engine/score/norms.ts';
import { chooseCodes } from '../../../src/engine/segment/code-table.ts';
import type { PostingsBuffer } from '../../../src/engine/segment/field-writer.ts';
import { PairHistogram } from '../../../src/engine/segment/pair-histogram.ts';
import { SegmentWriter } from '../../../src/engine/segment/segment-writer.ts';
import type { Store } from '../../../src/engine/store/store.ts';
import type { Seeded } from '../../support/seeded.ts';

/** A token: where it stands, and its offsets. */
export type Token = { readonly position: number; readonly start: number; readonly end: number };

/** A term's tokens by document. Those of keywords have one token of no meaning. */
export type ModelPostings = ReadonlyMap<number, readonly Token[]>;

export type ModelField = {
  readonly field: string;
  readonly type: 'text' | 'keyword';
  readonly hasOffsets: boolean;
  readonly lengths: readonly number[];
  readonly terms: ReadonlyMap<string, ModelPostings>;
};

export type ModelColumn = {
  readonly field: string;
  readonly type: Column['type'];
  /** By document; of keywords, the terms. */
  readonly values: readonly (readonly (number | string)[])[];
};

export type ModelDocument = {
  readonly id: string;
  readonly source: unknown;
  readonly version: number;
  readonly seqNo: number;
  readonly primaryTerm: number;
  readonly position: number;
};

export type Model = {
  readonly documents: readonly ModelDocument[];
  readonly fields: readonly ModelField[];
  readonly columns: readonly ModelColumn[];
};

/** Terms in the order of their bytes. */
export function sortedTerms(terms: Iterable<string>): string[] {
  return [...terms].sort((a, b) => {
    const [left, right] = [termBytes(a), termBytes(b)];
    return compareBytes(left, 0, left.length, right, 0, right.length);
  });
}

/** Writes a model as a segment. */
export function writeModel(model: Model, store: Store, name: string): void {
  const docCount = model.documents.length;
  const writer = new SegmentWriter({ store, name, docCount });
  for (const document of model.documents) {
    writer.addDocument({ ...document, id: termBytes(document.id) });
    writer.addSource(new TextEncoder().encode(JSON.stringify(document.source)));
  }
  for (const field of model.fields) writeField(writer, field);
  for (const column of model.columns) {
    const field = model.fields.find((other) => other.field === column.field);
    const terms = new Map(sortedTerms(field?.terms.keys() ?? []).map((term, i) => [term, i]));
    const values = columnNumbers(column, terms);
    const starts = new Uint32Array(docCount + 1);
    values.forEach((list, i) => {
      starts[i + 1] = starts[i]! + list.length;
    });
    const isDense = values.every((list) => list.length === 1);
    const { type } = column;
    writer.column({ field: column.field, type, values: Float64Array.from(values.flat()), ...(!isDense && { starts }) });
  }
  const steps = writer.finish();
  while (steps.next().done !== true);
}

/** The numbers that a column stores, by document. */
export function columnNumbers(column: ModelColumn, terms: ReadonlyMap<string, number>): number[][] {
  return column.values.map((list) =>
    list.map((value) => (typeof value === 'number' ? value : terms.get(value)!)).sort((a, b) => a - b),
  );
}

function writeField(writer: SegmentWriter, model: ModelField): void {
  const { field, type, hasOffsets } = model;
  const lengths = Uint32Array.from(model.lengths);
  const histogram = new PairHistogram();
  for (const postings of model.terms.values()) {
    for (const [ordinal, tokens] of postings) histogram.add(tokens.length, encodeLength(lengths[ordinal]!));
  }
  const average = model.lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, model.lengths.length);
  const codes = type === 'text' ? { codes: chooseCodes(histogram, average, { k1: 1.2, b: 0.75 }) } : {};
  const out = writer.field({ field, type, lengths, ...codes, hasPositions: type === 'text', hasOffsets });
  for (const term of sortedTerms(model.terms.keys())) {
    const entries = [...model.terms.get(term)!].sort((a, b) => a[0] - b[0]);
    const bytes = termBytes(`xx${term}`);
    // In two pieces where that is possible.
    const middle = entries.length > 5 ? Math.floor(entries.length / 3) : entries.length;
    out.term(bytes, 2, bytes.length, toBuffer(entries.slice(0, middle)));
    if (middle < entries.length) out.more(toBuffer(entries.slice(middle)));
  }
  out.finish();
}

function toBuffer(entries: readonly (readonly [number, readonly Token[]])[]): PostingsBuffer {
  const tokens = entries.flatMap(([, list]) => list);
  return {
    count: entries.length,
    ordinals: Uint32Array.from(entries, ([ordinal]) => ordinal),
    frequencies: Uint32Array.from(entries, ([, list]) => list.length),
    positions: Uint32Array.from(tokens, ({ position }) => position),
    starts: Uint32Array.from(tokens, ({ start }) => start),
    ends: Uint32Array.from(tokens, ({ end }) => end),
  };
}

/** What a random model is to have. */
export type ModelShape = {
  readonly docCount: number;
  readonly vocabulary: number;
  /** Tokens of a document at most. */
  readonly longest: number;
  /** Places between two tokens at most. */
  readonly gap: number;
};

/** A random model: two text fields (the second sparse, with offsets), a keyword field, and columns of every kind. */
export function randomModel(random: Seeded, shape: ModelShape): Model {
  const documents = Array.from({ length: shape.docCount }, (_, i): ModelDocument => {
    const source = {
      title: 'x'.repeat(random.below(400)),
      number: i,
      list: random.list(random.below(9), () => random.below(1e6)),
    };
    return {
      id: random.chance(0.1) ? `ключ-${i}\ud800` : `doc/${i}`,
      source,
      version: 1 + random.below(3),
      seqNo: i * 3,
      primaryTerm: 1,
      position: 1e9 + i * 7 + random.below(7),
    };
  });
  const keyword = keywordModel(random, shape);
  return {
    documents,
    fields: [textModel(random, shape, 'body', 1, false), textModel(random, shape, 'title', 0.4, true), keyword.field],
    columns: [keyword.column, ...numberModels(random, shape.docCount)],
  };
}

function textModel(random: Seeded, shape: ModelShape, field: string, share: number, hasOffsets: boolean): ModelField {
  const terms = new Map<string, Map<number, Token[]>>();
  const lengths = Array.from({ length: shape.docCount }, (_, ordinal) => {
    if (!random.chance(share)) return 0;
    const length = random.below(shape.longest + 1);
    let position = 0;
    let at = 0;
    for (let i = 0; i < length; i++) {
      // Low numbers are commoner; the commonest come many times.
      const term = randomTerm(Math.floor(shape.vocabulary * random.next() ** 3));
      const postings = terms.get(term) ?? new Map<number, Token[]>();
      terms.set(term, postings);
      const end = at + term.length;
      postings.set(ordinal, [...(postings.get(ordinal) ?? []), { position, start: at, end }]);
      position += 1 + random.below(shape.gap);
      at = end + 1;
    }
    return length;
  });
  return { field, type: 'text', hasOffsets, lengths, terms };
}

function randomTerm(number: number): string {
  if (number % 17 === 0) return `${'ab'.repeat(number % 5)}${String.fromCodePoint(0x1f600 + number)}`;
  if (number % 13 === 0) return `é${number}`;
  return `w${number.toString(3)}`;
}

function keywordModel(random: Seeded, shape: ModelShape): { field: ModelField; column: ModelColumn } {
  const terms = new Map<string, Map<number, Token[]>>();
  const values = Array.from({ length: shape.docCount }, (_, ordinal) => {
    const list = random.list(random.below(4), () => `k${random.below(Math.max(2, shape.vocabulary / 4))}`);
    for (const term of new Set(list)) {
      const postings = terms.get(term) ?? new Map<number, Token[]>();
      terms.set(term, postings.set(ordinal, [{ position: 0, start: 0, end: 0 }]));
    }
    return list;
  });
  const lengths = values.map((list) => new Set(list).size);
  return {
    field: { field: 'tags', type: 'keyword', hasOffsets: false, lengths, terms },
    column: { field: 'tags', type: 'keyword', values },
  };
}

function numberModels(random: Seeded, docCount: number): ModelColumn[] {
  const column = (field: string, type: Column['type'], make: (i: number) => number[]): ModelColumn => ({
    field,
    type,
    values: Array.from({ length: docCount }, (_, i) => make(i).sort((a, b) => a - b)),
  });
  return [
    column('one', 'long', () => [42]),
    column('small', 'long', () => [random.below(200) - 100]),
    column('days', 'date', () => [1.6e12 + 86_400_000 * random.below(5000)]),
    column('wide', 'long', () => [random.below(2 ** 32) * 2 - 2 ** 31]),
    column('huge', 'long', () => [(random.chance(0.5) ? -1 : 1) * random.below(2 ** 53)]),
    column('price', 'double', () => [random.below(10_000) / 100]),
    column('flag', 'boolean', () => (random.chance(0.7) ? [random.below(2)] : [])),
    column('many', 'long', () => random.list(random.below(4), () => random.below(70_000))),
    column('zero', 'double', () => [random.pick([0, -0, 1, 2])]),
    column('far', 'double', () => [random.pick([Number.NEGATIVE_INFINITY, 0.5, Number.MAX_VALUE])]),
    column('rare', 'long', (i) => (i === docCount - 1 ? [-5] : [])),
  ];
}
