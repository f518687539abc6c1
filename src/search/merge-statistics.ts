/** Statistics of shards to those of the whole index: what makes a sharded ranking equal an unsharded one. */
import type { FieldStatistics, QueryStatistics } from '../engine/index.ts';

/** Adds up what shards told of one query. */
export function mergeStatistics(partials: readonly QueryStatistics[]): QueryStatistics {
  const fields = new Map<string, FieldStatistics>();
  const docFrequencies = new Map<string, number>();
  for (const partial of partials) {
    for (const [field, { docCount, totalTokens }] of Object.entries(partial.fields)) {
      const sum = fields.get(field);
      fields.set(field, {
        docCount: docCount + (sum?.docCount ?? 0),
        totalTokens: totalTokens + (sum?.totalTokens ?? 0),
      });
    }
    for (const [key, count] of Object.entries(partial.docFrequencies))
      docFrequencies.set(key, count + (docFrequencies.get(key) ?? 0));
  }
  return { fields: Object.fromEntries(fields), docFrequencies: Object.fromEntries(docFrequencies) };
}
