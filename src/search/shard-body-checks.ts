/**
 * Whether what came over the wire is what `partials.ts` says: searches, filters, sorts and statistics in the form they
 * have inside the cluster. A root sends nothing else; a bare client that calls an endpoint of an index might.
 */
import type { QueryStatistics } from '../engine/index.ts';
import { isQueryNode } from './query-node-checks.ts';
import type { HighlightField } from './request/highlight-request.ts';
import { SEARCH_LIMITS, type SearchRequest } from './request/search-request.ts';
import type { SortSpec } from './request/sort.ts';
import { isPlainObject, isScalar } from './shape.ts';
import type { SourceFilter } from './source-filter.ts';
import {
  hasShape,
  isBoolean,
  isCount,
  isNumber,
  isRecordOf,
  isString,
  isStrings,
  listOf,
  oneOf,
  optional,
} from './value-checks.ts';

/** Whether a value is a search as shards take it. */
export function isSearchRequest(value: unknown): value is SearchRequest {
  if (!isPlainObject(value)) return false;
  const { query, from, size, sort, source, minScore, trackTotalHits, searchAfter } = value;
  return (
    isQueryNode(query) &&
    isCount(from) &&
    isCount(size) &&
    from + size <= SEARCH_LIMITS.window &&
    optional(sort, listOf(isSortSpec)) &&
    optional(searchAfter, listOf(isSortValue)) &&
    isSourceFilter(source) &&
    (isBoolean(trackTotalHits) || isCount(trackTotalHits)) &&
    optional(value['highlight'], isHighlight) &&
    optional(value['aggregations'], isPlainObject) &&
    optional(value['postFilter'], isQueryNode) &&
    optional(value['nowMs'], isNumber) &&
    optional(value['timeoutMs'], isCount) &&
    ['explain', 'profile', 'showsVersion', 'showsSeqNo'].every((flag) => optional(value[flag], isBoolean)) &&
    optional(minScore, isNumber)
  );
}

/** Whether a value says which parts of a source are wanted. */
export function isSourceFilter(value: unknown): value is SourceFilter {
  return hasShape(value, { enabled: isBoolean }, { includes: isStrings, excludes: isStrings });
}

/** Whether a value is a list of fields to highlight. */
export function isHighlight(value: unknown): value is readonly HighlightField[] {
  return listOf(isHighlightField)(value);
}

/** Whether a value is statistics to score by. */
export function isStatistics(value: unknown): value is QueryStatistics {
  const isFields = (fields: unknown): boolean => isRecordOf(fields, (field) => isRecordOf(field, isNumber));
  return hasShape(value, { fields: isFields, docFrequencies: (counts) => isRecordOf(counts, isNumber) });
}

function isSortSpec(value: unknown): value is SortSpec {
  return hasShape(
    value,
    { field: isString, order: oneOf(['asc', 'desc']) },
    { missing: isScalar, mode: oneOf(['min', 'max', 'sum', 'avg', 'median']) },
  );
}

function isSortValue(value: unknown): boolean {
  return value === null || isScalar(value);
}

function isHighlightField(value: unknown): value is HighlightField {
  return hasShape(
    value,
    {
      pattern: isString,
      preTag: isString,
      postTag: isString,
      fragmentSize: isCount,
      numberOfFragments: isCount,
      requireFieldMatch: isBoolean,
    },
    {
      encoder: oneOf(['default', 'html']),
      boundaries: oneOf(['sentence', 'word']),
      order: oneOf(['text', 'score']),
      noMatchSize: isCount,
      maxAnalyzed: isCount,
      query: isQueryNode,
    },
  );
}
