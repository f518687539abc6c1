import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evenSlotMap, murmur3, SLOT_COUNT, shardOfSlot, shardsOf, slotOf } from '../../src/actor/slots.ts';

const test = suite('actor/slots');

const utf8 = new TextEncoder();

test('murmur3 gives the published values for seed 0', () => {
  const published: readonly (readonly [Uint8Array, number])[] = [
    [utf8.encode(''), 0],
    [Uint8Array.of(0xff, 0xff, 0xff, 0xff), 0x76293b50],
    [Uint8Array.of(0x21, 0x43, 0x65, 0x87), 0xf55b516b],
    [Uint8Array.of(0x21, 0x43, 0x65), 0x7e4a8634],
    [Uint8Array.of(0x21, 0x43), 0xa0f7b07a],
    [Uint8Array.of(0x21), 0x72661cf4],
    [Uint8Array.of(0, 0, 0, 0), 0x2362f9de],
    [Uint8Array.of(0, 0, 0), 0x85f0b427],
    [Uint8Array.of(0, 0), 0x30f4c306],
    [Uint8Array.of(0), 0x514e28b7],
    [utf8.encode('test'), 0xba6bd213],
    [utf8.encode('Hello, world!'), 0xc0363e43],
    [utf8.encode('The quick brown fox jumps over the lazy dog'), 0x2e4ff723],
  ];
  for (const [bytes, hash] of published) assert.is(murmur3(bytes), hash, `[${bytes.join()}]`);
});

test('murmur3 reads a view where it lies in its buffer', () => {
  const padded = utf8.encode('xxtestxx');
  assert.is(murmur3(padded.subarray(2, 6)), 0xba6bd213);
});

test('a slot is the hash of the UTF-8 of the key, modulo the slot count', () => {
  assert.is(slotOf('test'), 0xba6bd213 % SLOT_COUNT);
  assert.is(slotOf('größe'), murmur3(Uint8Array.of(0x67, 0x72, 0xc3, 0xb6, 0xc3, 0x9f, 0x65)) % SLOT_COUNT);
});

test('keys spread evenly over slots', () => {
  const counts = Array.from({ length: 8 }, () => 0);
  for (let key = 0; key < 8_000; key++) {
    const eighth = Math.floor((slotOf(`doc-${key}`) * 8) / SLOT_COUNT);
    counts[eighth] = (counts[eighth] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(Math.abs(count - 1_000) < 150, counts.join());
});

test('an even map covers every slot once, and its shards differ by one slot at most', () => {
  for (const shardCount of [1, 2, 3, 7, 100, 1023, 1024]) {
    const map = evenSlotMap(shardCount);
    assert.is(map.ranges[0]?.from, 0);
    assert.is(map.ranges.at(-1)?.to, SLOT_COUNT - 1);
    for (const [place, { from }] of map.ranges.entries())
      if (place > 0) assert.is(from, (map.ranges[place - 1]?.to ?? 0) + 1);
    const sizes = map.ranges.map(({ from, to }) => to - from + 1);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${shardCount} shards`);
    assert.equal(
      shardsOf(map),
      Array.from({ length: shardCount }, (_, shard) => shard),
    );
  }
});

test('the owner of a slot is the shard of its range', () => {
  const map = evenSlotMap(3);
  assert.equal(
    [0, 340, 341, 681, 682, 1023].map((slot) => shardOfSlot(map, slot)),
    [0, 0, 1, 1, 2, 2],
  );
});

test('a shard that owns several ranges is named once', () => {
  const ranges = [
    { from: 0, to: 9, shard: 4 },
    { from: 10, to: 511, shard: 0 },
    { from: 512, to: 1023, shard: 4 },
  ];
  assert.equal(shardsOf({ version: 2, ranges }), [0, 4]);
});

test('a map with a hole is refused where it is met', () => {
  assert.throws(
    () => shardOfSlot({ version: 5, ranges: [{ from: 1, to: 1023, shard: 0 }] }, 0),
    'slot 0 has no owner in slot map version 5',
  );
});

test.run();
