/** Misspelt words in dictionaries of segments and of the head, against a look at every term. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CloseWord, FAR } from '../../../src/engine/automata/close-word.ts';
import { HeadSimilarTerms } from '../../../src/engine/head/head-similar-terms.ts';
import { TermTable } from '../../../src/engine/head/term-table.ts';
import { termBytes } from '../../../src/engine/part/term-bytes.ts';
import { SimilarTerms } from '../../../src/engine/segment/similar-terms.ts';
import { deriveTermsByEnd, LENGTH_STARTS } from '../../../src/engine/segment/terms-by-end.ts';
import { Seeded } from '../../support/seeded.ts';
import { sortedTerms } from './model.ts';

const test = suite('engine/segment/similar-terms');

type Found = Map<string, number>;

/** Long enough for every way to narrow terms down, and for the last length. */
const STEMS = [
  'a',
  'ab',
  'gene',
  'genes',
  'strasse',
  'straße',
  '字字字字字',
  'intention',
  'x'.repeat(61),
  'y'.repeat(300),
];
const LETTERS = ['a', 'b', 'e', 'g', 'i', 'n', 's', 't', 'x', 'ß', '字', '\u{1f600}'];

test('all close terms are found, each once, whatever the word is', () => {
  const random = new Seeded(31);
  for (let round = 0; round < 12; round++) {
    const terms = sortedTerms(new Set(random.list(1500, () => misspelt(random, random.pick(STEMS), 5))));
    const finders = [segmentFinder(terms), headFinder(terms)];
    for (let i = 0; i < 60; i++) {
      const word = misspelt(random, random.pick(STEMS), 3);
      const distance = random.pick([0, 1, 2] as const);
      const options = { distance, transpositions: random.chance(0.6), prefixLength: random.pick([0, 0, 1, 4]) };
      const close = new CloseWord(word, options);
      const expected = sorted(lookedThrough(terms, close));
      for (const find of finders) assert.equal(sorted(find(close)), expected, `${word} ${JSON.stringify(options)}`);
    }
  }
});

test('one edit of any kind at any place is found', () => {
  const words = ['gene', 'genes', 'intent', 'intenti', 'intention', 'straßenbahn'];
  const places = words.flatMap((word) => {
    const characters = Array.from(word);
    return characters.flatMap((_, at) => [
      characters.toSpliced(at, 1),
      characters.toSpliced(at, 1, 'q'),
      characters.toSpliced(at, 0, 'q'),
      characters.toSpliced(at, 2, ...characters.slice(at, at + 2).toReversed()),
    ]);
  });
  // Among many others, so that terms are narrowed down by their last bytes.
  const random = new Seeded(32);
  const others = random.list(20_000, () => misspelt(random, 'intentions', 8));
  const terms = sortedTerms(new Set([...words, ...places.map((characters) => characters.join('')), ...others]));
  const find = segmentFinder(terms);
  for (const word of words) {
    const close = new CloseWord(word, { distance: 1 });
    assert.equal(sorted(find(close)), sorted(lookedThrough(terms, close)), word);
  }
});

test('words are found whose start, or whose end, very many terms have', () => {
  const random = new Seeded(33);
  const tail = (): string => random.list(random.below(5), () => random.pick(['a', 'e', 'n', 's', 't', 'ß'])).join('');
  const starts = random.list(20_000, () => `${random.pick(['con', 'cont', 'conte'])}${tail()}`);
  const ends = random.list(3000, () => `${tail()}${random.pick(['n', 'en', 'ten'])}`);
  const terms = sortedTerms(new Set([...starts, ...ends]));
  const find = segmentFinder(terms);
  for (let i = 0; i < 200; i++) {
    const word = misspelt(random, random.pick(['conte', 'conten', 'contena', 'contenten']), 2);
    const close = new CloseWord(word, { distance: 1, transpositions: random.chance(0.5) });
    assert.equal(sorted(find(close)), sorted(lookedThrough(terms, close)), word);
  }
});

test('an empty dictionary has nothing', () => {
  for (const find of [segmentFinder([]), headFinder([])])
    assert.is(find(new CloseWord('gene', { distance: 2 })).size, 0);
});

test('terms that come to the head later are found, too', () => {
  const table = new TermTable();
  const similar = new HeadSimilarTerms(table);
  for (const term of ['gene', 'gone', 'gane']) {
    const number = table.intern(term);
    let found = -1;
    similar.find(new CloseWord(term, { distance: 0 }), (each) => {
      found = each;
    });
    assert.is(found, number);
  }
});

function segmentFinder(terms: readonly string[]): (word: CloseWord) => Found {
  const encoded = terms.map((term) => termBytes(term));
  const termOffsets = new Uint32Array(terms.length + 1);
  encoded.forEach((bytes, i) => {
    termOffsets[i + 1] = termOffsets[i]! + bytes.length;
  });
  const termShared = Uint8Array.from(encoded, (bytes, i) => {
    const before = encoded[i - 1] ?? [];
    const different = bytes.findIndex((byte, at) => byte !== before[at]);
    return i === 0 ? 0 : Math.min(255, different < 0 ? bytes.length : different);
  });
  const data = {
    termBytes: Uint8Array.from(encoded.flatMap((bytes) => [...bytes])),
    termOffsets,
    termShared,
    termsByEnd: new Uint32Array(terms.length),
    signatures: new Uint32Array(terms.length),
    lengthStarts: new Uint32Array(LENGTH_STARTS),
  };
  for (const steps = deriveTermsByEnd(data); steps.next().done !== true; );
  return finder(new SimilarTerms(data), (term) => terms[term]!);
}

function headFinder(terms: readonly string[]): (word: CloseWord) => Found {
  const table = new TermTable();
  for (const term of terms) table.intern(term);
  return finder(new HeadSimilarTerms(table), (term) => table.term(term));
}

function finder(similar: Pick<SimilarTerms, 'find'>, termOf: (term: number) => string): (word: CloseWord) => Found {
  return (word) => {
    const found: Found = new Map();
    similar.find(word, (term, edits) => {
      assert.not(found.has(termOf(term)), `${termOf(term)} comes twice`);
      found.set(termOf(term), edits);
    });
    return found;
  };
}

function lookedThrough(terms: readonly string[], word: CloseWord): Found {
  const found: Found = new Map();
  for (const term of terms) {
    const bytes = termBytes(term);
    const edits = word.editsTo(bytes, 0, bytes.length);
    if (edits !== FAR) found.set(term, edits);
  }
  return found;
}

function sorted(found: Found): readonly (readonly [string, number])[] {
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function misspelt(random: Seeded, word: string, mostEdits: number): string {
  const characters = Array.from(word);
  for (let edits = random.below(mostEdits + 1); edits > 0; edits--) {
    const at = random.below(characters.length + 1);
    const kind = random.below(4);
    if (kind === 0) characters.splice(at, 1);
    else if (kind === 1) characters.splice(at, 0, random.pick(LETTERS));
    else if (kind === 2) characters.splice(at, 1, random.pick(LETTERS));
    else characters.splice(at, 2, ...characters.slice(at, at + 2).toReversed());
  }
  return characters.join('');
}

test.run();
