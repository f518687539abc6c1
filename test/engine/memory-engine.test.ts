/** The engine from outside: a short tour, and each promise of its interface. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEngine, type Engine, type EngineDocument, type FieldValue, type Query } from '../../src/engine/index.ts';

const test = suite('engine/memory-engine');

let position = 0;
function document(id: string, fields: Record<string, readonly FieldValue[]>): EngineDocument {
  position++;
  return { id, source: fields, fields, version: 1, seqNo: position, primaryTerm: 1, position };
}

function idsOf(engine: Engine, query: Query, limit = 10): string[] {
  return [...engine.search({ query, limit }).ordinals].map((ordinal) => engine.documentAt(ordinal).id);
}

test('ten lines index and find documents', () => {
  const engine = createEngine({ schema: { title: 'text', year: 'long' } });
  engine.put(document('1', { title: ['A wizard of Earthsea'], year: [1968] }));
  engine.put(document('2', { title: ['The left hand of darkness'], year: [1969] }));
  const hits = engine.search({ query: { kind: 'match', field: 'title', text: 'wizard darkness' }, limit: 10 });
  assert.is(hits.total, 2);
  const newer: Query = { kind: 'range', field: 'year', bounds: { gt: 1968 } };
  assert.equal(idsOf(engine, newer), ['2']);
  assert.is(engine.count({ kind: 'bool', must: [{ kind: 'matchAll' }], mustNot: [newer] }), 1);
  assert.is(engine.delete('1'), true);
  assert.is(engine.count({ kind: 'matchAll' }), 1);
  engine.close();
});

test.run();
