import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Automaton, DEAD } from '../../../src/engine/automata/automaton.ts';
import { levenshteinAutomaton } from '../../../src/engine/automata/levenshtein-automaton.ts';
import { prefixAutomaton } from '../../../src/engine/automata/prefix-automaton.ts';
import { regexpAutomaton } from '../../../src/engine/automata/regexp-automaton.ts';
import { wildcardAutomaton } from '../../../src/engine/automata/wildcard-automaton.ts';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { termBytes } from '../../../src/engine/part/term-bytes.ts';
import { openSegment } from '../../../src/engine/segment/segment.ts';
import type { SegmentField } from '../../../src/engine/segment/segment-field.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import { Seeded } from '../../support/seeded.ts';
import { type Model, sortedTerms, writeModel } from './model.ts';

const test = suite('engine/segment/term-dictionary');

test('every kind of automaton finds what it accepts among thousands of terms', () => {
  const random = new Seeded(1);
  const terms = sortedTerms(new Set(random.list(4000, () => randomTerm(random))));
  const field = fieldOf(terms);
  const automata: (readonly [string, Automaton])[] = [
    ['all', prefixAutomaton('')],
    ['nothing', prefixAutomaton('zzzzz')],
    ['dead from the start', { start: DEAD, step: () => DEAD, accepts: () => true, acceptsAll: () => true }],
    ['prefix', prefixAutomaton('ab')],
    ['a whole term as prefix', prefixAutomaton(terms[100]!)],
    ['wildcard', wildcardAutomaton('a*b?')],
    ['regexp', regexpAutomaton('(ab|c)+.?')],
    ['wide characters', wildcardAutomaton('*é*')],
    ['odd length', oddLength()],
  ];
  for (const distance of [1, 2] as const) {
    for (const prefixLength of [0, 1]) {
      const word = random.pick(terms);
      automata.push([`fuzzy ${word}`, levenshteinAutomaton(word, { distance, prefixLength })]);
    }
  }
  for (const [name, automaton] of automata) {
    const expected = terms.filter((term) => isAccepted(automaton, term));
    assert.equal(accepted(field, automaton), expected, name);
  }
});

test('random automata find the same as one term after another', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Seeded(seed);
    const terms = sortedTerms(new Set(random.list(random.below(300), () => randomTerm(random))));
    const field = fieldOf(terms);
    const automaton = randomAutomaton(random);
    assert.equal(
      accepted(field, automaton),
      terms.filter((term) => isAccepted(automaton, term)),
      `seed ${seed}`,
    );
  }
});

test('a visitor that has enough is asked no more', () => {
  const field = fieldOf(['a', 'ab', 'abc', 'b', 'ba']);
  for (const automaton of [prefixAutomaton(''), oddLength(), prefixAutomaton('a')]) {
    let calls = 0;
    field.accepted(automaton, () => ++calls < 2);
    assert.is(calls, 2);
  }
});

test('terms that share hundreds of bytes are told apart', () => {
  const long = 'x'.repeat(300);
  const terms = sortedTerms([`${long}a`, `${long}b`, `${long}bc`, `${long}ca`, 'x'.repeat(299), 'y', long]);
  const field = fieldOf(terms);
  assert.equal(accepted(field, prefixAutomaton(`${long}b`)), [`${long}b`, `${long}bc`]);
  assert.equal(accepted(field, wildcardAutomaton('x*a')), [`${long}a`, `${long}ca`]);
  assert.equal(accepted(field, levenshteinAutomaton(long, { distance: 1 })), [
    'x'.repeat(299),
    long,
    `${long}a`,
    `${long}b`,
  ]);
  for (const [i, term] of terms.entries()) assert.is(field.lookup(term), i);
});

test('an empty term and an empty dictionary are no trouble', () => {
  assert.equal(accepted(fieldOf(['', 'a']), prefixAutomaton('')), ['', 'a']);
  assert.is(fieldOf(['', 'a']).lookup(''), 0);
  assert.equal(accepted(fieldOf([]), prefixAutomaton('')), []);
  assert.is(fieldOf([]).lookup('a'), -1);
});

function fieldOf(terms: readonly string[]): SegmentField {
  const token = { position: 0, start: 0, end: 0 };
  const postings = new Map(terms.map((term) => [term, new Map([[0, [token]]])]));
  const model: Model = {
    documents: [{ id: 'a', source: {}, version: 1, seqNo: 0, primaryTerm: 1, position: 0 }],
    fields: [{ field: 'tags', type: 'keyword', hasOffsets: false, lengths: [terms.length], terms: postings }],
    columns: [],
  };
  const store = createMemoryStore();
  writeModel(model, store, 'a');
  return openSegment({ store, name: 'a', regions: createRegionPool(), number: 1 }).inverted('tags')!;
}

function accepted(field: SegmentField, automaton: Automaton): string[] {
  const found: string[] = [];
  field.accepted(automaton, (number) => found.push(field.term(number)) > 0);
  return found;
}

function isAccepted(automaton: Automaton, term: string): boolean {
  let state = automaton.start;
  for (const byte of termBytes(term)) {
    if (state === DEAD) return false;
    state = automaton.step(state, byte);
  }
  return state !== DEAD && automaton.accepts(state);
}

function oddLength(): Automaton {
  return { start: 0, step: (state) => 1 - state, accepts: (state) => state === 1, acceptsAll: () => false };
}

/** A table of states; the last one accepts everything. */
function randomAutomaton(random: Seeded): Automaton {
  const states = 2 + random.below(6);
  const all = states - 1;
  const steps = random.list(states, () => random.list(8, () => (random.chance(0.4) ? DEAD : random.below(states))));
  const accepting = random.list(states, () => random.chance(0.4));
  return {
    start: random.below(states),
    step: (state, byte) => (state === all ? all : steps[state]![byte & 7]!),
    accepts: (state) => state === all || accepting[state]!,
    acceptsAll: (state) => state === all,
  };
}

function randomTerm(random: Seeded): string {
  return random.list(random.below(7), () => random.pick(['a', 'b', 'c', 'ab', 'é', '😀'])).join('');
}

test.run();
