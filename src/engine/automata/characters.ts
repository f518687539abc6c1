/** Characters (code points) as expressions over their bytes, as in `part/term-bytes.ts`. */
import { otherCase } from './ascii-case.ts';
import type { ByteExpressions, Expression } from './byte-expressions.ts';

/** Characters from one to another, both included. */
export type CharacterRange = readonly [from: number, to: number];

/** The last character. */
export const MAX_CHARACTER = 0x10ffff;

/** Last character of each length in bytes. */
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff, MAX_CHARACTER];

/** One character of any of some ranges. */
export function characterIn(expressions: ByteExpressions, ranges: readonly CharacterRange[]): Expression {
  return expressions.union(ranges.flatMap(([from, to]) => rangeBytes(expressions, from, to)));
}

/** One character, whichever. */
export function anyCharacter(expressions: ByteExpressions): Expression {
  return characterIn(expressions, [[0, MAX_CHARACTER]]);
}

/** One character; with `caseInsensitive` an ASCII letter in either case. */
export function character(expressions: ByteExpressions, code: number, caseInsensitive: boolean): Expression {
  const codes = caseInsensitive ? new Set([code, otherCase(code)]) : [code];
  return characterIn(
    expressions,
    [...codes].map((one): CharacterRange => [one, one]),
  );
}

/** The ranges between other ranges. */
export function otherThan(ranges: readonly CharacterRange[]): readonly CharacterRange[] {
  const others: CharacterRange[] = [];
  let next = 0;
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    if (from > next) others.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= MAX_CHARACTER) others.push([next, MAX_CHARACTER]);
  return others;
}

/** Ranges with the other case of every ASCII letter in them. */
export function inEitherCase(ranges: readonly CharacterRange[]): readonly CharacterRange[] {
  const folded: CharacterRange[] = [...ranges];
  for (const [from, to] of ranges) {
    for (const base of [0x41, 0x61]) {
      const first = Math.max(from, base);
      const last = Math.min(to, base + 25);
      if (first <= last) folded.push([first ^ 0x20, last ^ 0x20]);
    }
  }
  return folded;
}

function rangeBytes(expressions: ByteExpressions, from: number, to: number): readonly Expression[] {
  const parts: Expression[] = [];
  let first = from;
  LAST_OF_LENGTH.forEach((last, extra) => {
    if (first > to || first > last) return;
    parts.push(...sameLength(expressions, first, Math.min(to, last), extra));
    first = last + 1;
  });
  return parts;
}

/** Characters of one length: the range is cut until every byte of it varies independently of the others. */
function sameLength(expressions: ByteExpressions, from: number, to: number, extra: number): readonly Expression[] {
  for (let free = 1; free <= extra; free++) {
    const mask = (1 << (6 * free)) - 1;
    if (from >>> (6 * free) === to >>> (6 * free)) continue;
    const cut = (from & mask) !== 0 ? from | mask : (to & mask) !== mask ? (to & ~mask) - 1 : undefined;
    if (cut !== undefined)
      return [...sameLength(expressions, from, cut, extra), ...sameLength(expressions, cut + 1, to, extra)];
  }
  const bytes = Array.from({ length: extra + 1 }, (_, index) =>
    expressions.bytes(byteOf(from, index, extra), byteOf(to, index, extra)),
  );
  return [expressions.sequenceOf(bytes)];
}

const LEADS = [0, 0xc0, 0xe0, 0xf0];

function byteOf(code: number, index: number, extra: number): number {
  const bits = code >>> (6 * (extra - index));
  return index === 0 ? LEADS[extra]! | bits : 0x80 | (bits & 63);
}
