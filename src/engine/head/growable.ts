/** Typed arrays that grow: the ground under the tables of the head. */

/** Returns `array` if it has room for `length` entries, else a copy at least twice as long. Amortised constant. */
export function grownInt32(array: Int32Array, length: number): Int32Array {
  if (length <= array.length) return array;
  const next = new Int32Array(Math.max(length, array.length * 2));
  next.set(array);
  return next;
}

/** As `grownInt32`. */
export function grownUint32(array: Uint32Array, length: number): Uint32Array {
  if (length <= array.length) return array;
  const next = new Uint32Array(Math.max(length, array.length * 2));
  next.set(array);
  return next;
}

/** As `grownInt32`. */
export function grownUint8(array: Uint8Array, length: number): Uint8Array {
  if (length <= array.length) return array;
  const next = new Uint8Array(Math.max(length, array.length * 2));
  next.set(array);
  return next;
}

/** As `grownInt32`; what is new is filled with `fill`. */
export function grownFloat64(array: Float64Array, length: number, fill = 0): Float64Array {
  if (length <= array.length) return array;
  const next = new Float64Array(Math.max(length, array.length * 2));
  next.set(array);
  if (fill !== 0) next.fill(fill, array.length);
  return next;
}
