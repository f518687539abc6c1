/** What callers hand to the engine, checked before anything is touched; values of fields are checked where they are indexed. */
import { CoppiceError } from '../errors.ts';
import type { EngineDocument, EngineSearch, SortKey } from './engine.ts';
import type { FieldValue } from './query/query.ts';

/** Throws CoppiceError `BAD_REQUEST` for a document without an id that is a string, or with numbers that are none. */
export function checkDocument({ id, version, seqNo, primaryTerm, position }: EngineDocument): void {
  if (typeof id !== 'string') throw bad(`the id of a document must be a string, got ${typeof id}`);
  for (const [name, value] of Object.entries({ version, seqNo, primaryTerm, position }))
    if (!Number.isFinite(value)) throw bad(`document \`${id}\`: ${name} must be a number, got ${String(value)}`);
}

/** Throws CoppiceError `BAD_REQUEST` for a limit, sort or place to begin that no search can have. */
export function checkSearch({ limit, sort, searchAfter }: EngineSearch): void {
  if (!Number.isSafeInteger(limit) || limit < 0) throw bad(`limit must be a whole number from 0, got ${String(limit)}`);
  if (sort?.length === 0) throw bad('sort must have a key; without sort hits are ordered by score');
  for (const { field, order } of sort ?? [])
    if (order !== 'asc' && order !== 'desc') throw bad(`order of sort by \`${field}\` must be asc or desc`);
  if (searchAfter !== undefined) checkPlace(searchAfter, sort ?? [{ field: '_score', order: 'desc' }]);
}

function checkPlace(values: readonly (FieldValue | null)[], sort: readonly SortKey[]): void {
  if (!Array.isArray(values) || values.length !== sort.length)
    throw bad(`searchAfter must have ${sort.length} values, one for each sort key`);
  for (const [i, { field }] of sort.entries()) {
    const value: unknown = values[i];
    const isNumber = typeof value === 'number' && !Number.isNaN(value);
    const fits = field === '_score' || field === '_doc' ? isNumber : isNumber || isOther(value);
    if (!fits) throw bad(`searchAfter for \`${field}\` cannot be ${String(value)}`);
  }
}

function isOther(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

function bad(message: string): CoppiceError {
  return new CoppiceError('BAD_REQUEST', message);
}
