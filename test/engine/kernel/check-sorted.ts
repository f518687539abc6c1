/** Checks what the kernel finds by a column, and among listed documents, against all matches of a plan. */
import * as assert from 'uvu/assert';
import type { KernelOrder, KernelPlan, SearchKernel } from '../../../src/engine/kernel/plan.ts';
import type { RegionPool } from '../../../src/engine/memory/region.ts';
import type { Segment } from '../../../src/engine/segment/segment.ts';
import type { Seeded } from '../../support/seeded.ts';
import { bitmapNear } from './postings-corpus.ts';

/** A plan on a segment, and the ordinals that match, rising. */
export type Matched = {
  readonly kernel: SearchKernel;
  readonly plan: KernelPlan;
  readonly matches: readonly number[];
  readonly segment: Segment;
  readonly regions: RegionPool;
  readonly says: string;
};

/** Asks the kernel for some documents in a random order. */
export function checkSelect(random: Seeded, { kernel, plan, matches, says }: Matched): void {
  const documents = Uint32Array.from(random.list(1 + random.below(300), () => random.below(plan.endOrdinal)));
  const all = new Set(matches);
  const expected = [...documents.keys()].filter((i) => all.has(documents[i]!));
  for (const limit of [1 + random.below(5), documents.length])
    assert.equal([...kernel.select(plan, documents, limit)], expected.slice(0, limit), `select ${limit}: ${says}`);
}

/** Sorts by random values of a random width, with and without limits of keys. */
export function checkSort(random: Seeded, { kernel, plan, matches, segment, regions, says }: Matched): void {
  const width = random.pick([0, 1, 2, 4] as const);
  const below = Math.min(2 ** (8 * width), random.pick([2, 100, 2 ** 32]));
  const values = random.list(plan.endOrdinal, () => (width === 0 ? 0 : random.below(below)));
  const region = regions.allocate(plan.endOrdinal * Math.max(1, width) + 64, segment.kernelPart.region);
  const view = new DataView(region.bytes.buffer, region.address);
  for (const [ordinal, value] of values.entries()) {
    if (width === 1) view.setUint8(ordinal, value);
    else if (width === 2) view.setUint16(2 * ordinal, value, true);
    else if (width === 4) view.setUint32(4 * ordinal, value, true);
  }
  const isAscending = random.chance(0.5);
  const keyOf = (ordinal: number): number => (isAscending ? 0xffffffff - values[ordinal]! : values[ordinal]!);
  const [least, greatest] = random.chance(0.5) ? [0, 0xffffffff] : limitsOf(random, keyOf, plan.endOrdinal);
  const order: KernelOrder = { values: region.address, width, isAscending, leastKey: least, greatestKey: greatest };
  const limit = random.pick([1, 10, 300]);
  const target = bitmapNear(segment, new Uint32Array((plan.endOrdinal + 31) >>> 5), regions);
  const { count, ordinals, total } = kernel.sort(plan, order, limit, plan.terms.length > 1 ? target : undefined);
  const expected = matches
    .filter((ordinal) => keyOf(ordinal) >= least && keyOf(ordinal) <= greatest)
    .sort((a, b) => keyOf(b) - keyOf(a) || a - b)
    .slice(0, limit);
  assert.equal([...ordinals.subarray(0, count)], expected, `sort ${JSON.stringify(order)}, limit ${limit}: ${says}`);
  assert.is(total, matches.length, `total of sort: ${says}`);
  target.region.release();
  region.release();
}

function limitsOf(random: Seeded, keyOf: (ordinal: number) => number, endOrdinal: number): [number, number] {
  const [a, b] = [keyOf(random.below(endOrdinal)), keyOf(random.below(endOrdinal))];
  return [Math.min(a, b), Math.max(a, b)];
}
