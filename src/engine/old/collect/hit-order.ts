/** Orders of hits: by score, log position, or the values of fields. */
import { CoppiceError } from '../../../errors.ts';
import type { SortKey } from '../../engine.ts';
import type { FieldValue } from '../../query/query.ts';
import type { Column } from '../memory/column.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';

/** A document that matches. */
export type Candidate = { readonly ordinal: number; readonly score: number };

/** One sort criterion at work: the value of a hit, and which of two comes first (negative: the first). */
export type HitOrder = {
  compare(ordinalA: number, scoreA: number, ordinalB: number, scoreB: number): number;
  value(ordinal: number, score: number): FieldValue | null;
};

/** Highest score first. */
export const byScore: HitOrder = {
  compare: (_a, scoreA, _b, scoreB) => scoreB - scoreA,
  value: (_ordinal, score) => score,
};

/** An order for a sort key. An unknown field is missing everywhere; a text field throws CoppiceError `BAD_REQUEST`. */
export function hitOrder(key: SortKey, index: MemoryIndex): HitOrder {
  if (key.field === '_score') return key.order === 'desc' ? byScore : reversed(byScore);
  if (key.field === '_doc') return key.order === 'asc' ? byPosition(index) : reversed(byPosition(index));
  const type = index.types.get(key.field);
  if (type === 'text')
    throw new CoppiceError('BAD_REQUEST', `field \`${key.field}\` of type text has no column to sort by`);
  return byField(key, fieldReader(key, index));
}

function byPosition({ documents }: MemoryIndex): HitOrder {
  return {
    compare: (a, _scoreA, b) => documents.position(a) - documents.position(b),
    value: (ordinal) => documents.position(ordinal),
  };
}

function reversed(order: HitOrder): HitOrder {
  return { ...order, compare: (a, scoreA, b, scoreB) => order.compare(b, scoreB, a, scoreA) };
}

type Reader = (ordinal: number) => FieldValue | undefined;

function byField({ order, missing }: SortKey, read: Reader): HitOrder {
  const sign = order === 'asc' ? 1 : -1;
  const missingSign = missing === '_first' ? -1 : 1;
  return {
    compare(a, _scoreA, b) {
      const [left, right] = [read(a), read(b)];
      if (left === right) return 0;
      if (left === undefined) return missingSign;
      if (right === undefined) return -missingSign;
      return left < right ? -sign : sign;
    },
    value: (ordinal) => read(ordinal) ?? null,
  };
}

/** Reads the value that counts: the least of several when ascending, the greatest when descending. */
function fieldReader({ field, order }: SortKey, index: MemoryIndex): Reader {
  const inverted = index.inverted(field);
  if (inverted !== undefined) {
    const read = columnReader(inverted.termsOfDocument, order);
    return (ordinal) => {
      const number = read(ordinal);
      return number === undefined ? undefined : inverted.term(number);
    };
  }
  const column = index.column(field);
  if (column === undefined) return () => undefined;
  const read = columnReader(column, order);
  if (index.types.get(field) !== 'boolean') return read;
  return (ordinal) => {
    const number = read(ordinal);
    return number === undefined ? undefined : number === 1;
  };
}

function columnReader(column: Column, order: 'asc' | 'desc'): (ordinal: number) => number | undefined {
  if (order === 'asc') return (ordinal) => (column.has(ordinal) ? column.values[column.start(ordinal)] : undefined);
  return (ordinal) => (column.has(ordinal) ? column.values[column.end(ordinal) - 1] : undefined);
}
