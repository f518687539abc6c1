/** Texts of queries as terms by place. */
import type { Analyzer } from '../analysis/analyzer.ts';
import type { FieldOptions } from '../engine.ts';
import type { ShardView } from '../part/shard-view.ts';

/** One place of a text: counted from 0, holes of dropped words included, and the terms that stand there. */
export type TextPlace = { readonly place: number; readonly terms: readonly string[] };

/** The analyzer of queries of a text field; `name` overrides the field's own. */
export function searchAnalyzer({ analyzers }: ShardView, options: FieldOptions, name: string | undefined): Analyzer {
  return analyzers.get(name ?? options.searchAnalyzer ?? options.analyzer ?? 'standard');
}

/** The places of a text; each term once in a place. */
export function analyzePlaces(analyzer: Analyzer, text: string): readonly TextPlace[] {
  const places: { place: number; terms: string[] }[] = [];
  analyzer.analyze(text, (term, position) => {
    const last = places.at(-1);
    if (last?.place !== position) places.push({ place: position, terms: [term] });
    else if (!last.terms.includes(term)) last.terms.push(term);
  });
  return places;
}
