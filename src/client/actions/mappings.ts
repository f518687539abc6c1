/**
 * The mappings of an index as a root knows them, and requests checked against them: one shard alone may not have seen
 * a field yet, and would take it for unknown.
 */
import { sharedKey } from '../../cluster/view.ts';
import { CoppiceError } from '../../errors.ts';
import type { Mappings } from '../../search/mapping.ts';
import { compileQuery } from '../../search/request/compile-query.ts';
import type { SearchRequest } from '../../search/request/search-request.ts';
import { checkSort } from '../../search/request/sort.ts';
import type { SearchShared } from '../../search/state.ts';
import { type GroupRecord, parseRecord, SharedRecord } from '../../wire/records.ts';
import type { Root } from './action.ts';

/**
 * Checks a query and a sort against the mappings of the whole index.
 *
 * @throws CoppiceError `BAD_REQUEST` for a value of the wrong type or a field that cannot be sorted by.
 */
export async function checkAgainstMappings(
  root: Root,
  group: GroupRecord,
  request: Pick<SearchRequest, 'query' | 'sort'>,
): Promise<void> {
  const known = root.context.view.shared(group);
  if (known !== undefined && passes(request, (known.value as SearchShared).mappings)) return;
  // The view may lag behind a field added a moment ago: the registry has the last word.
  check(request, await readMappings(root, group));
}

/** The mappings that the registry holds. Throws `GROUP_NOT_FOUND` if the index was deleted meanwhile. */
export async function readMappings({ context }: Root, group: GroupRecord): Promise<Mappings> {
  const entry = await context.registry.get(sharedKey(group));
  if (entry === undefined) throw new CoppiceError('GROUP_NOT_FOUND', `\`${group.name}\` was deleted`);
  return (parseRecord(SharedRecord, entry.value, entry.key).document as SearchShared).mappings;
}

function check({ query, sort }: Pick<SearchRequest, 'query' | 'sort'>, mappings: Mappings): void {
  compileQuery(query, mappings);
  if (sort !== undefined) checkSort(sort, mappings);
}

function passes(request: Pick<SearchRequest, 'query' | 'sort'>, mappings: Mappings): boolean {
  try {
    check(request, mappings);
    return true;
  } catch (error) {
    if (error instanceof CoppiceError) return false;
    throw error;
  }
}
