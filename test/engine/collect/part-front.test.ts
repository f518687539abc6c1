/** The documents that come first are those of sorting all, whatever the column, and are found at the second use of a key. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findFront, partFront } from '../../../src/engine/collect/part-front.ts';
import { partKey } from '../../../src/engine/collect/part-key.ts';
import type { SortKey } from '../../../src/engine/engine.ts';
import { PartsShard } from '../parts-shard.ts';
import { RandomCorpus, SCHEMA } from '../random-corpus.ts';

const test = suite('engine/collect/part-front');

test('the front of a segment is the beginning of all its documents, sorted', () => {
  const corpus = new RandomCorpus(11);
  const shard = new PartsShard(SCHEMA);
  for (let id = 0; id < 5000; id++) shard.put(corpus.document(String(id)));
  shard.flush();
  const part = shard.parts[0]!;
  for (let round = 0; round < 40; round++) {
    const [random] = corpus.sort();
    const sortKey: SortKey = random!.field === '_score' ? { field: '_doc', order: 'desc' } : random!;
    const key = partKey(sortKey, shard.view, part);
    const ranks = Float64Array.from({ length: part.endOrdinal }, (_, ordinal) => key.rank(ordinal, 0));
    const sorted = [...ranks.keys()].sort((a, b) => key.compare(ranks[a]!, ranks[b]!) || a - b);
    const size = corpus.pick([1, 10, 300, 4999, 5000, 9000]);
    const front = findFront(part, key, size);
    const where = `${JSON.stringify(sortKey)}, ${size} documents`;
    assert.equal([...front.ordinals], sorted.slice(0, size), where);
    assert.equal(
      [...front.ranks],
      sorted.slice(0, size).map((ordinal) => ranks[ordinal]!),
      where,
    );
    assert.is(front.isWhole, size >= part.endOrdinal, where);
  }
  shard.close();
});

test('a front is found when a key is used again, and kept; never by score, nor of a head', () => {
  const corpus = new RandomCorpus(12);
  const shard = new PartsShard(SCHEMA);
  for (let id = 0; id < 1000; id++) shard.put(corpus.document(String(id)));
  const use = (key: SortKey) => partFront(shard.parts[0]!, key, partKey(key, shard.view, shard.parts[0]!));
  const byYear: SortKey = { field: 'year', order: 'desc' };
  assert.equal([use(byYear), use(byYear)], [undefined, undefined], 'of the head');
  shard.flush();
  assert.is(use(byYear), undefined);
  const front = use(byYear);
  assert.is(front?.ordinals.length, 250);
  assert.is(use(byYear), front);
  assert.is(use({ ...byYear, missing: '_first' }), undefined, 'of another key');
  const byScore: SortKey = { field: '_score', order: 'asc' };
  assert.equal([use(byScore), use(byScore)], [undefined, undefined], 'by score');
  for (let value = 0; value < 16; value++) use({ ...byYear, missing: value });
  assert.is(use(byYear), undefined, 'forgotten for others');
  shard.close();
});

test.run();
