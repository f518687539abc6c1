/**
 * The writer against a model that keeps every document: after random writes, flushes and merges the parts hold exactly
 * the live documents in the order of the log, with all their terms, positions, values and statistics.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineDocument, FieldOptions } from '../../../src/engine/engine.ts';
import { Head } from '../../../src/engine/head/head.ts';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { type IndexPart, type InvertedField, NO_MORE, WINDOW } from '../../../src/engine/part/index-part.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import { ShardWriter, type WriterOptions } from '../../../src/engine/writer/shard-writer.ts';
import { Seeded } from '../../support/seeded.ts';
import { plainAnalyzers } from '../head/plain-analyzers.ts';

const test = suite('engine/writer/shard-writer');

const FIELDS = new Map<string, FieldOptions>([
  ['title', { type: 'text', offsets: true }],
  ['body', { type: 'text', analyzer: 'stemming' }],
  ['tag', { type: 'keyword' }],
  ['year', { type: 'long' }],
]);

type Change = Partial<Omit<WriterOptions, 'merge'>> & { readonly factor?: number };

function newWriter({ factor = 3, ...change }: Change = {}): ShardWriter {
  return new ShardWriter({
    store: createMemoryStore(),
    regions: createRegionPool(),
    context: { fields: FIELDS, analyzers: plainAnalyzers },
    parameters: { k1: 1.2, b: 0.75 },
    headDocuments: 40,
    headBytes: 1 << 20,
    merge: { factor, maxBytes: 1 << 28, maxDeletedShare: 0.3 },
    nextNumber: 1,
    onDrop: () => {},
    ...change,
  });
}

/** Documents of a seed, over few words and tags, some without fields, some long. */
class Corpus {
  readonly chance: Seeded;
  readonly #words: readonly string[];
  #position = 0;

  constructor(seed: number) {
    this.chance = new Seeded(seed);
    this.#words = this.chance.list(200, () => `${this.chance.pick(['w', 'ö', '中'])}${this.chance.below(1000)}s`);
  }

  document(id: string): EngineDocument {
    const { chance } = this;
    const position = ++this.#position;
    const text = (most: number): string => chance.list(chance.below(most), () => this.#word()).join(' ');
    const fields: Record<string, (string | number)[]> = {};
    if (chance.chance(0.8)) fields['title'] = chance.list(1 + chance.below(2), () => text(6));
    if (chance.chance(0.9)) fields['body'] = [text(chance.chance(0.02) ? 2000 : 30)];
    if (chance.chance(0.7)) fields['tag'] = chance.list(1 + chance.below(3), () => this.#word());
    if (chance.chance(0.9)) fields['year'] = chance.list(chance.chance(0.1) ? 2 : 1, () => chance.below(100) - 50);
    return { id, source: { id, fields }, fields, version: chance.below(9), seqNo: position, primaryTerm: 2, position };
  }

  #word(): string {
    return this.#words[Math.floor(this.chance.next() ** 3 * this.#words.length)]!;
  }
}

/** A document as the parts tell of it, or as it was put. */
type Row = {
  readonly id: string;
  readonly source: unknown;
  readonly numbers: readonly number[];
  /** Field, term and positions. */
  readonly terms: readonly string[];
  readonly years: readonly number[];
};

function rowsOf(parts: readonly IndexPart[]): Row[] {
  return parts.flatMap((part) => {
    const terms: string[][] = Array.from({ length: part.endOrdinal }, () => []);
    for (const name of ['title', 'body', 'tag']) {
      const field = part.inverted(name);
      if (field !== undefined) collectTerms(field, terms);
    }
    return Array.from({ length: part.endOrdinal }, (_, ordinal) => ordinal)
      .filter((ordinal) => (part.live[ordinal >>> 5]! >>> (ordinal & 31)) & 1)
      .map((ordinal) => rowAt(part, ordinal, terms[ordinal]!.sort()));
  });
}

function rowAt(part: IndexPart, ordinal: number, terms: readonly string[]): Row {
  const { documents } = part;
  const year = part.column('year');
  const years: number[] = [];
  if (year !== undefined) for (let i = year.start(ordinal); i < year.end(ordinal); i++) years.push(year.at(i));
  const tag = part.column('tag');
  const tags: string[] = [];
  for (let i = tag?.start(ordinal) ?? 0; i < (tag?.end(ordinal) ?? 0); i++) {
    tags.push(`tag column ${part.inverted('tag')?.term(tag?.at(i) ?? 0)}`);
  }
  const id = documents.id(ordinal);
  assert.is(documents.find(id), ordinal);
  const numbers = [documents.version(ordinal), documents.seqNo(ordinal), documents.position(ordinal)];
  return { id, source: documents.source(ordinal), numbers, terms: [...terms, ...tags], years };
}

function collectTerms(field: InvertedField, into: readonly string[][]): void {
  const [ordinals, frequencies] = [new Uint32Array(WINDOW), new Uint32Array(WINDOW)];
  for (let term = 0; term < field.termCount; term++) {
    const cursor = field.postings(term);
    for (let at = cursor.seek(0); at !== NO_MORE; at = cursor.seek(0)) {
      const count = cursor.read(at - (at % WINDOW) + WINDOW, ordinals, frequencies);
      for (let i = 0; i < count; i++) {
        const places = new Uint32Array(field.hasPositions ? frequencies[i]! : 0);
        if (field.hasPositions) cursor.positions(i, places);
        const [starts, ends] = [new Uint32Array(places.length), new Uint32Array(places.length)];
        const offsets = cursor.offsets(i, starts, ends) ? ` ${starts.join()} ${ends.join()}` : '';
        into[ordinals[i]!]!.push(`${field.field} ${field.term(term)} ${places.join()}${offsets}`);
      }
    }
  }
}

/** The rows of documents, through a head that never was written out. */
function expectedRows(documents: Iterable<EngineDocument>): Row[] {
  const writer = newWriter({ headDocuments: 1e6, headBytes: 1e9 });
  for (const document of documents) writer.put(document);
  assert.is(writer.parts.length, 1);
  return rowsOf(writer.parts);
}

function checkStatistics(writer: ShardWriter, expected: ShardWriter): void {
  const field = (parts: readonly IndexPart[], name: string): InvertedField[] =>
    parts.flatMap((part) => part.inverted(name) ?? []);
  for (const name of ['title', 'body', 'tag']) {
    const [ours, theirs] = [field(writer.parts, name), field(expected.parts, name)];
    const sum = (fields: InvertedField[], of: (one: InvertedField) => number): number =>
      fields.reduce((total, one) => total + of(one), 0);
    assert.is(
      sum(ours, (one) => one.docCount),
      sum(theirs, (one) => one.docCount),
      name,
    );
    assert.is(
      sum(ours, (one) => one.totalTokens),
      sum(theirs, (one) => one.totalTokens),
      name,
    );
    for (const one of theirs) {
      for (let number = 0; number < one.termCount; number++) {
        const frequency = (other: InvertedField): number => {
          const found = other.lookup(one.term(number));
          return found < 0 ? 0 : other.liveDocFrequency(found);
        };
        assert.is(sum(ours, frequency), one.liveDocFrequency(number), `${name} ${one.term(number)}`);
      }
    }
  }
}

test('random writes, flushes and merges leave exactly the live documents, in the order of the log', () => {
  const rounds = Number(process.env['WRITER_ROUNDS'] ?? 4);
  for (let seed = 1; seed <= rounds; seed++) {
    const corpus = new Corpus(seed);
    const { chance } = corpus;
    const writer = newWriter({ headDocuments: 10 + chance.below(60), factor: 2 + chance.below(3) });
    const live = new Map<string, EngineDocument>();
    for (let i = 0; i < 900; i++) {
      const id = `${chance.pick(['', 'ü', 'long-prefix-'])}${chance.below(300)}`;
      const action = chance.next();
      if (action < 0.2) assert.is(writer.delete(id), live.delete(id), `seed ${seed}`);
      else if (action < 0.98) {
        const document = corpus.document(id);
        writer.put(document);
        live.delete(id);
        live.set(id, document);
      } else if (action < 0.985) writer.flush();
      else if (action < 0.99) writer.forceMerge(1 + chance.below(3));
      else writer.maintain(() => chance.chance(0.3));
      if (i % 300 === 299) {
        assert.equal(rowsOf(writer.parts), expectedRows(live.values()), `seed ${seed} after ${i} writes`);
      }
    }
    const expected = newWriter({ headDocuments: 1e6, headBytes: 1e9 });
    for (const document of live.values()) expected.put(document);
    checkStatistics(writer, expected);
    writer.forceMerge(1);
    assert.is(writer.segments.slots.length, 1);
    assert.equal(rowsOf(writer.parts), expectedRows(live.values()), `seed ${seed} merged`);
    checkStatistics(writer, expected);
    assert.ok(writer.written.merges > 0 && writer.written.flushes > 3, `seed ${seed}`);
  }
});

test('what is deleted while a flush or a merge is under way is deleted afterwards too', () => {
  const corpus = new Corpus(99);
  const writer = newWriter({ headDocuments: 1e6 });
  for (let i = 0; i < 3000; i++) writer.put(corpus.document(String(i)));
  let slices = 0;
  const oneMore = (): boolean => slices++ > 0;
  for (let id = 0, goesOn = true; goesOn; id += 7) {
    slices = 0;
    goesOn = writer.maintain(oneMore);
    writer.delete(String(id));
  }
  const gone = writer.parts.reduce((sum, part) => sum + part.endOrdinal - part.liveCount, 0);
  assert.ok(gone > 3, `${gone} were deleted meanwhile`);
  for (let id = 0; id < 7 * gone; id += 7) assert.is(writer.find(String(id)), undefined);
  assert.is(writer.parts.length, 2);
});

test('a flush copies blocks of sources that are whole, and packs the others anew', () => {
  const writer = newWriter({ headDocuments: 1e6, headBytes: 1e9 });
  const corpus = new Corpus(12);
  const documents = Array.from({ length: 400 }, (_, i) => {
    return { ...corpus.document(String(i)), source: { text: `${i} some text `.repeat(40) } };
  });
  for (const document of documents) writer.put(document);
  const head = writer.parts[0];
  if (!(head instanceof Head)) throw new Error('the head was written out');
  const first = head.documents.sources.sourceBlock(0);
  const stored = [...head.documents.sources.storedBlock(0).stored];
  assert.ok(first.end < 200, 'there are several blocks');
  for (let id = first.end; id < 400; id += 5) writer.delete(String(id));
  writer.flush();
  const segment = writer.segments.slots[0]!.segment;
  assert.equal([...segment.storedBlock(0).stored], stored);
  for (const { id, source } of documents) {
    const place = writer.find(id);
    assert.is(place === undefined, Number(id) >= first.end && (Number(id) - first.end) % 5 === 0);
    if (place !== undefined) assert.equal(segment.documents.source(place.ordinal), source);
  }
});

test('an idle shard merges on until no segment has half as many bytes behind it', () => {
  const writer = newWriter({ headDocuments: 1e6, factor: 8 });
  const corpus = new Corpus(31);
  for (let flush = 0; flush < 12; flush++) {
    for (let i = 0; i < 60 + 20 * (flush % 3); i++) writer.put(corpus.document(`${flush} ${i}`));
    writer.flush();
  }
  const before = writer.segments.slots.length;
  writer.maintain(() => false);
  const sizes = writer.segments.slots.map(({ segment }) => segment.hotBytes);
  assert.ok(before > 4 && sizes.length <= 3, `${before} segments, then ${sizes.length}`);
  sizes.forEach((size, i) => assert.ok(sizes.slice(i + 1).reduce((sum, other) => sum + other, 0) < size));
});

test('memory and files of merged segments are given back', () => {
  const regions = createRegionPool();
  const store = createMemoryStore();
  const dropped: string[] = [];
  const writer = newWriter({ regions, store, headDocuments: 20, onDrop: (segment) => dropped.push(segment.name) });
  const corpus = new Corpus(3);
  for (let i = 0; i < 500; i++) writer.put(corpus.document(String(i)));
  writer.forceMerge(1);
  assert.equal(
    store.names(),
    writer.segments.slots.map(({ segment }) => segment.fileName),
  );
  assert.is(regions.usedBytes, writer.segments.slots[0]?.segment.hotBytes);
  assert.is(new Set(dropped).size, dropped.length);
  writer.close();
  assert.is(regions.usedBytes, 0);
});

test('held segments stay readable until they are released', () => {
  const regions = createRegionPool();
  const writer = newWriter({ regions, headDocuments: 20 });
  const corpus = new Corpus(4);
  for (let i = 0; i < 200; i++) writer.put(corpus.document(String(i)));
  writer.flush();
  const held = writer.segments.hold();
  const rows = rowsOf(held.map(({ segment }) => segment));
  const before = regions.usedBytes;
  writer.forceMerge(1);
  assert.ok(regions.usedBytes > before);
  assert.equal(rowsOf(held.map(({ segment }) => segment)), rows);
  writer.segments.release(held);
  assert.is(regions.usedBytes, writer.segments.slots[0]?.segment.hotBytes);
});

test('segments stay few under endless writing, and the writing pays for it', () => {
  const corpus = new Corpus(5);
  const writer = newWriter({ headDocuments: 50, factor: 4 });
  let most = 0;
  for (let i = 0; i < 8000; i++) {
    writer.put(corpus.document(String(corpus.chance.below(2000))));
    most = Math.max(most, writer.parts.length);
  }
  assert.ok(most < 24, `${most} parts`);
  const { flushedBytes, mergedBytes } = writer.written;
  assert.ok(mergedBytes / flushedBytes < 4, `rewritten ${mergedBytes / flushedBytes} times`);
});

test.run();
