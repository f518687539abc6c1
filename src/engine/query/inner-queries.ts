/** The tree that queries form. */
import type { Query } from './query.ts';

/** Queries right inside a query, in the order of the tree. */
export function innerQueries(query: Query): readonly Query[] {
  if (query.kind === 'constantScore') return [query.filter];
  if (query.kind === 'disMax') return query.queries;
  if (query.kind === 'boosting') return [query.positive, query.negative];
  if (query.kind === 'functionScore') return [query.query, ...query.functions.flatMap(({ filter }) => filter ?? [])];
  if (query.kind !== 'bool') return [];
  return [...(query.must ?? []), ...(query.should ?? []), ...(query.filter ?? []), ...(query.mustNot ?? [])];
}
