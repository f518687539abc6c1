/** The head against a plain model: documents, terms, places, columns and statistics, while it is written to. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineDocument, FieldOptions } from '../../../src/engine/engine.ts';
import { Head } from '../../../src/engine/head/head.ts';
import { type InvertedField, NO_MORE, type Postings, WINDOW } from '../../../src/engine/part/index-part.ts';
import type { FieldValue } from '../../../src/engine/query/query.ts';
import { Seeded } from '../../support/seeded.ts';
import { plainAnalyzers } from './plain-analyzers.ts';

const test = suite('engine/head/head');

const FIELDS = new Map<string, FieldOptions>([
  ['title', { type: 'text', offsets: true }],
  ['stems', { type: 'text', analyzer: 'stemming' }],
  ['woods', { type: 'text', analyzer: 'synonyms', positionIncrementGap: 2 }],
  ['tag', { type: 'keyword' }],
  ['year', { type: 'long' }],
  ['open', { type: 'boolean' }],
]);

function newHead(): Head {
  return new Head({ fields: FIELDS, analyzers: plainAnalyzers });
}

let position = 0;
function document(id: string, fields: Record<string, readonly FieldValue[]>): EngineDocument {
  position++;
  return { id, source: { id, fields }, fields, version: 2, seqNo: position, primaryTerm: 3, position };
}

function put(head: Head, id: string, fields: Record<string, readonly FieldValue[]>): void {
  head.put(document(id, fields), () => {
    const replaced = head.documents.find(id);
    if (replaced >= 0) head.delete(replaced);
  });
}

type Found = { readonly ordinal: number; readonly positions: readonly number[] };

/** All postings of a term, with positions. */
function found(field: InvertedField, term: string): Found[] {
  const number = field.lookup(term);
  if (number < 0) return [];
  assert.is(field.term(number), term);
  const cursor = field.postings(number);
  const list: Found[] = [];
  const [ordinals, frequencies] = [new Uint32Array(WINDOW), new Uint32Array(WINDOW)];
  for (let at = cursor.seek(0); at !== NO_MORE; at = cursor.seek(0)) {
    const end = at - (at % WINDOW) + WINDOW;
    const count = cursor.read(end, ordinals, frequencies);
    for (let i = 0; i < count; i++) {
      list.push({ ordinal: ordinals[i]!, positions: positionsOf(field, cursor, i, frequencies[i]!) });
    }
  }
  assert.is(list.length, cursor.docFrequency);
  return list;
}

function positionsOf(field: InvertedField, cursor: Postings, index: number, frequency: number): number[] {
  if (!field.hasPositions) return [];
  const into = new Uint32Array(frequency);
  cursor.positions(index, into);
  return [...into];
}

function inverted(head: Head, field: string): InvertedField {
  const found = head.inverted(field);
  if (found === undefined) throw new Error(`no field ${field}`);
  return found;
}

test('words are found with their positions as soon as they are put', () => {
  const head = newHead();
  put(head, 'a', { title: ['Oak and OAK'] });
  put(head, 'b', {});
  put(head, 'c', { title: ['elm', 'Über oak'] });
  const title = inverted(head, 'title');
  assert.equal(found(title, 'oak'), [
    { ordinal: 0, positions: [0, 2] },
    { ordinal: 2, positions: [102] },
  ]);
  assert.equal(found(title, 'über'), [{ ordinal: 2, positions: [101] }]);
  assert.equal(found(title, 'Oak'), []);
  assert.equal([title.docCount, title.totalTokens, title.length(0), title.length(1)], [2, 6, 3, 0]);
  assert.equal([title.norms?.[0], title.norms?.[2]], [3, 3]);
});

test('words of all lengths and scripts are told apart, however many a text has', () => {
  const head = newHead();
  const roots = ['a', 'abcd', 'abcde', 'abcdefgh', 'abcdefghi', 'abcdefghijkl', 'abcdefghijklm', 'x'.repeat(255)];
  const words = roots.flatMap((root) => [root, `${root.slice(0, -1)}z`, `${root}ö`, `${root}'s`, `q${root.slice(1)}`]);
  const cut = [...new Set(words)].filter((word) => word.length <= 255);
  const text = Array.from({ length: 2000 }, (_, i) => cut[i % cut.length]!);
  put(head, 'a', { title: [text.join(' ')] });
  put(head, 'b', { title: [text.join(', ').toUpperCase()] });
  const title = inverted(head, 'title');
  assert.is(title.termCount, cut.length);
  for (const word of cut) {
    const positions = text.flatMap((other, at) => (other === word ? [at] : []));
    assert.equal(
      found(title, word),
      [0, 1].map((ordinal) => ({ ordinal, positions })),
    );
  }
});

test('a word may come any number of times in a document', () => {
  const head = newHead();
  const counts = [1, 254, 255, 256, 1000, 70_000];
  counts.forEach((count, i) => put(head, String(i), { title: ['oak '.repeat(count)] }));
  const title = inverted(head, 'title');
  assert.equal(
    found(title, 'oak').map(({ positions }) => positions.length),
    counts,
  );
});

test('sources are read from open and closed blocks alike', () => {
  const head = newHead();
  const texts = Array.from({ length: 60 }, (_, i) => `${i} ü `.repeat(i % 7 === 0 ? 9000 : 100 + i));
  texts.forEach((text, i) => put(head, String(i), { other: [text] }));
  const { documents } = head;
  texts.forEach((text, i) => assert.equal(documents.source(i), { id: String(i), fields: { other: [text] } }));
  assert.ok(documents.sources.usedBytes < texts.join('').length / 2, 'they are compressed');
  const block = documents.sources.sourceBlock(59);
  assert.is(block.end, 60);
  assert.is(documents.sources.storedBlock(59).docCount, block.end - block.start);
  put(head, 'last', {});
  assert.equal(
    [59, 60].map((ordinal) => documents.id(ordinal)),
    ['59', 'last'],
  );
  assert.equal(documents.source(60), { id: 'last', fields: {} });
});

test('words that are dropped leave holes, and each word is mapped by itself', () => {
  const head = newHead();
  put(head, 'a', { stems: ['the oaks the', 'the oak'] });
  const stems = inverted(head, 'stems');
  assert.equal(found(stems, 'oak'), [{ ordinal: 0, positions: [1, 104] }]);
  assert.equal([found(stems, 'oaks'), found(stems, 'the')], [[], []]);
  assert.is(stems.length(0), 2);
});

test('tokens at one position stand for each other and count as one in the length', () => {
  const head = newHead();
  put(head, 'a', { woods: ['an oak tree', 'oak'] });
  const woods = inverted(head, 'woods');
  assert.equal(found(woods, 'wood'), [{ ordinal: 0, positions: [1, 5] }]);
  assert.equal(found(woods, 'oak'), [{ ordinal: 0, positions: [1, 5] }]);
  assert.equal(found(woods, 'tree'), [{ ordinal: 0, positions: [2] }]);
  assert.is(woods.length(0), 4);
});

test('offsets count over all values, one unit between them', () => {
  const head = newHead();
  put(head, 'a', { title: ['elm oak', 'Oak'] });
  const title = inverted(head, 'title');
  const cursor = title.postings(title.lookup('oak'));
  cursor.seek(0);
  cursor.read(WINDOW, new Uint32Array(WINDOW), new Uint32Array(WINDOW));
  const [starts, ends] = [new Uint32Array(2), new Uint32Array(2)];
  assert.is(cursor.offsets(0, starts, ends), true);
  assert.equal([...starts, ...ends], [4, 8, 7, 11]);
});

test('keywords are sorted within a document and counted once', () => {
  const head = newHead();
  put(head, 'a', { tag: ['red', 'blue', 'red', ''] });
  const tag = inverted(head, 'tag');
  const column = head.column('tag');
  assert.equal([tag.docCount, tag.totalTokens, tag.length(0)], [1, 3, 3]);
  assert.equal(
    [0, 1, 2].map((i) => tag.term(column?.at(i) ?? -1)),
    ['', 'blue', 'red'],
  );
});

test('columns are dense while every document has one value', () => {
  const head = newHead();
  put(head, 'a', { year: [5], open: [true] });
  const year = head.column('year');
  assert.is(year?.isDense, true);
  put(head, 'b', { year: [9] });
  assert.equal([year?.isDense, head.column('open')?.isDense], [true, false]);
  put(head, 'c', {});
  put(head, 'd', { year: [3, -1] });
  assert.equal([year?.isDense, year?.has(1), year?.has(2)], [false, true, false]);
  assert.equal([year?.start(3), year?.end(3), year?.at(2), year?.at(3)], [2, 4, -1, 3]);
  assert.equal([year?.blockMin[0], year?.blockMax[0]], [-1, 9]);
});

test('a refused document changes nothing', () => {
  const head = newHead();
  put(head, 'a', { title: ['oak'], tag: ['red'] });
  const bad: readonly Record<string, readonly FieldValue[]>[] = [
    { title: ['elm'], year: ['x'] },
    { title: ['elm', 1] },
    { title: ['elm'], tag: ['x'.repeat(40_000)] },
    { year: [Number.NaN] },
    { open: [1] },
  ];
  for (const fields of bad) {
    assert.throws(
      () => put(head, 'a', fields),
      (error: Error & { code: string }) => error.code === 'MAPPING_FAILED',
    );
  }
  assert.equal([head.endOrdinal, head.liveCount], [1, 1]);
  assert.equal(found(inverted(head, 'title'), 'elm'), []);
  put(head, 'b', { title: ['elm'] });
  assert.equal(found(inverted(head, 'title'), 'elm'), [{ ordinal: 1, positions: [0] }]);
});

test('random writes agree with a model that keeps every document', () => {
  const seed = 20_260_101;
  const chance = new Seeded(seed);
  const head = newHead();
  const words = chance.list(60, () => String.fromCharCode(97 + chance.below(26), 97 + chance.below(26)));
  const rows: { id: string; words: string[]; tags: string[]; isLive: boolean }[] = [];
  const remove = (id: string): void => {
    for (const row of rows) if (row.id === id) row.isLive = false;
  };
  for (let i = 0; i < 6000; i++) {
    const id = String(chance.below(900));
    if (chance.chance(0.2)) {
      const ordinal = head.documents.find(id);
      assert.is(
        ordinal >= 0,
        rows.some((row) => row.id === id && row.isLive),
        `seed ${seed}`,
      );
      if (ordinal >= 0) head.delete(ordinal);
      remove(id);
      continue;
    }
    remove(id);
    const row = {
      id,
      words: chance.list(chance.below(12), () => chance.pick(words)),
      tags: chance.list(chance.below(3), () => chance.pick(words)),
      isLive: true,
    };
    rows.push(row);
    put(head, id, { title: [row.words.join(' ')], tag: row.tags });
    // Lists are kept and carried on between reads.
    if (i % 500 === 0) found(inverted(head, 'title'), chance.pick(words));
  }
  const [title, tag] = [inverted(head, 'title'), inverted(head, 'tag')];
  for (const word of new Set(words)) {
    const expected = rows.flatMap((row, ordinal) => {
      const positions = row.words.flatMap((other, at) => (other === word ? [at] : []));
      return positions.length === 0 ? [] : [{ ordinal, positions }];
    });
    assert.equal(found(title, word), expected, `seed ${seed} word ${word}`);
    const live = expected.filter(({ ordinal }) => rows[ordinal]!.isLive).length;
    assert.is(title.liveDocFrequency(title.lookup(word)), live, `seed ${seed} word ${word}`);
    const tagged = rows.filter((row) => row.isLive && row.tags.includes(word)).length;
    if (tagged > 0) assert.is(tag.liveDocFrequency(tag.lookup(word)), tagged);
  }
  const live = rows.filter((row) => row.isLive);
  assert.is(title.docCount, live.filter((row) => row.words.length > 0).length);
  assert.is(
    title.totalTokens,
    live.reduce((sum, row) => sum + row.words.length, 0),
  );
  assert.is(head.liveCount, live.length);
  rows.forEach((row, ordinal) => {
    assert.is((head.live[ordinal >>> 5]! >>> (ordinal & 31)) & 1, row.isLive ? 1 : 0);
    if (row.isLive)
      assert.equal(head.documents.source(ordinal), {
        id: row.id,
        fields: { title: [row.words.join(' ')], tag: row.tags },
      });
  });
});

test('a word without an end is cut into tokens as fast as many words are', () => {
  const head = newHead();
  put(head, 'long', { title: ['y'.repeat(2_000_000)] });
  const title = inverted(head, 'title');
  assert.is(title.postings(title.lookup('y'.repeat(255))).seek(0), 0);
  assert.is(title.length(0), Math.ceil(2_000_000 / 255));
});

test('a cursor skips to where it is asked to', () => {
  const seed = 7;
  const chance = new Seeded(seed);
  const head = newHead();
  const has: number[] = [];
  for (let i = 0; i < 5000; i++) {
    const hit = chance.chance(i < 2500 ? 0.5 : 0.01);
    if (hit) has.push(i);
    put(head, String(i), { title: [hit ? 'oak' : 'elm'] });
  }
  const title = inverted(head, 'title');
  for (let round = 0; round < 50; round++) {
    const cursor = title.postings(title.lookup('oak'));
    for (let from = 0; from < 5200; from += 1 + chance.below(300)) {
      assert.is(cursor.seek(from), has.find((ordinal) => ordinal >= from) ?? NO_MORE, `seed ${seed}`);
    }
  }
});

test.run();
