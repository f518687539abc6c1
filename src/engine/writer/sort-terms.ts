/**
 * Sorts the terms of a field of the head by their bytes, in slices: a radix sort from the first byte on, down to buckets
 * small enough to be compared.
 */
import type { TermTable } from '../head/term-table.ts';
import { SLICE_UNITS, type Slices } from './slices.ts';

/** Buckets up to this size are sorted by comparing. */
const SMALL = 64;
/** One bucket for each byte, and one for terms that have ended. */
const BUCKETS = 257;
/** What comparing costs per term of a small bucket, in units. */
const COMPARE_UNITS = 60;
const MOVE_UNITS = 3;
/** Terms moved before a slice may end. */
const STEP = 1 << 14;

type Bucket = { readonly from: number; readonly to: number; readonly depth: number };

/** Sorts `numbers`, which are different terms of the table, in place. */
export function* sortTerms(terms: TermTable, numbers: Int32Array): Slices {
  const spare = new Int32Array(numbers.length);
  const open: Bucket[] = [{ from: 0, to: numbers.length, depth: 0 }];
  let cost = 0;
  for (let bucket = open.pop(); bucket !== undefined; bucket = open.pop()) {
    const size = bucket.to - bucket.from;
    if (size <= SMALL) {
      insertionSort(terms, numbers, bucket);
      cost += size * COMPARE_UNITS;
    } else {
      cost += BUCKETS;
      yield* spread(terms, { numbers, spare }, { bucket, open });
    }
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  yield cost;
}

/** Parts a bucket by the byte at its depth, and opens those of more than one term. */
function* spread(
  terms: TermTable,
  { numbers, spare }: { readonly numbers: Int32Array; readonly spare: Int32Array },
  { bucket: { from, to, depth }, open }: { readonly bucket: Bucket; readonly open: Bucket[] },
): Slices {
  const ends = new Int32Array(BUCKETS);
  for (let start = from; start < to; start += STEP) {
    const stop = Math.min(to, start + STEP);
    for (let i = start; i < stop; i++) ends[keyAt(terms, numbers[i]!, depth)]!++;
    yield (stop - start) * MOVE_UNITS;
  }
  let end = from;
  for (let key = 0; key < BUCKETS; key++) {
    const count = ends[key]!;
    ends[key] = end;
    if (count > 1) open.push({ from: end, to: end + count, depth: depth + 1 });
    end += count;
  }
  spare.set(numbers.subarray(from, to), from);
  for (let start = from; start < to; start += STEP) {
    const stop = Math.min(to, start + STEP);
    for (let i = start; i < stop; i++) numbers[ends[keyAt(terms, spare[i]!, depth)]!++] = spare[i]!;
    yield (stop - start) * MOVE_UNITS;
  }
}

/** 0 past the end of a term, else its byte plus one. */
function keyAt(terms: TermTable, number: number, depth: number): number {
  const at = terms.from(number) + depth;
  return at < terms.to(number) ? terms.bytes[at]! + 1 : 0;
}

function insertionSort(terms: TermTable, numbers: Int32Array, { from, to }: Bucket): void {
  for (let i = from + 1; i < to; i++) {
    const number = numbers[i]!;
    let at = i;
    for (; at > from && terms.compare(numbers[at - 1]!, number) > 0; at--) numbers[at] = numbers[at - 1]!;
    numbers[at] = number;
  }
}
