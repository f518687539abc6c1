/** Sums of doubles by rational arithmetic, rounded once: the oracle of exact sums. */

/** Exact, by rational arithmetic. */
export function exactSum(values: readonly number[]): number {
  let total = 0n;
  for (const value of values) total += scaled(value);
  return unscaled(total);
}

const SHIFT = 1074n;

function scaled(value: number): bigint {
  const [mantissa, exponent] = partsOf(value);
  return mantissa << (BigInt(exponent) + SHIFT);
}

function partsOf(value: number): [bigint, number] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const exponent = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n);
  return [value < 0 ? -mantissa : mantissa, Math.max(exponent, 1) - 1075];
}

/** Rounds to the nearest double, half to even. */
function unscaled(total: bigint): number {
  if (total === 0n) return 0;
  const isNegative = total < 0n;
  const size = isNegative ? -total : total;
  const extra = BigInt(Math.max(0, size.toString(2).length - 53));
  let top = size >> extra;
  const rest = size - (top << extra);
  const half = extra === 0n ? 0n : 1n << (extra - 1n);
  if (extra > 0n && (rest > half || (rest === half && (top & 1n) === 1n))) top += 1n;
  const exponent = Number(extra - SHIFT);
  const magnitude = exponent < -1000 ? Number(top) * 2 ** (exponent + 200) * 2 ** -200 : Number(top) * 2 ** exponent;
  return isNegative ? -magnitude : magnitude;
}
