/** Conditions on fields without scores: existence, equal numbers, ranges of numbers and of terms. */

import type { FieldValue, RangeBounds } from '../../query/query.ts';
import type { Column } from '../memory/column.ts';
import { columnValue, termValue } from '../memory/field-values.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';
import type { Matcher } from './matcher.ts';
import { PostingsMatcher } from './postings-matcher.ts';
import { AnyMatcher, NoneMatcher, ScanMatcher } from './set-matchers.ts';

/** Documents that have a value of a field; a text without words is a value. */
export function fieldExists(index: MemoryIndex, field: string): Matcher {
  const inverted = index.inverted(field);
  if (inverted !== undefined) return new ScanMatcher(index.documents.endOrdinal, (ordinal) => inverted.has(ordinal));
  const column = index.column(field);
  return column === undefined ? new NoneMatcher() : new ScanMatcher(column.rowCount, (ordinal) => column.has(ordinal));
}

/** Documents with one of some numbers. */
export function numbersEqual(index: MemoryIndex, field: string, numbers: readonly number[]): Matcher {
  const column = index.column(field);
  if (column === undefined) return new NoneMatcher();
  const wanted = new Set(numbers);
  return anyValue(column, (value) => wanted.has(value));
}

/** Documents with a number within bounds; throws CoppiceError `BAD_REQUEST` on a bound of another type. */
export function numbersWithin(index: MemoryIndex, field: string, bounds: RangeBounds): Matcher {
  const column = index.column(field);
  const type = index.types.get(field);
  if (column === undefined || type === undefined) return new NoneMatcher();
  const { gte, gt, lte, lt } = checked(bounds, (bound) => columnValue(field, type, bound));
  const [from, to] = [gte ?? -Infinity, lte ?? Infinity];
  const [above, below] = [gt ?? Number.NEGATIVE_INFINITY, lt ?? Number.POSITIVE_INFINITY];
  if (gt === undefined && lt === undefined) return anyValue(column, (value) => value >= from && value <= to);
  if (gt === undefined) return anyValue(column, (value) => value >= from && value < below && value <= to);
  if (lt === undefined) return anyValue(column, (value) => value > above && value >= from && value <= to);
  return anyValue(column, (value) => value > above && value < below && value >= from && value <= to);
}

/** Documents with a term within bounds, in the order of UTF-16 units. */
export function termsWithin(index: MemoryIndex, field: string, bounds: RangeBounds): Matcher {
  const inverted = index.inverted(field);
  if (inverted === undefined) return new NoneMatcher();
  const { gte, gt, lte, lt } = checked(bounds, (bound) => termValue(field, inverted.type, bound));
  const isWithin = (term: string): boolean =>
    (gte === undefined || term >= gte) &&
    (gt === undefined || term > gt) &&
    (lte === undefined || term <= lte) &&
    (lt === undefined || term < lt);
  const lists = inverted.terms.flatMap((term) => (isWithin(term) ? (inverted.postings(term) ?? []) : []));
  return new AnyMatcher(lists.map((list) => new PostingsMatcher(list)));
}

type CheckedBounds<T> = { readonly [K in keyof RangeBounds]: T | undefined };

function checked<T>(bounds: RangeBounds, check: (bound: FieldValue) => T): CheckedBounds<T> {
  const bound = (value: FieldValue | undefined): T | undefined => (value === undefined ? undefined : check(value));
  return { gte: bound(bounds.gte), gt: bound(bounds.gt), lte: bound(bounds.lte), lt: bound(bounds.lt) };
}

function anyValue(column: Column, test: (value: number) => boolean): Matcher {
  const { values } = column;
  return new ScanMatcher(column.rowCount, (ordinal) => {
    const end = column.end(ordinal);
    for (let i = column.start(ordinal); i < end; i++) if (test(values[i]!)) return true;
    return false;
  });
}
