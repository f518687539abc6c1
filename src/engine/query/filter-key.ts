/**
 * Names of filters, under which their bitmaps are kept. The commonest kinds, asked again, find the name that was made
 * before: a string that is new has to be hashed before anything is found by it.
 */
import type { Query } from './query.ts';

/** A query that a name was made for. */
type Named = { readonly query: Query; readonly key: string };

const SLOTS = 256;
/** Leaves as many bits of 32 as slots take. */
const SLOT_SHIFT = 24;

const named: (Named | undefined)[] = Array.from({ length: SLOTS }, () => undefined);

/** The name of a filter: the same for queries that are written alike, but another for those that match something else. */
export function filterKey(query: Query): string {
  const slot = slotOf(query);
  if (slot === undefined) return JSON.stringify(query);
  const before = named[slot];
  if (before !== undefined && isAlike(before.query, query)) return before.key;
  const key = JSON.stringify(query);
  named[slot] = { query: copyOf(query), key };
  return key;
}

/** Callers may change theirs. */
function copyOf(query: Query): Query {
  return query.kind === 'range' ? { ...query, bounds: { ...query.bounds } } : { ...query };
}

/** Where the name of a query may be found; undefined for kinds whose names are always made. */
function slotOf(query: Query): number | undefined {
  if (query.kind === 'term' && typeof query.value === 'string') {
    const { value } = query;
    const middle = value.charCodeAt(value.length >>> 1) || 0;
    return (value.length * 31 + middle * 7 + (value.charCodeAt(value.length - 1) || 0)) % SLOTS;
  }
  if (query.kind !== 'range') return undefined;
  const { gte, gt, lte, lt } = query.bounds;
  const from = gte ?? gt;
  const to = lte ?? lt;
  if (typeof from !== 'number' || typeof to !== 'number') return undefined;
  return (Math.imul(from | 0, 0x9e3779b1) ^ Math.imul(to | 0, 0x85ebca6b)) >>> SLOT_SHIFT;
}

function isAlike(a: Query, b: Query): boolean {
  if (a.kind === 'term' && b.kind === 'term')
    return a.field === b.field && a.value === b.value && a.caseInsensitive === b.caseInsensitive;
  if (a.kind !== 'range' || b.kind !== 'range' || a.field !== b.field) return false;
  const [left, right] = [a.bounds, b.bounds];
  return left.gte === right.gte && left.gt === right.gt && left.lte === right.lte && left.lt === right.lt;
}
