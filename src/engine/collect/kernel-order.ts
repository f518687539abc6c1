/** Makes a sort key an order for the kernel, which sees packed integers in place of values. */
import type { KernelOrder } from '../kernel/plan.ts';
import type { ColumnRanks } from './part-key.ts';

/** Ranks must be above `after` and below `bound`. */
export type RankLimits = { readonly after: number; readonly bound: number };

const MOST = 0xffffffff;

/** The order; undefined if the kernel cannot sort by the column. `none`: nothing is within the limits. */
export function kernelOrder(
  { column, sign }: ColumnRanks,
  { after, bound }: RankLimits,
): KernelOrder | 'none' | undefined {
  const { packed } = column;
  if (packed === undefined || packed.packing.width === 8) return undefined;
  const { base, step, width } = packed.packing;
  const valueOf = (integer: number): number => base + step * integer;
  const isAscending = sign > 0;
  const most = width === 0 ? 0 : MOST;
  const least = firstAbove(isAscending ? after : -bound, valueOf, { base, step, most });
  const greatest = lastBelow(isAscending ? bound : -after, valueOf, { base, step, most });
  if (least > greatest) return 'none';
  const [leastKey, greatestKey] = isAscending ? [MOST - greatest, MOST - least] : [least, greatest];
  return { values: packed.address, width, isAscending, leastKey, greatestKey };
}

type Integers = { readonly base: number; readonly step: number; readonly most: number };

/** The least integer whose value is above a number; above `most` if there is none. The quotient may be rounded. */
function firstAbove(value: number, valueOf: (integer: number) => number, { base, step, most }: Integers): number {
  if (Number.isNaN(value)) return most + 1;
  let integer = Math.min(most + 1, Math.max(0, Math.floor((value - base) / step)));
  while (integer > 0 && valueOf(integer - 1) > value) integer--;
  while (integer <= most && valueOf(integer) <= value) integer++;
  return integer;
}

/** The greatest integer whose value is below a number; negative if there is none. */
function lastBelow(value: number, valueOf: (integer: number) => number, { base, step, most }: Integers): number {
  if (Number.isNaN(value)) return -1;
  let integer = Math.min(most, Math.max(-1, Math.ceil((value - base) / step)));
  while (integer < most && valueOf(integer + 1) < value) integer++;
  while (integer >= 0 && valueOf(integer) >= value) integer--;
  return integer;
}
