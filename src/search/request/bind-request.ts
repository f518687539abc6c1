/** Binds requests to the mappings of an index: queries are checked, and what is sorted by gets its field's types. */
import type { Binding } from './binding.ts';
import { compileQuery } from './compile-query.ts';
import { withNamedFields } from './name-fields.ts';
import type { CountRequest, SearchRequest } from './search-request.ts';
import { bindSearchAfter, bindSort } from './sort.ts';

/** What can be bound: a search, or a part of one. */
export type Bindable = Pick<CountRequest, 'query'> &
  Partial<Pick<SearchRequest, 'sort' | 'searchAfter' | 'postFilter' | 'searchType'>>;

/**
 * Binds a request.
 *
 * @throws CoppiceError `BAD_REQUEST` for a value of the wrong type or a field that cannot be sorted by.
 */
export function bindRequest<Request extends Bindable>(request: Request, binding: Binding): Request {
  const { query, postFilter, sort, searchAfter, searchType } = request;
  for (const node of [query, postFilter]) if (node !== undefined) compileQuery(node, binding.mappings, binding);
  return {
    ...request,
    query: searchType === 'dfs_query_then_fetch' ? withNamedFields(query, binding.mappings) : query,
    ...(sort === undefined ? {} : { sort: bindSort(sort, binding) }),
    ...(searchAfter === undefined ? {} : { searchAfter: bindSearchAfter(searchAfter, sort, binding) }),
  };
}
