import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Region } from '../../../src/engine/memory/region.ts';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { isCoppiceError } from '../../../src/errors.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/memory/region-pool');

test('regions are aligned, zeroed, apart, and keep their bytes while the memory grows', () => {
  const seed = 71;
  const chance = new Seeded(seed);
  const pool = createRegionPool();
  const held: { region: Region; mark: number }[] = [];
  let usedBytes = 0;
  for (let step = 0; step < 2000; step++) {
    const released = chance.chance(0.45) ? held.splice(chance.below(held.length), 1)[0] : undefined;
    if (released !== undefined) {
      const { region, mark } = released;
      assert.ok(
        region.bytes.every((byte) => byte === mark),
        `bytes were kept (seed ${seed}, step ${step})`,
      );
      region.release();
      region.release();
      usedBytes -= region.byteLength;
    } else {
      const region = pool.allocate(chance.below(chance.chance(0.02) ? 3_000_000 : 5000));
      assert.is(region.address % 64, 0);
      assert.ok(region.address >= 1024);
      assert.ok(
        region.bytes.every((byte) => byte === 0),
        `zeroed (seed ${seed}, step ${step})`,
      );
      const mark = 1 + chance.below(255);
      region.bytes.fill(mark);
      held.push({ region, mark });
      usedBytes += region.byteLength;
    }
    assert.is(pool.usedBytes, usedBytes);
  }
});

test('what is released is used again, joined with its neighbours', () => {
  const pool = createRegionPool();
  const [first, second, third] = [pool.allocate(100_000), pool.allocate(100_000), pool.allocate(100_000)];
  const last = pool.allocate(64);
  first.release();
  third.release();
  second.release();
  const joined = pool.allocate(300_000);
  assert.is(joined.address, first.address);
  assert.is(joined.memory, last.memory);
});

test('a region near another lies in its memory', () => {
  const pool = createRegionPool();
  const first = pool.allocate(1000);
  const far = pool.allocate(50_000_000);
  const near = pool.allocate(20_000_000, first);
  assert.is(near.memory, first.memory);
  assert.is(new Uint8Array(near.memory.buffer).length >= near.address + near.byteLength, true);
  far.bytes[far.byteLength - 1] = 7;
  assert.is(new Uint8Array(far.memory.buffer)[far.address + far.byteLength - 1], 7);
});

test('a second memory is opened when the first is full, and dropped when it is empty', () => {
  const pool = createRegionPool();
  const first = pool.allocate(2 ** 31);
  const second = pool.allocate(2 ** 31);
  const third = pool.allocate(2 ** 31);
  assert.is(new Set([first, second, third].map(({ memory }) => memory)).size > 1, true);
  assert.throws(
    () => pool.allocate(2 ** 31, first),
    (error: unknown) => isCoppiceError(error, 'OUT_OF_MEMORY'),
  );
  for (const region of [first, second, third]) region.release();
  assert.is(pool.usedBytes, 0);
  const again = pool.allocate(10);
  assert.ok(![first, second].some(({ memory }) => memory === again.memory) || again.memory.buffer.byteLength < 2 ** 31);
});

test('a region above 2 GiB is refused', () => {
  for (const byteLength of [2 ** 31 + 1, -1, 1.5, Number.NaN]) {
    assert.throws(
      () => createRegionPool().allocate(byteLength),
      (error: unknown) => isCoppiceError(error, 'LIMIT_EXCEEDED'),
    );
  }
});

test('a lent range is used for what must lie near it, and only within its bounds', () => {
  const owner = createRegionPool();
  const segment = owner.allocate(1000);
  const scratch = owner.allocate(10_000, segment);
  scratch.bytes.fill(9);
  const pool = createRegionPool([{ memory: scratch.memory, address: scratch.address, byteLength: scratch.byteLength }]);
  const inside = pool.allocate(6000, segment);
  assert.is(inside.memory, scratch.memory);
  assert.ok(inside.address >= scratch.address && inside.address + 6000 <= scratch.address + 10_000);
  assert.ok(inside.bytes.every((byte) => byte === 0));
  assert.throws(
    () => pool.allocate(6000, segment),
    (error: unknown) => isCoppiceError(error, 'OUT_OF_MEMORY'),
  );
  assert.is.not(pool.allocate(10).memory, scratch.memory);
});

test.run();
