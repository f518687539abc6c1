/** Signatures that the kernel looks through against looking at each, and both against counting bits. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSearchKernel } from '../../../src/engine/kernel/search-kernel.ts';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { scanSignatures } from '../../../src/engine/part/term-signature.ts';
import { bitCount } from '../../../src/engine/query/window.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/kernel/signatures');

test('the kernel lists what differs by few enough bits', () => {
  const random = new Seeded(51);
  const regions = createRegionPool();
  const kernel = createSearchKernel(regions);
  for (const count of [0, 1, 3, 4, 5, 1000, 140_000]) {
    const region = regions.allocate(count * 4);
    const signatures = new Uint32Array(region.bytes.buffer, region.address, count);
    const signature = (random.below(2 ** 32) & random.below(2 ** 32)) >>> 0;
    for (let i = 0; i < count; i++) signatures[i] = flipped(random, signature, random.below(6));
    for (const [mostLost, mostGained] of [0, 1, 2].flatMap((lost) =>
      [0, 1, 2].map((gained) => [lost, gained] as const),
    )) {
      const from = Math.min(count, random.below(4));
      const to = count - Math.min(count - from, random.below(4));
      const expected: number[] = [];
      for (let i = from; i < to; i++) {
        const lost = bitCount(signature & ~signatures[i]!);
        const gained = bitCount(signatures[i]! & ~signature);
        if (lost <= mostLost && gained <= mostGained) expected.push(i);
      }
      const range = { signatures, from, to, signature, mostLost, mostGained };
      assert.equal(scanSignatures(range), expected, `${count}, ${mostLost} ${mostGained}`);
      assert.equal(kernel.alike(region.memory, range), expected, `kernel: ${count}, ${mostLost} ${mostGained}`);
    }
    region.release();
  }
});

function flipped(random: Seeded, signature: number, bits: number): number {
  let changed = signature;
  for (let i = 0; i < bits; i++) changed ^= 1 << random.below(32);
  return changed >>> 0;
}

test.run();
