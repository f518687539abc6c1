/** What a search must be before anything is looked up. */
import { CoppiceError } from '../../errors.ts';
import type { EngineSearch, SortKey } from '../engine.ts';
import type { FieldValue } from '../query/query.ts';
import { checkAggregations } from './check-aggregations.ts';
import { checkQuery } from './check-query.ts';
import {
  anyOf,
  type Check,
  ensure,
  isAnything,
  isCount,
  isFieldValue,
  isFinite,
  isFlag,
  isFunction,
  isText,
  listOf,
  misfit,
  objectOf,
  oneOf,
  recordOf,
} from './checks.ts';

const isAmount: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : misfit('a number from 0', value);
const isLimits = objectOf({}, { clauses: isAmount, expansions: isAmount, buckets: isAmount, memoryBytes: isAmount });
const isFieldStatistics = objectOf({ docCount: isAmount, totalTokens: isAmount });
const isStatistics = objectOf({ fields: recordOf(isFieldStatistics), docFrequencies: recordOf(isAmount) });
const isSortKey = objectOf(
  { field: isText, order: oneOf('asc', 'desc') },
  { missing: isFieldValue, mode: oneOf('min', 'max', 'sum', 'avg', 'median') },
);

/** The parts that need nothing else are checked here, the others below. */
const isSearch = objectOf(
  { query: isAnything, limit: isCount },
  {
    sort: listOf(isSortKey, 1),
    searchAfter: isAnything,
    statistics: isStatistics,
    trackTotal: anyOf('true, false or a number from 0', isFlag, isAmount),
    trackScores: isFlag,
    minScore: isFinite,
    postFilter: isAnything,
    aggregations: isAnything,
    names: isFlag,
    profile: isFlag,
    limits: isLimits,
    shouldStop: isFunction,
  },
);

/**
 * Checks a search.
 *
 * @throws CoppiceError `BAD_REQUEST` for one that cannot be, `LIMIT_EXCEEDED` for one that is too deep.
 */
export function checkSearch(search: EngineSearch): void {
  ensure('search', search, isSearch);
  checkQuery(search.query);
  if (search.postFilter !== undefined) checkQuery(search.postFilter, 'postFilter');
  if (search.aggregations !== undefined) checkAggregations(search.aggregations);
  if (search.searchAfter !== undefined)
    checkPlace(search.searchAfter, search.sort ?? [{ field: '_score', order: 'desc' }]);
}

/** Throws CoppiceError `BAD_REQUEST` for statistics that are none. */
export function checkStatistics(statistics: unknown): void {
  if (statistics !== undefined) ensure('statistics', statistics, isStatistics);
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
