/**
 * Field lengths as one byte. A length is rounded exactly as Lucene's `SmallFloat.intToByte4` rounds it, so that
 * scores agree with Lucene's to the bit; lengths up to 40 are exact.
 */

const MAX_INT4 = toInt4(0x7fffffff);
const EXACT_CODES = 255 - MAX_INT4;

/** Length in tokens of each of the 256 codes. */
export const LENGTHS: Float64Array = Float64Array.from({ length: 256 }, (_, code) => decodeLength(code));

/** Encodes a length in tokens, 0 to 2^31 - 1, as a byte. Order is kept. */
export function encodeLength(length: number): number {
  return length < EXACT_CODES ? length : EXACT_CODES + toInt4(length - EXACT_CODES);
}

/** Decodes what `encodeLength` made: the greatest length that is not above the original. */
export function decodeLength(code: number): number {
  return code < EXACT_CODES ? code : EXACT_CODES + fromInt4(code - EXACT_CODES);
}

function toInt4(value: number): number {
  const bitCount = 32 - Math.clz32(value);
  if (bitCount < 4) return value;
  const shift = bitCount - 4;
  return ((value >>> shift) & 7) | ((shift + 1) << 3);
}

function fromInt4(code: number): number {
  const shift = (code >>> 3) - 1;
  return shift === -1 ? code & 7 : ((code & 7) | 8) * 2 ** shift;
}
