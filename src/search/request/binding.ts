/** What queries are bound to: the fields of an index, and the moment that `now` stands for. */
import type { Query } from '../../engine/query/query.ts';
import { CoppiceError } from '../../errors.ts';
import { type LeafMapping, leafAt, type Mappings } from '../mapping.ts';

/** An index at a moment. */
export type Binding = {
  readonly mappings: Mappings;
  /** What `now` stands for in dates, in milliseconds since 1970; without it, dates that need it are refused. */
  readonly nowMs?: number | undefined;
  /** Whether the mappings are those of the whole index: a field that is missing is an error where one is needed. */
  readonly isWhole?: boolean | undefined;
};

/** A field that queries can look in. */
export type BoundField = { readonly field: string; readonly leaf: LeafMapping };

/** Finds nothing. */
export const NOTHING: Query = { kind: 'matchNone' };

/** Compiles for a field; one that the shard has not seen matches nothing there. */
export function onLeaf({ mappings }: Binding, field: string, compile: (bound: BoundField) => Query): Query {
  const leaf = leafAt(mappings, field);
  return leaf === undefined ? NOTHING : compile({ field, leaf });
}

/** Compiles what finds nothing where it does not fit its field. */
export function leniently(lenient: boolean | undefined, compile: () => Query): Query {
  if (lenient !== true) return compile();
  try {
    return compile();
  } catch (error) {
    if (error instanceof CoppiceError && error.code === 'BAD_REQUEST') return NOTHING;
    throw error;
  }
}

/** An error about a kind of query that a field's type does not have. */
export function unsupported({ field, leaf }: BoundField, what: string): CoppiceError {
  return new CoppiceError('BAD_REQUEST', `field [${field}] of type [${leaf.type}] does not support ${what} queries`, {
    details: { field, type: leaf.type },
  });
}
