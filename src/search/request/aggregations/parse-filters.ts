/** `filter`, `filters`, `missing` and `global`: buckets of the documents that queries match, or that lack a field. */
import type { Aggregation } from '../../../engine/aggregate/aggregation.ts';
import type { Query } from '../../../engine/query/query.ts';
import { ObjectReader } from '../../object-reader.ts';
import { childPath, compact, elementPath, isPlainObject, pathError, shapeError } from '../../shape.ts';
import { compileQuery } from '../compile-query.ts';
import { parseQuery } from '../parse-query.ts';
import { type AggregationSite, readAggregatedField } from './aggregation-site.ts';

const MAX_FILTERS = 1000;
const OTHER = '_other_';

/** `{"filter":{"term":{"tag":"red"}}}`. */
export function parseFilter(body: unknown, site: AggregationSite): Aggregation {
  return { kind: 'filter', query: queryAt(body, site.path, site) };
}

/** `{"filters":{"filters":{"red":{…},"blue":{…}},"other_bucket_key":"others"}}`, or a list of queries without names. */
export function parseFilters(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, {
    known: ['filters', 'other_bucket', 'other_bucket_key', 'keyed'],
  });
  const value = reader.required('filters', 'queries by name, or a list of them');
  const path = reader.at('filters');
  const keyedEntries = isPlainObject(value) ? Object.entries(value) : undefined;
  if (keyedEntries === undefined && !Array.isArray(value))
    throw shapeError(path, 'queries by name, or a list of them', value);
  const filters =
    keyedEntries?.map(([key, query]) => ({ key, query: queryAt(query, childPath(path, key), site) })) ??
    (Array.isArray(value) ? value : []).map((query: unknown, index) => ({
      query: queryAt(query, elementPath(path, index), site),
    }));
  if (filters.length === 0 || filters.length > MAX_FILTERS)
    throw pathError(path, `takes 1 to ${MAX_FILTERS} filters, got ${filters.length}`, `1 to ${MAX_FILTERS} filters`);
  const otherKey = reader.string('other_bucket_key');
  const hasOther = reader.boolean('other_bucket') ?? otherKey !== undefined;
  return compact({
    kind: 'filters' as const,
    filters,
    otherKey: hasOther ? (otherKey ?? OTHER) : undefined,
    keyed: keyedEntries === undefined ? false : (reader.boolean('keyed') ?? true),
  });
}

/** `{"missing":{"field":"tag"}}`. */
export function parseMissing(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, { known: ['field'], later: ['missing'] });
  return { kind: 'missing', field: readAggregatedField(reader, site, 'values').field };
}

/** `{"global":{}}`. */
export function parseGlobal(body: unknown, { path, name, isTop }: AggregationSite): Aggregation {
  ObjectReader.open(body, path, { known: [] });
  if (isTop) return { kind: 'global' };
  throw pathError(path, `aggregation [${name}] of kind [global] cannot be below another one`, 'a place at the top');
}

function queryAt(value: unknown, path: string, { binding }: AggregationSite): Query {
  const { mappings, ...options } = binding;
  return compileQuery(parseQuery(value, path), mappings, options);
}
