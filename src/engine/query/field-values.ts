/** Values of queries against the type of their field: as columns hold them, and as terms. */
import { CoppiceError } from '../../errors.ts';
import { shown } from '../check/checks.ts';
import type { FieldType } from '../engine.ts';
import type { FieldValue, RangeBounds } from './query.ts';

/** What each type takes, in words for messages. */
const EXPECTED: Readonly<Record<FieldType, string>> = {
  text: 'a string',
  keyword: 'a string',
  long: 'a number',
  double: 'a number',
  boolean: 'true or false',
  date: 'milliseconds since 1970',
};

/** A value of a query as a column holds it; throws CoppiceError `BAD_REQUEST` if it is not of the field's type. */
export function columnValue(field: string, type: FieldType, value: FieldValue): number {
  const fits = type === 'boolean' ? typeof value === 'boolean' : typeof value === 'number' && !Number.isNaN(value);
  if (!fits) throw badValue(field, type, value);
  return Number(value) + 0;
}

/** A value of a query as a term; numbers and booleans are written out, as Elasticsearch does. */
export function termValue(field: string, type: FieldType, value: FieldValue): string {
  if (typeof value === 'object' || value === undefined) throw badValue(field, type, value);
  return String(value);
}

/** The text of a `match` as a value of a number, date or boolean field. */
export function parseValue(field: string, type: FieldType, text: string): FieldValue {
  const trimmed = text.trim();
  if (type === 'boolean') {
    if (trimmed !== 'true' && trimmed !== 'false') throw badValue(field, type, text);
    return trimmed === 'true';
  }
  const number = Number(trimmed);
  if (trimmed === '' || Number.isNaN(number)) throw badValue(field, type, text);
  return number;
}

/** The least and the greatest number within bounds; `from` is above `to` if there is none. */
export function numberBounds(
  field: string,
  type: FieldType,
  { gte, gt, lte, lt }: RangeBounds,
): { readonly from: number; readonly to: number } {
  let from = Number.NEGATIVE_INFINITY;
  let to = Number.POSITIVE_INFINITY;
  if (gte !== undefined) from = columnValue(field, type, gte);
  if (gt !== undefined) from = Math.max(from, nextAbove(columnValue(field, type, gt)));
  if (lte !== undefined) to = columnValue(field, type, lte);
  if (lt !== undefined) to = Math.min(to, -nextAbove(-columnValue(field, type, lt)));
  return { from, to };
}

const float = new Float64Array(1);
/** The same 64 bits; the low half comes first. */
const halves = new Uint32Array(float.buffer);

/** The least float64 above a number; NaN above infinity. */
function nextAbove(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.NaN;
  if (value === 0) return Number.MIN_VALUE;
  float[0] = value;
  const [low, high] = [halves[0]!, halves[1]!];
  if (value > 0) {
    halves[0] = low + 1;
    if (low === 0xffffffff) halves[1] = high + 1;
  } else {
    halves[0] = low - 1;
    if (low === 0) halves[1] = high - 1;
  }
  return float[0];
}

function badValue(field: string, type: FieldType, value: unknown): CoppiceError {
  const message = `field \`${field}\` of type ${type} expects ${EXPECTED[type]}, got ${shown(value)}`;
  return new CoppiceError('BAD_REQUEST', message, { details: { field, type, value } });
}
