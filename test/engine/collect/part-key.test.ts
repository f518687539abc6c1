/** Sort keys: their order across parts is that within parts. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareStrings } from '../../../src/engine/collect/compare-strings.ts';
import { compareValues, partKey } from '../../../src/engine/collect/part-key.ts';
import type { EngineSearch, SortKey } from '../../../src/engine/engine.ts';
import { compareBytes, termBytes } from '../../../src/engine/part/term-bytes.ts';
import { PartsShard } from '../parts-shard.ts';
import { RandomCorpus, SCHEMA } from '../random-corpus.ts';

const test = suite('engine/collect/part-key');

test('strings are ordered by code points, not by units', () => {
  const sorted = ['', 'Z', 'a', 'ab', '\ud7ff', '\ud83d', '\ud83da', '\ud83d\ue000', '\ude00', '\ue000', '\uffff'];
  sorted.push('\u{10000}', '\u{1f600}', '\u{1f600}a', '\u{10ffff}');
  for (const [i, a] of sorted.entries())
    for (const [j, b] of sorted.entries()) {
      assert.is(Math.sign(compareStrings(a, b)), Math.sign(i - j), `${i} ${j}`);
      const [left, right] = [termBytes(a), termBytes(b)];
      assert.is(Math.sign(compareBytes(left, 0, left.length, right, 0, right.length)), Math.sign(i - j));
    }
});

test('ranks are ordered as values are, values come back, and block bounds hold', () => {
  for (const isFlushed of [false, true]) {
    const corpus = new RandomCorpus(3);
    const shard = new PartsShard(SCHEMA);
    for (let id = 0; id < 1500; id++) shard.put(corpus.document(String(id)));
    if (isFlushed) shard.flush();
    const part = shard.parts[0]!;
    for (let round = 0; round < 60; round++) {
      const [random] = corpus.sort();
      const key: SortKey = corpus.next() < 0.2 ? { field: 'tag', order: 'desc', missing: 'blue' } : random!;
      const made = partKey(key, shard.view, part);
      for (let i = 0; i < 40; i++) {
        const [a, b] = [corpus.below(1500), corpus.below(1500)];
        const [left, right] = [made.rank(a, a % 7), made.rank(b, b % 7)];
        const expected = Math.sign(compareValues(key, made.value(left), made.value(right)));
        assert.is(Math.sign(made.compare(left, right)), expected, JSON.stringify({ key, a, b, isFlushed }));
        assert.is(made.compare(made.rankOf(made.value(left)), left), 0);
        assert.ok(made.compare(made.leastRank(a), left) <= 0, JSON.stringify({ key, a }));
      }
    }
    shard.close();
  }
});

test('a term of another part ranks between its neighbours', () => {
  for (const isFlushed of [false, true]) {
    const shard = new PartsShard({ tag: 'keyword' });
    for (const [position, tag] of ['b', 'd', 'f'].entries())
      shard.put({ id: tag, source: null, fields: { tag: [tag] }, version: 1, seqNo: 1, primaryTerm: 1, position });
    if (isFlushed) shard.flush();
    for (const order of ['asc', 'desc'] as const) {
      const key = partKey({ field: 'tag', order }, shard.view, shard.parts[0]!);
      const sign = order === 'asc' ? 1 : -1;
      const foreign = key.rankOf('c');
      assert.is(Math.sign(key.compare(foreign, key.rank(0, 0))), sign);
      assert.is(Math.sign(key.compare(foreign, key.rank(1, 0))), -sign);
    }
    shard.close();
  }
});

test('terms of another part are told from what stands for missing values, also where the part has neither', () => {
  for (const tags of [[], ['a', 'z']]) {
    const shard = new PartsShard({ tag: 'keyword' });
    for (const [position, tag] of ['missing', ...tags].entries()) {
      const fields: Record<string, string[]> = position === 0 ? {} : { tag: [tag] };
      shard.put({ id: tag, source: null, fields, version: 1, seqNo: 1, primaryTerm: 1, position });
    }
    for (const isFlushed of [false, true]) {
      if (isFlushed) shard.flush();
      for (const order of ['asc', 'desc'] as const) {
        const key = partKey({ field: 'tag', order, missing: 'm' }, shard.view, shard.parts[0]!);
        const differences = ['c', 'm', 'x'].map((term) => Math.sign(key.compare(key.rankOf(term), key.rank(0, 0))));
        assert.equal(differences, order === 'asc' ? [-1, 0, 1] : [1, 0, -1], `${tags.join()} ${isFlushed}`);
      }
    }
    shard.close();
  }
});

test('hits with a term that stands for missing values are ordered among those of other parts', () => {
  const shard = new PartsShard({ tag: 'keyword' });
  for (const [position, id] of ['z', 'm'].entries()) {
    const fields: Record<string, string[]> = id === 'm' ? {} : { tag: [id] };
    shard.put({ id, source: null, fields, version: 1, seqNo: 1, primaryTerm: 1, position });
    shard.flush();
  }
  const search = {
    query: { kind: 'matchAll' },
    limit: 1,
    sort: [{ field: 'tag', order: 'asc', missing: 'm' }],
  } satisfies EngineSearch;
  assert.equal(
    shard.hits(search).map(({ id }) => id),
    ['m'],
  );
  assert.equal(
    shard.hits({ ...search, limit: 9, searchAfter: ['c'] }).map(({ id }) => id),
    ['m', 'z'],
  );
  shard.close();
});

test.run();
