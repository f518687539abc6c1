/** Values as columns and postings hold them, and the check of values in queries against the type of their field. */
import { CoppiceError } from '../../../errors.ts';
import type { FieldType } from '../../engine.ts';
import type { FieldValue } from '../../query/query.ts';

/** A number, date or boolean as a column holds it; booleans are 0 and 1. */
export function numberOf(value: FieldValue): number {
  return Number(value);
}

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
  return numberOf(value);
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

function badValue(field: string, type: FieldType, value: unknown): CoppiceError {
  const message = `field \`${field}\` of type ${type} expects ${EXPECTED[type]}, got ${JSON.stringify(value)}`;
  return new CoppiceError('BAD_REQUEST', message, { details: { field, type, value } });
}
