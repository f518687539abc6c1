/** The order of strings everywhere in the engine: that of their code points, which is that of their bytes as terms. */

/** Negative, 0 or positive as the bytes of one term come before, equal or come after those of another. */
export function compareStrings(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return left < 0xd800 && right < 0xd800 ? left - right : compareFrom(a, b, i);
  }
  return a.length - b.length;
}

/** Compares code points where two strings first differ: perhaps in the second half of a pair of surrogates. */
function compareFrom(a: string, b: string, at: number): number {
  const isInside = at > 0 && isHigh(a.charCodeAt(at - 1)) && (isLow(a.charCodeAt(at)) || isLow(b.charCodeAt(at)));
  const from = isInside ? at - 1 : at;
  return a.codePointAt(from)! - b.codePointAt(from)!;
}

function isHigh(unit: number): boolean {
  return unit >>> 10 === 0x36;
}

function isLow(unit: number): boolean {
  return unit >>> 10 === 0x37;
}
