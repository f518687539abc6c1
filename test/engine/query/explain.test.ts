/** Explanations: their values are the scores, their details add up to them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Explanation } from '../../../src/engine/engine.ts';
import { explainDocument } from '../../../src/engine/query/explain.ts';
import type { Query } from '../../../src/engine/query/query.ts';
import type { PartsShard } from '../parts-shard.ts';
import { RandomCorpus, SCHEMA } from '../random-corpus.ts';
import { smallShard } from './small-shard.ts';

const test = suite('engine/query/explain');

/** Explains a document by its place in the shard. */
function explain(shard: PartsShard, ordinal: number, query: Query): Explanation {
  let rest = ordinal;
  let part = 0;
  for (; rest >= shard.parts[part]!.endOrdinal; part++) rest -= shard.parts[part]!.endOrdinal;
  return explainDocument(shard.view, { part, ordinal: rest }, { query });
}

function find(explanation: Explanation, start: string): Explanation | undefined {
  if (explanation.description.startsWith(start)) return explanation;
  for (const detail of explanation.details) {
    const found = find(detail, start);
    if (found !== undefined) return found;
  }
  return undefined;
}

test('a term is explained by frequency, length and how many documents have it', () => {
  const shard = smallShard({ words: 'text' }, [{ words: 'oak oak elm' }, { words: 'ash' }, { words: 'oak' }]);
  const query: Query = { kind: 'match', field: 'words', text: 'oak', boost: 2 };
  const explanation = explain(shard, 0, query);
  assert.is(explanation.value, shard.search({ query, limit: 2 }).scores[1]);
  assert.is(find(explanation, 'boost')?.value, 2);
  assert.is(find(explanation, 'freq,')?.value, 2);
  assert.is(find(explanation, 'n, number')?.value, 2);
  assert.is(find(explanation, 'N, total')?.value, 3);
  assert.is(find(explanation, 'dl,')?.value, 3);
  const product = 2 * find(explanation, 'idf,')!.value * find(explanation, 'tf,')!.value;
  assert.ok(Math.abs(product - explanation.value) < 1e-6);
});

test('a document that does not match is said not to', () => {
  const shard = smallShard({ words: 'text' }, [{ words: 'oak' }, { words: 'ash' }]);
  const explanation = explain(shard, 1, { kind: 'match', field: 'words', text: 'oak' });
  assert.equal(explanation, { value: 0, description: 'no match', details: [] });
});

test('every score is explained by its own value', () => {
  const corpus = new RandomCorpus(31);
  const shard = smallShard(SCHEMA, []);
  for (let id = 0; id < 120; id++) {
    shard.put(corpus.document(String(id)));
    if (id === 50) shard.flush();
  }
  for (let i = 0; i < 120; i++) {
    const query = corpus.query(3);
    const { ordinals, scores } = shard.search({ query, limit: 3 });
    for (const [rank, ordinal] of ordinals.entries()) {
      const explanation = explain(shard, ordinal, query);
      assert.is(explanation.value, scores[rank], JSON.stringify(query));
      checkSums(explanation, JSON.stringify(query));
    }
  }
  shard.close();
});

function checkSums(explanation: Explanation, message: string): void {
  const { value, description, details } = explanation;
  if (description === 'sum of:') {
    const sum = details.reduce((total, detail) => total + detail.value, 0);
    assert.ok(Math.abs(sum - value) <= 1e-5 * Math.max(1, value), message);
  }
  for (const detail of details) checkSums(detail, message);
}

test.run();
