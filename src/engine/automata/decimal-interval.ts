/** Whole numbers between two others, as texts: `<n-m>` of Lucene's regular expressions. */
import { type ByteExpressions, type Expression, UNBOUNDED } from './byte-expressions.ts';

const ZERO = 0x30;

/**
 * Texts of decimal digits whose number lies between two others. Where both bounds are written with as many digits, so
 * are the texts; else any number of zeros may come first.
 *
 * @param from Digits of one bound, at most ten.
 * @param to Digits of the other; they may stand in either order.
 */
export function decimalInterval(expressions: ByteExpressions, from: string, to: string): Expression {
  const [low, high] = Number(from) <= Number(to) ? [from, to] : [to, from];
  if (low.length === high.length) return between(expressions, low, high);
  const least = String(Number(low));
  const greatest = String(Number(high));
  const lengths = Array.from({ length: greatest.length - least.length + 1 }, (_, more) => least.length + more);
  const numbers = lengths.map((length) =>
    between(
      expressions,
      length === least.length ? least : '0'.repeat(length),
      length === greatest.length ? greatest : '9'.repeat(length),
    ),
  );
  const zeros = expressions.repeat(expressions.bytes(ZERO, ZERO), 0, UNBOUNDED);
  return expressions.sequence(zeros, expressions.union(numbers));
}

/** Numbers of as many digits as both bounds have. */
function between(expressions: ByteExpressions, low: string, high: string): Expression {
  if (low === '') return expressions.sequenceOf([]);
  const [first, last] = [Number(low.charAt(0)), Number(high.charAt(0))];
  const digits = (from: number, to: number, rest: Expression): Expression =>
    expressions.sequence(expressions.bytes(ZERO + from, ZERO + to), rest);
  const after = low.length - 1;
  if (first === last) return digits(first, last, between(expressions, low.slice(1), high.slice(1)));
  const parts = [
    digits(first, first, between(expressions, low.slice(1), '9'.repeat(after))),
    digits(last, last, between(expressions, '0'.repeat(after), high.slice(1))),
  ];
  const any = expressions.repeat(expressions.bytes(ZERO, ZERO + 9), after, after);
  if (last - first > 1) parts.push(digits(first + 1, last - 1, any));
  return expressions.union(parts);
}
