/** Boolean nodes become as simple as they can be. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { boolNode } from '../../../src/engine/query/bool-node.ts';
import { ALL, constantNode, NONE, type QueryNode } from '../../../src/engine/query/query-node.ts';

const test = suite('engine/query/bool-node');

const exists = (field: string): QueryNode => ({ kind: 'exists', field });
const scored = (field: string): QueryNode => ({
  kind: 'disMax',
  children: [constantNode(exists(field), 1), constantNode(exists(field), 2)],
  tieBreaker: 0,
});
const [a, b, c] = [exists('a'), exists('b'), exists('c')];
const [x, y, z] = [scored('x'), scored('y'), scored('z')];
const of = (clauses: Partial<Parameters<typeof boolNode>[0]>, isScoring = true): QueryNode =>
  boolNode({ minimum: 0, ...clauses }, isScoring);

test('one clause stands for itself', () => {
  assert.is(of({ must: [x] }), x);
  assert.is(of({ should: [x], minimum: 1 }), x);
  assert.is(of({ filter: [a] }, false), a);
});

test('what cannot match is left out, or is all there is', () => {
  assert.is(of({ must: [x, NONE] }), NONE);
  assert.is(of({ should: [x, NONE], minimum: 2 }), NONE);
  assert.is(of({ should: [x, NONE], minimum: 1 }), x);
  assert.is(of({ must: [x], mustNot: [ALL] }), NONE);
  assert.is(of({ must: [x], mustNot: [NONE], filter: [ALL] }), x);
});

test('optional clauses that all have to match are required', () => {
  assert.equal(of({ should: [x, y], minimum: 2 }), of({ must: [x, y] }));
});

test('disjunctions in a disjunction, and conjunctions in a conjunction, become one', () => {
  const inner = of({ should: [x, y], minimum: 1 });
  assert.equal(of({ should: [inner, z], minimum: 1 }), of({ should: [x, y, z], minimum: 1 }));
  const enough = of({ should: [inner, z, x], minimum: 2 });
  assert.is(enough.kind === 'bool' ? enough.should.length : 0, 3);
});

test('required clauses of required clauses become those of the whole', () => {
  const inner = of({ must: [x], filter: [a], mustNot: [b] });
  assert.equal(of({ must: [inner, y], filter: [c] }), of({ must: [x, y], filter: [a, c], mustNot: [b] }));
});

test('without scores all required clauses are filters and optional ones that need not match go', () => {
  assert.equal(of({ must: [a], filter: [b], should: [c] }, false), of({ filter: [a, b] }, false));
  assert.is(of({ should: [a, b] }, false), ALL);
});

test('filters alone score nothing, and constants add up', () => {
  assert.equal(of({ filter: [a] }), constantNode(a, 0));
  assert.equal(of({ must: [constantNode(ALL, 1)], filter: [a] }), constantNode(a, 1));
  assert.equal(of({ must: [constantNode(a, 1), constantNode(b, 2)] }), constantNode(of({ filter: [a, b] }, false), 3));
});

test.run();
