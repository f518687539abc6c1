/** `top_hits`: the best hits of each bucket. */
import type { Aggregation, TopHitsSort } from '../../../engine/aggregate/aggregation.ts';
import { ObjectReader } from '../../object-reader.ts';
import { compact, pathError } from '../../shape.ts';
import { parseSourceFilter } from '../../source-filter.ts';
import { bindSort, parseSort } from '../sort.ts';
import type { AggregationSite } from './aggregation-site.ts';

/** Most hits of one bucket. */
export const MAX_TOP_HITS = 100;

const DEFAULT_SIZE = 3;

/** `{"top_hits":{"size":1,"sort":[{"price":"asc"}],"_source":["title"]}}`. */
export function parseTopHits(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, {
    known: ['from', 'size', 'sort', '_source'],
    later: [
      'docvalue_fields',
      'explain',
      'fields',
      'highlight',
      'script_fields',
      'seq_no_primary_term',
      'stored_fields',
      'track_scores',
      'version',
    ],
  });
  const from = reader.integer('from', { min: 0 }) ?? 0;
  const size = reader.integer('size', { min: 0 }) ?? DEFAULT_SIZE;
  if (from + size > MAX_TOP_HITS)
    throw pathError(
      site.path,
      `from + size must be at most ${MAX_TOP_HITS}, got ${from + size}`,
      `from + size of at most ${MAX_TOP_HITS}`,
    );
  return compact({
    kind: 'topHits' as const,
    from,
    size,
    sort: readSort(reader, site),
    source: parseSourceFilter(reader.value('_source'), reader.at('_source')).enabled,
  });
}

/** A shard need not know every field that the index has: there, what it does not know is missing. */
function readSort(reader: ObjectReader, { binding }: AggregationSite): readonly TopHitsSort[] | undefined {
  const path = reader.at('sort');
  const sort = parseSort(reader.value('sort'), path);
  if (sort === undefined) return undefined;
  const bound = binding.isWhole === true ? bindSort(sort, binding) : sort;
  return bound.map(({ field, order, missing, mode }) => {
    if (mode !== undefined && mode !== (order === 'asc' ? 'min' : 'max'))
      throw pathError(path, `mode [${mode}] is not supported here by this version`, 'no mode');
    if (missing === undefined) return { field, order };
    if (missing === '_first') return { field, order, missing: '_first' };
    if (missing === '_last') return { field, order, missing: '_last' };
    throw pathError(
      path,
      'missing is [_first] or [_last] here, other values are not supported by this version',
      '_first or _last',
    );
  });
}
