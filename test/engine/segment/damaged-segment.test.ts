import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CloseWord } from '../../../src/engine/automata/close-word.ts';
import { levenshteinAutomaton } from '../../../src/engine/automata/levenshtein-automaton.ts';
import type { RegionPool } from '../../../src/engine/memory/region.ts';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { NO_MORE, WINDOW } from '../../../src/engine/part/index-part.ts';
import { COLUMN_OWNER, SECTIONS, type SectionName } from '../../../src/engine/segment/sections.ts';
import { openSegment, type Segment } from '../../../src/engine/segment/segment.ts';
import type { SegmentField } from '../../../src/engine/segment/segment-field.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import { CoppiceError } from '../../../src/errors.ts';
import { Seeded } from '../../support/seeded.ts';
import {
  type Anatomy,
  assemble,
  dissect,
  mutate,
  mutateCounts,
  mutateFile,
  mutateSection,
  readWhole,
  swapSections,
  withTableBytes,
  writeWhole,
} from './damage.ts';
import { randomModel, writeModel } from './model.ts';

const test = suite('engine/segment/damaged-segment');

/** Mutations to try. CORRUPT_SEGMENTS=100000 for a long run. */
const MUTATIONS = Number(process.env['CORRUPT_SEGMENTS'] ?? 1000);
const SEED = Number(process.env['SEED'] ?? 1);

const SHAPES = [
  { docCount: 3, vocabulary: 5, longest: 4, gap: 1 },
  { docCount: 60, vocabulary: 30, longest: 12, gap: 40 },
  { docCount: 300, vocabulary: 6, longest: 30, gap: 9000 },
];

type Outcome = 'refused' | 'late' | 'harmless';

test(`a damaged segment is refused, or read within its bounds (seed ${SEED}, ${MUTATIONS} mutations)`, () => {
  const random = new Seeded(SEED);
  const pool = createRegionPool();
  const anatomies = SHAPES.map((shape) => anatomyOf(random, shape));
  const outcomes: Record<Outcome, number> = { refused: 0, late: 0, harmless: 0 };
  for (let i = 0; i < MUTATIONS; i++) {
    const kind = i % 5;
    const bytes = damage(random, random.pick(anatomies), kind);
    outcomes[tryToRead(bytes, pool, `mutation ${i} of seed ${SEED}`)]++;
    assert.is(pool.usedBytes, 0);
  }
  // Most must be found when the segment is opened, or else nothing was tested.
  assert.ok(outcomes.refused > MUTATIONS / 2, JSON.stringify(outcomes));
  if (MUTATIONS > 10_000)
    process.stdout.write(`${JSON.stringify({ seed: SEED, mutations: MUTATIONS, ...outcomes })}\n`);
});

test('every single flipped bit of a file is found', () => {
  const { file } = anatomyOf(new Seeded(7), SHAPES[0]!);
  const pool = createRegionPool();
  const random = new Seeded(8);
  for (let at = 0; at < file.length; at++) {
    const bytes = file.slice();
    bytes[at]! ^= 1 << random.below(8);
    assert.is.not(tryToRead(bytes, pool, `byte ${at}`), 'harmless', `byte ${at} of ${file.length}`);
  }
});

test('a file that was cut anywhere is refused', () => {
  const { file } = anatomyOf(new Seeded(9), SHAPES[0]!);
  const pool = createRegionPool();
  for (let length = 0; length < file.length; length++) {
    assert.is(tryToRead(file.slice(0, length), pool, `length ${length}`), 'refused');
  }
});

test('a newer format is told from damage, and errors name file and section', () => {
  const { file } = anatomyOf(new Seeded(10), SHAPES[1]!);
  const newer = file.slice();
  newer[4] = 2;
  assert.throws(() => open(newer, createRegionPool()), isError('UNSUPPORTED_FORMAT', /`a\.segment` has format 2/));
  const damaged = file.slice();
  damaged[file.length - 40]! ^= 1;
  const expected = isError('CORRUPT_SEGMENT', /`a\.segment`, table of contents: its checksum is wrong/);
  assert.throws(() => open(damaged, createRegionPool()), expected);
  assert.throws(
    () => openSegment({ store: createMemoryStore(), name: 'none', regions: createRegionPool(), number: 1 }),
    isError('CORRUPT_SEGMENT', /there is no file `none`/),
  );
});

test('what no checksum tells is found when a segment is opened', () => {
  const anatomy = anatomyOf(new Seeded(11), SHAPES[1]!);
  const fill = (value: number) => (content: Uint8Array) => content.fill(value);
  const set = (at: number, value: number) => (content: Uint8Array) => {
    content[at] = value;
    return content;
  };
  const infinite = (content: Uint8Array) =>
    new Uint8Array(Float64Array.of(Number.POSITIVE_INFINITY).buffer).slice(0, content.length);
  const cases: readonly (readonly [number, SectionName, (content: Uint8Array) => Uint8Array, RegExp])[] = [
    [0, 'idSlots', fill(255), /ids: a hash table has 0 entries, not 60/],
    [0, 'idSlots', fill(60), /ids: a hash table has entry 60 of 60/],
    [0, 'idOffsets', set(0, 1), /ids: offsets do not fit the bytes/],
    [0, 'sourceBlocks', set(8, 1), /`sourceBlocks`: block 0 has documents 1 to 60/],
    [0, 'sourceBlocks', set(14, 9), /`sourceBlocks`: block 0 of \d+ bytes at 8/],
    [1, 'termSlots', fill(255), /`body`: a hash table has 0 entries/],
    [1, 'termBytes', fill(7), /`body`: term \d+ is not above the one before/],
    [1, 'docFrequencies', set(0, 0), /`body`: term 0 is in 0 documents/],
    [1, 'docFrequencies', set(0, 61), /`body`: term 0 is in 61 documents/],
    [1, 'codeFrequencies', fill(0), /`body`: a code has frequency 0/],
    [1, 'pairs', set(0, 0), /`body`: a pair of frequency 0/],
    [1, 'kth10', fill(255), /`body`: term 0 has an unknown code/],
    [1, 'blockLast', set(0, 60), /`body`: block 0 ends with document 60/],
    [1, 'blockLast', set(0, 0), /`body`: block 0 /],
    [1, 'blockWidth', fill(3), /`body`: block 0 at 0 has numbers of 3 bytes/],
    [1, 'blockPostings', set(1, 0), /`body`: block [01] /],
    [1, 'blockPostings', set(0, 100), /`body`: block 0 at 100 does not end with its last document/],
    [1, 'postings', fill(200), /`body`: block 0 at 0 does not end with its last document/],
    [1, 'blockPositionBits', fill(25), /`body`: block 0 has \d+ bytes of positions of 25 bits/],
    [2, 'blockOffsets', fill(0), /`title`: block \d+ has 0 bytes of offsets/],
    [COLUMN_OWNER, 'columnValues', fill(200), /`tags`: value 0 is term 200/],
    [COLUMN_OWNER, 'columnStarts', set(0, 1), /`tags`: its starts do not fit its values/],
    [COLUMN_OWNER + 2, 'columnBlockMin', infinite, /`small`: value 0 is -?\d+, outside of its block's Infinity/],
  ];
  for (const [owner, name, change, message] of cases) {
    const index = anatomy.table.sections.findIndex(
      (entry) => entry.owner === owner && entry.kind === SECTIONS[name].id,
    );
    const contents = anatomy.contents.map((content, i) => (i === index ? change(Uint8Array.from(content)) : content));
    const bytes = assemble({ ...anatomy, contents });
    const pool = createRegionPool();
    assert.throws(() => open(bytes, pool), isError('CORRUPT_SEGMENT', message), `${name}: ${message}`);
    assert.is(pool.usedBytes, 0);
  }
});

function anatomyOf(random: Seeded, shape: (typeof SHAPES)[number]): Anatomy {
  const store = createMemoryStore();
  writeModel(randomModel(random, shape), store, 'a.segment');
  return dissect(readWhole(store, 'a.segment'));
}

function damage(random: Seeded, anatomy: Anatomy, kind: number): Uint8Array {
  if (kind === 0) return mutateFile(random, anatomy.file);
  if (kind === 1) return mutateSection(random, anatomy);
  if (kind === 2) return swapSections(random, anatomy);
  if (kind === 3) return mutateCounts(random, anatomy);
  return withTableBytes(anatomy.file, (table) => mutate(random, table));
}

function open(bytes: Uint8Array, regions: RegionPool): Segment {
  const store = createMemoryStore();
  writeWhole(store, 'a.segment', bytes);
  return openSegment({ store, name: 'a.segment', regions, number: 1 });
}

/** Opens and reads everything. Errors that are no CoppiceErrors of these codes come through. */
function tryToRead(bytes: Uint8Array, pool: RegionPool, what: string): Outcome {
  let segment: Segment | undefined;
  try {
    segment = open(bytes, pool);
    readDocuments(segment);
    for (const field of segment.invertedFields) readField(segment.inverted(field)!);
    for (const name of segment.columnFields) readColumn(segment, name);
    return 'harmless';
  } catch (error) {
    if (!(error instanceof CoppiceError) || !/^(CORRUPT_SEGMENT|UNSUPPORTED_FORMAT)$/.test(error.code)) {
      throw new Error(`${what}: ${String(error)}`, { cause: error });
    }
    return segment === undefined ? 'refused' : 'late';
  } finally {
    segment?.close();
  }
}

function readDocuments(segment: Segment): void {
  let failure: CoppiceError | undefined;
  for (let ordinal = 0; ordinal < segment.endOrdinal; ordinal++) {
    const { documents } = segment;
    documents.find(documents.id(ordinal));
    documents.find(`${ordinal}`);
    for (const number of [documents.version(ordinal), documents.seqNo(ordinal), documents.position(ordinal)]) {
      assert.type(number, 'number');
    }
    try {
      documents.source(ordinal);
    } catch (error) {
      if (!(error instanceof CoppiceError) || error.code !== 'CORRUPT_SEGMENT') throw error;
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
}

function readField(field: SegmentField): void {
  const [ordinals, frequencies] = [new Uint32Array(WINDOW), new Uint32Array(WINDOW)];
  const blocks = field.blocks();
  field.histogram().forEach((frequency, norm) => assert.ok(frequency > 0 && norm < 256));
  const fuzzy = levenshteinAutomaton('w12', { distance: 2 });
  field.accepted(fuzzy, (number) => number < field.termCount);
  for (const distance of [1, 2] as const)
    field.close(new CloseWord('w0123', { distance }), (number) => assert.ok(number < field.termCount));
  for (let number = 0; number < field.termCount; number++) {
    field.lookup(field.term(number));
    const cursor = field.postings(number);
    let reads = 0;
    for (let at = cursor.seek(0); at !== NO_MORE; at = cursor.seek(0)) {
      const count = cursor.read(at - (at % WINDOW) + WINDOW, ordinals, frequencies);
      assert.ok(count > 0 && count <= WINDOW && ++reads <= cursor.docFrequency);
      if (!field.hasPositions) continue;
      const some = Math.min(count, 3);
      for (let i = 0; i < some; i++) {
        const room = Math.min(frequencies[i]!, 1000);
        cursor.positions(i, new Uint32Array(room));
        cursor.offsets(i, new Uint32Array(room), new Uint32Array(room));
      }
    }
    field.postings(number).seek(number);
    blocks.open(number);
    for (let count = blocks.next(), sum = count; count > 0; count = blocks.next(), sum += count) {
      assert.ok(sum <= cursor.docFrequency);
    }
  }
}

function readColumn(segment: Segment, name: string): void {
  const column = segment.column(name)!;
  const values = new Float64Array(column.valueCount);
  column.read(0, column.valueCount, values);
  for (let ordinal = 0; ordinal < segment.endOrdinal; ordinal++) {
    const [start, end] = [column.start(ordinal), column.end(ordinal)];
    assert.is(column.has(ordinal), end > start);
    assert.ok(start >= 0 && end <= column.valueCount);
    for (let i = start; i < end; i++) assert.type(column.at(i), 'number');
    if (column.type !== 'keyword') continue;
    const terms = segment.inverted(name)!;
    for (let i = start; i < end; i++) assert.type(terms.term(column.at(i)), 'string');
  }
}

function isError(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof CoppiceError && error.code === code && message.test(error.message);
}

test.run();
