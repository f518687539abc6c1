/**
 * Numbers as bytes, for hits that travel as columns. Little-endian, as every platform that Node runs on; bytes decoded
 * from MessagePack are unaligned views, so they are copied before they are read as numbers.
 *
 * | column    | bytes per hit | format            |
 * | --------- | ------------- | ----------------- |
 * | scores    | 4             | IEEE 754 binary32 |
 * | positions | 8             | IEEE 754 binary64 |
 */

/** The bytes of a column; a view, not a copy. */
export function columnBytes(column: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

/** Reads a column of 32-bit numbers; copies. Bytes beyond the last whole number do not count. */
export function readFloat32(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer, 0, bytes.length >>> 2);
}

/** Reads a column of 64-bit numbers; copies. Bytes beyond the last whole number do not count. */
export function readFloat64(bytes: Uint8Array): Float64Array {
  return new Float64Array(bytes.slice().buffer, 0, bytes.length >>> 3);
}
