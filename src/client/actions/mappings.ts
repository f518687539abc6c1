/**
 * The mappings of an index as a root knows them, and requests checked against them: one shard alone may not have seen
 * a field yet, and would take it for unknown.
 */
import { sharedKey } from '../../cluster/view.ts';
import { CoppiceError } from '../../errors.ts';
import { hasAggregatedFields } from '../../search/aggregations.ts';
import type { Mappings } from '../../search/mapping.ts';
import { compileQuery } from '../../search/request/compile-query.ts';
import type { CountRequest, SearchRequest } from '../../search/request/search-request.ts';
import { bindSearchAfter, bindSort } from '../../search/request/sort.ts';
import type { SearchShared } from '../../search/state.ts';
import { type GroupRecord, parseRecord, SharedRecord } from '../../wire/records.ts';
import type { Root } from './action.ts';

type Bindable = Pick<CountRequest, 'query'> & Partial<Pick<SearchRequest, 'sort' | 'searchAfter' | 'postFilter'>>;

/**
 * Binds a request to the mappings of the whole index and to this moment: the query is checked, and what is sorted by
 * gets the types of its fields.
 *
 * @throws CoppiceError `BAD_REQUEST` for a value of the wrong type or a field that cannot be sorted by.
 */
export async function bindRequest<Request extends Bindable>(
  root: Root,
  group: GroupRecord,
  request: Request,
): Promise<Request & { readonly nowMs: number }> {
  const nowMs = root.context.env.clock.wallMs();
  const known = root.context.view.shared(group);
  if (known !== undefined) {
    try {
      return bind(request, (known.value as SearchShared).mappings, nowMs);
    } catch (error) {
      if (!(error instanceof CoppiceError)) throw error;
    }
  }
  // The view may lag behind a field added a moment ago: the registry has the last word.
  return bind(request, await readMappings(root, group), nowMs);
}

/**
 * The mappings of the whole index that aggregations are answered by, which are checked against them.
 *
 * @throws CoppiceError `BAD_REQUEST` for a field of a type that an aggregation does not take, or a value that does not fit.
 */
export async function aggregatedMappings(
  root: Root,
  group: GroupRecord,
  { aggregations = {}, nowMs }: Pick<SearchRequest, 'aggregations' | 'nowMs'>,
): Promise<Mappings> {
  const known = root.context.view.shared(group);
  if (known !== undefined) {
    const { mappings } = known.value as SearchShared;
    if (hasAggregatedFields(aggregations, { mappings, nowMs, isWhole: true })) return mappings;
  }
  const mappings = await readMappings(root, group);
  hasAggregatedFields(aggregations, { mappings, nowMs, isWhole: true });
  return mappings;
}

/** The mappings that the registry holds. Throws `GROUP_NOT_FOUND` if the index was deleted meanwhile. */
export async function readMappings({ context }: Root, group: GroupRecord): Promise<Mappings> {
  const entry = await context.registry.get(sharedKey(group));
  if (entry === undefined) throw new CoppiceError('GROUP_NOT_FOUND', `\`${group.name}\` was deleted`);
  return (parseRecord(SharedRecord, entry.value, entry.key).document as SearchShared).mappings;
}

function bind<Request extends Bindable>(
  request: Request,
  mappings: Mappings,
  nowMs: number,
): Request & { readonly nowMs: number } {
  const { query, postFilter, sort, searchAfter } = request;
  const binding = { mappings, nowMs, isWhole: true };
  for (const node of [query, postFilter]) if (node !== undefined) compileQuery(node, mappings, binding);
  return {
    ...request,
    nowMs,
    ...(sort === undefined ? {} : { sort: bindSort(sort, binding) }),
    ...(searchAfter === undefined ? {} : { searchAfter: bindSearchAfter(searchAfter, sort, binding) }),
  };
}
