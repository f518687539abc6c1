/** Fields of queries of several fields: names, and patterns with what they stand for. */
import { leavesOf, type Mappings } from '../mapping.ts';
import { hasWildcard, matchesWildcard } from '../wildcard.ts';
import type { WeightedField } from './query-node.ts';

/** A field that was named, or that a pattern stands for. */
export type ExpandedField = { readonly field: string; readonly boost: number | undefined; readonly lenient: boolean };

/** Fields in the order given, each once; one named by a pattern only, or by no list at all, is lenient. */
export function expandFields(fields: readonly WeightedField[], mappings: Mappings): readonly ExpandedField[] {
  const wanted: readonly WeightedField[] = fields.length === 0 ? [{ pattern: '*' }] : fields;
  const expanded = new Map<string, ExpandedField>();
  for (const { pattern, boost } of wanted) {
    const isPattern = hasWildcard(pattern);
    for (const field of isPattern ? wildcardFields(pattern, mappings) : [pattern]) {
      const known = expanded.get(field);
      const factor = boost === undefined && known?.boost === undefined ? undefined : (boost ?? 1) * (known?.boost ?? 1);
      expanded.set(field, { field, boost: factor, lenient: isPattern && known?.lenient !== false });
    }
  }
  return [...expanded.values()];
}

/** Sorted by name, so that shards that learned the fields in another order add up scores alike. */
function wildcardFields(pattern: string, mappings: Mappings): readonly string[] {
  return leavesOf(mappings)
    .map(([path]) => path)
    .filter((path) => matchesWildcard(pattern, path))
    .toSorted();
}
