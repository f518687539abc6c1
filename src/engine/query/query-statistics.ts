/** What one shard knows of the terms of a query, for scores under the statistics of the whole index. */
import type { FieldStatistics, QueryStatistics } from '../engine.ts';
import type { ShardView } from '../part/shard-view.ts';
import { buildQuery } from './build-query.ts';
import type { Query } from './query.ts';
import { QueryLimits } from './query-limits.ts';
import { localDocFrequency, localFieldStatistics, SearchTerms, termKey } from './search-terms.ts';

/** What a shard adds to the whole index's statistics for a query: all terms that it looked up, live documents only. */
export function statisticsOfParts(view: ShardView, query: Query): QueryStatistics {
  const terms = new SearchTerms(view, undefined, { collects: true });
  buildQuery(query, { terms, limits: new QueryLimits(), isScoring: true });
  const fields = new Map<string, FieldStatistics>();
  const docFrequencies = new Map<string, number>();
  for (const field of terms.usedFields) fields.set(field.name, localFieldStatistics(field.inverted));
  for (const term of terms.usedTerms) docFrequencies.set(termKey(term.field.name, term.term), localDocFrequency(term));
  // A field may be called `__proto__`.
  return { fields: Object.fromEntries(fields), docFrequencies: Object.fromEntries(docFrequencies) };
}
