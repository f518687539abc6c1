/** Whether a search has named queries at all: only then hits are asked which of them they match. */
import type { Query } from '../engine/query/query.ts';

/** Whether any query of a tree has a name. */
export function hasName(query: Query): boolean {
  return query.name !== undefined || innerQueries(query).some(hasName);
}

function innerQueries(query: Query): readonly Query[] {
  if (query.kind === 'constantScore') return [query.filter];
  if (query.kind === 'disMax') return query.queries;
  if (query.kind === 'boosting') return [query.positive, query.negative];
  if (query.kind === 'functionScore')
    return [query.query, ...query.functions.flatMap(({ filter }) => (filter === undefined ? [] : [filter]))];
  if (query.kind !== 'bool') return [];
  return [query.must, query.should, query.filter, query.mustNot].flatMap((clauses) => clauses ?? []);
}
