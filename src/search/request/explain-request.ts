/** The body of `explain`: a document and the query whose score is to be explained. */
import { checkId } from '../document.ts';
import { ObjectReader } from '../object-reader.ts';
import { compact } from '../shape.ts';
import { readRouting, readTimeoutMs, readToken } from './common.ts';
import { parseQuery } from './parse-query.ts';
import { type CountRequest, SEARCH_TYPES, type SearchRequest } from './search-request.ts';

/** An explanation asked for. `routing` is the key of the document's shard: the id unless said otherwise. */
export type ExplainRequest = Pick<CountRequest, 'query' | 'nowMs' | 'timeoutMs' | 'after'> &
  Pick<SearchRequest, 'searchType'> & { readonly id: string; readonly routing: string };

/**
 * Reads the body: `{"id":"1","query":{"match":{"title":"whale"}}}`.
 *
 * @throws CoppiceError `PARSING_FAILED`, or `BAD_REQUEST` for what is no id.
 */
export function parseExplain(body: unknown): ExplainRequest {
  const reader = ObjectReader.open(body, '', {
    known: ['id', '_id', 'query', 'routing', 'search_type', 'timeout', 'after'],
    later: ['_source', '_source_excludes', '_source_includes', 'preference', 'q', 'stored_fields'],
  });
  const id = checkId(reader.required(reader.has('_id') ? '_id' : 'id', 'the id of a document'));
  return compact({
    id,
    routing: readRouting(reader) ?? id,
    query: parseQuery(reader.required('query', 'a query object'), 'query'),
    searchType: reader.word('search_type', SEARCH_TYPES) ?? 'query_then_fetch',
    timeoutMs: readTimeoutMs(reader),
    after: readToken(reader),
  });
}
