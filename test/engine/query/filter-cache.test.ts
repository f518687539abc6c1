/** Kept filters: which stay, which go, and that what they give is right after deletes. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bitmap } from '../../../src/engine/kernel/plan.ts';
import { createSearchKernel } from '../../../src/engine/kernel/search-kernel.ts';
import { FilterCache } from '../../../src/engine/query/filter-cache.ts';
import type { Query } from '../../../src/engine/query/query.ts';
import { regions } from '../parts-shard.ts';
import { RandomCorpus, SCHEMA } from '../random-corpus.ts';
import { smallShard } from './small-shard.ts';

const test = suite('engine/query/filter-cache');

function bitmap(): Bitmap {
  const region = regions.allocate(256);
  return { region, words: new Uint32Array(region.bytes.buffer, region.bytes.byteOffset, 64) };
}

test('what was not used for longest goes first, and gives its memory back', () => {
  const before = regions.usedBytes;
  const cache = new FilterCache({ maxBytes: 600 });
  const [part] = smallShard({ tag: 'keyword' }, []).parts;
  cache.beginSearch();
  assert.ok(cache.put(part!, 'a', bitmap()));
  cache.beginSearch();
  assert.ok(cache.put(part!, 'b', bitmap()));
  cache.beginSearch();
  assert.ok(cache.get(part!, 'a') !== undefined);
  cache.beginSearch();
  assert.ok(cache.put(part!, 'c', bitmap()));
  assert.equal(
    ['a', 'b', 'c'].map((key) => cache.get(part!, key) !== undefined),
    [true, false, true],
  );
  assert.is(cache.usedBytes, 2 * (256 + 1));
  cache.close();
  assert.equal([cache.usedBytes, regions.usedBytes], [0, before]);
});

test('what the search at hand uses stays, even if there is no room for more', () => {
  const cache = new FilterCache({ maxBytes: 300 });
  const [part] = smallShard({ tag: 'keyword' }, []).parts;
  cache.beginSearch();
  assert.ok(cache.put(part!, 'a', bitmap()));
  const other = bitmap();
  assert.not(cache.put(part!, 'b', other));
  assert.ok(cache.get(part!, 'a') !== undefined);
  other.region.release();
  cache.close();
});

test('names count: of long ones fewer are kept, and fewer uses are remembered', () => {
  const cache = new FilterCache({ maxBytes: 600 });
  const [part] = smallShard({ tag: 'keyword' }, []).parts;
  const other = bitmap();
  cache.beginSearch();
  assert.not(cache.put(part!, 'a'.repeat(345), other));
  assert.ok(cache.put(part!, 'a'.repeat(344), other));
  const names = Array.from({ length: 5 }, (_, i) => String(i).repeat(1 << 18));
  for (const name of names) assert.not(cache.noteUse(part!, name));
  assert.ok(cache.noteUse(part!, names[4]!));
  assert.not(cache.noteUse(part!, names[0]!));
  cache.close();
});

test('a bitmap of a generation is gone with it', () => {
  const cache = new FilterCache();
  const shard = smallShard({ tag: 'keyword' }, [{ tag: 'a' }]);
  const part = shard.parts[0]!;
  cache.put(part, 'a', bitmap(), part.generation);
  assert.ok(cache.get(part, 'a') !== undefined);
  shard.delete('0');
  assert.is(cache.get(part, 'a'), undefined);
  cache.put(part, 'a', bitmap(), part.generation);
  assert.is(cache.usedBytes, 256 + 1);
  cache.close();
});

test('a part that goes takes its filters along', () => {
  const cache = new FilterCache();
  const [first, second] = [smallShard({ tag: 'keyword' }, []).parts[0]!, smallShard({ tag: 'keyword' }, []).parts[0]!];
  cache.put(first, 'a', bitmap());
  cache.put(second, 'a', bitmap());
  cache.dropPart(first);
  assert.equal([cache.get(first, 'a'), cache.get(second, 'a') !== undefined], [undefined, true]);
  cache.close();
});

test('filters that are kept give the same hits as before and as none, also after deletes', () => {
  const corpus = new RandomCorpus(12);
  const before = regions.usedBytes;
  const kernel = createSearchKernel(regions);
  const [kept, plain] = [kernel, undefined].map((each) => smallShard(SCHEMA, [], each === undefined ? {} : { kernel }));
  for (let id = 0; id < 4000; id++) {
    const document = corpus.document(String(id));
    for (const shard of [kept!, plain!]) shard.put(document);
  }
  kept!.flush();
  const queries = Array.from({ length: 30 }, (): Query => {
    const must = [
      { kind: 'match', field: 'title', text: corpus.pick(['ash', 'ash elm', 'yew', 'rowan map']) } as const,
    ];
    return { kind: 'bool', must, filter: [corpus.query(0)], mustNot: [corpus.query(0)] };
  });
  for (let round = 0; round < 3; round++) {
    for (const query of queries)
      assert.equal(kept!.hits({ query, limit: 20 }), plain!.hits({ query, limit: 20 }), JSON.stringify(query));
    for (let i = 0; i < 300; i++) {
      const id = String(corpus.below(4000));
      for (const shard of [kept!, plain!]) shard.delete(id);
    }
  }
  assert.ok(kept!.cache.usedBytes > 0);
  for (const shard of [kept!, plain!]) shard.close();
  // The kernel keeps some scratch memory.
  assert.ok(regions.usedBytes - before < 4_000_000);
});

test.run();
