/** The terms of a query: those that score, for statistics of the whole index, and those to highlight. */

import { analyze } from '../../analysis/analyze.ts';
import type { FieldStatistics, QueryStatistics } from '../../engine.ts';
import type { Query } from '../../query/query.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';

/** A term of a field. */
export type FieldTerm = { readonly field: string; readonly term: string };

/** Key of a term in `QueryStatistics.docFrequencies`. */
export function termKey(field: string, term: string): string {
  return `${field}\u0000${term}`;
}

/** Statistics of the fields and terms whose scores depend on them. Fields unknown here are left out. */
export function queryStatistics(query: Query, index: MemoryIndex): QueryStatistics {
  const fields = new Map<string, FieldStatistics>();
  const docFrequencies = new Map<string, number>();
  for (const { field, term } of termsOf(query, index, 'scoring')) {
    const inverted = index.inverted(field);
    if (inverted === undefined) continue;
    fields.set(field, inverted.statistics);
    docFrequencies.set(termKey(field, term), inverted.docFrequency(term));
  }
  return { fields: Object.fromEntries(fields), docFrequencies: Object.fromEntries(docFrequencies) };
}

/** Terms of text and keyword fields that a query looks for, but not those it excludes. */
export function highlightTerms(query: Query, index: MemoryIndex): Map<string, Set<string>> {
  const byField = new Map<string, Set<string>>();
  for (const { field, term } of termsOf(query, index, 'sought')) {
    if (index.inverted(field) === undefined) continue;
    const terms = byField.get(field) ?? new Set();
    byField.set(field, terms.add(term));
  }
  return byField;
}

/** `scoring`: terms that scores depend on; `sought`: also those in filters. Excluded ones are neither. */
function termsOf(query: Query, index: MemoryIndex, which: 'scoring' | 'sought'): FieldTerm[] {
  const inAll = (queries: readonly Query[]): FieldTerm[] => queries.flatMap((inner) => termsOf(inner, index, which));
  const isSought = which === 'sought';
  switch (query.kind) {
    case 'match':
      return matchTerms(query.field, query.text, index);
    case 'term':
      return [{ field: query.field, term: String(query.value) }];
    case 'terms':
      return isSought ? query.values.map((value) => ({ field: query.field, term: String(value) })) : [];
    case 'constantScore':
      return isSought ? inAll([query.filter]) : [];
    case 'disMax':
      return inAll(query.queries);
    case 'bool':
      return inAll([...(query.must ?? []), ...(query.should ?? []), ...(isSought ? (query.filter ?? []) : [])]);
    case 'matchAll':
    case 'matchNone':
    case 'range':
    case 'exists':
    default:
      return [];
  }
}

function matchTerms(field: string, text: string, index: MemoryIndex): FieldTerm[] {
  if (index.types.get(field) !== 'text') return [{ field, term: text }];
  return analyze(text).map(({ term }) => ({ field, term }));
}
