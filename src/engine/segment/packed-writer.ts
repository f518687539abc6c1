/** Writes numbers packed as packing.ts says into a section. */
import type { Packing } from './packing.ts';
import type { SectionWriter } from './section-writer.ts';

/** Bytes that are written between two yields. */
const SLICE_BYTES = 1 << 18;
const RAW = new Float64Array(1);
const RAW_BYTES = new Uint8Array(RAW.buffer);

/** Writes values `from` to `to` - 1. */
export function writePacked(
  section: SectionWriter,
  packing: Packing,
  values: ArrayLike<number>,
  from: number,
  to: number,
): void {
  const { base, step, width } = packing;
  if (width === 0) return;
  if (width === 8) {
    for (let i = from; i < to; i++) {
      RAW[0] = values[i]!;
      section.bytes(RAW_BYTES, 0, 8);
    }
    return;
  }
  if (width === 1) {
    for (let i = from; i < to; i++) section.u8((values[i]! - base) / step);
    return;
  }
  for (let i = from; i < to; i++) {
    let integer = (values[i]! - base) / step;
    for (let byte = 0; byte < width; byte++) {
      section.u8(integer & 255);
      integer = Math.floor(integer / 256);
    }
  }
}

/** Writes 32-bit numbers into a plain section, a slice at a time. */
export function* writeNumbers(section: SectionWriter, numbers: Uint32Array): Generator<void, void> {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
    if (from > 0) yield;
    section.bytes(bytes, from, Math.min(bytes.length, from + SLICE_BYTES));
  }
}
