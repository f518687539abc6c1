/**
 * Short columns of float64, cut from larger arrays: one of its own, beyond 64 bytes, costs V8 more than many a search.
 */

const SLAB_NUMBERS = 512;
const MOST = SLAB_NUMBERS / 4;

let slab = new Float64Array(SLAB_NUMBERS);
let used = 0;

/** A column of zeros that is nobody else's; its buffer may be shared with others. */
export function float64Column(length: number): Float64Array {
  if (length > MOST) return new Float64Array(length);
  if (used + length > SLAB_NUMBERS) {
    slab = new Float64Array(SLAB_NUMBERS);
    used = 0;
  }
  const column = new Float64Array(slab.buffer, used * Float64Array.BYTES_PER_ELEMENT, length);
  used += length;
  return column;
}
