/** The terms of a query: those that score, for statistics of the whole index, and those to highlight. */
import type { FieldStatistics, QueryStatistics } from '../engine.ts';
import { analyze } from '../analysis/analyze.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';
import type { Query } from './query.ts';

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
  for (const { field, term } of scoringTerms(query, index)) {
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
  for (const { field, term } of soughtTerms(query, index)) {
    if (index.inverted(field) === undefined) continue;
    const terms = byField.get(field) ?? new Set();
    byField.set(field, terms.add(term));
  }
  return byField;
}

function scoringTerms(query: Query, index: MemoryIndex): FieldTerm[] {
  switch (query.kind) {
    case 'match':
    case 'term':
      return leafTerms(query, index);
    case 'disMax':
      return query.queries.flatMap((inner) => scoringTerms(inner, index));
    case 'bool':
      return [...(query.must ?? []), ...(query.should ?? [])].flatMap((inner) => scoringTerms(inner, index));
    default:
      return [];
  }
}

function soughtTerms(query: Query, index: MemoryIndex): FieldTerm[] {
  switch (query.kind) {
    case 'constantScore':
      return soughtTerms(query.filter, index);
    case 'disMax':
      return query.queries.flatMap((inner) => soughtTerms(inner, index));
    case 'bool':
      return [...(query.must ?? []), ...(query.should ?? []), ...(query.filter ?? [])].flatMap((inner) => soughtTerms(inner, index));
    default:
      return leafTerms(query, index);
  }
}

function leafTerms(query: Query, index: MemoryIndex): FieldTerm[] {
  switch (query.kind) {
    case 'match': {
      const terms = index.types.get(query.field) === 'text' ? analyze(query.text).map(({ term }) => term) : [query.text];
      return terms.map((term) => ({ field: query.field, term }));
    }
    case 'term':
      return [{ field: query.field, term: String(query.value) }];
    case 'terms':
      return query.values.map((value) => ({ field: query.field, term: String(value) }));
    default:
      return [];
  }
}
