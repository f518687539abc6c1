/**
 * The mappings of an index as a root knows them, and requests checked against them: one shard alone may not have seen
 * a field yet, and would take it for unknown.
 */
import { sharedKey } from '../../cluster/view.ts';
import { CoppiceError } from '../../errors.ts';
import { hasAggregatedFields } from '../../search/aggregations.ts';
import type { Mappings } from '../../search/mapping.ts';
import { type Bindable, bindRequest } from '../../search/request/bind-request.ts';
import type { Binding } from '../../search/request/binding.ts';
import type { SearchRequest } from '../../search/request/search-request.ts';
import type { SearchShared } from '../../search/state.ts';
import { type GroupRecord, parseRecord, SharedRecord } from '../../wire/records.ts';
import type { Root } from './action.ts';

/**
 * Binds a request to the mappings of the whole index and to this moment: the query is checked, and what is sorted by
 * gets the types of its fields.
 *
 * @throws CoppiceError `BAD_REQUEST` for a value of the wrong type or a field that cannot be sorted by.
 */
export async function bindNow<Request extends Bindable>(
  root: Root,
  group: GroupRecord,
  request: Request,
): Promise<Request & { readonly nowMs: number }> {
  const nowMs = root.context.env.clock.wallMs();
  const known = root.context.view.shared(group);
  if (known !== undefined) {
    try {
      return bindRequest({ ...request, nowMs }, bindingOf((known.value as SearchShared).mappings, nowMs));
    } catch (error) {
      if (!(error instanceof CoppiceError)) throw error;
    }
  }
  // The view may lag behind a field added a moment ago: the registry has the last word.
  return bindRequest({ ...request, nowMs }, bindingOf(await readMappings(root, group), nowMs));
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

function bindingOf(mappings: Mappings, nowMs: number): Binding {
  return { mappings, nowMs, isWhole: true };
}
