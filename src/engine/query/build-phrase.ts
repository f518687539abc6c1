/** Builds phrases: terms by place, the last one perhaps a prefix. */
import { analyzePlaces, searchAnalyzer, type TextPlace } from './analyzed-text.ts';
import { anyOf } from './bool-node.ts';
import type { Boost, BuildContext } from './build-context.ts';
import { zeroTerms } from './build-match.ts';
import { DEFAULT_EXPANSIONS, prefixTerms } from './expand-terms.ts';
import type { Query } from './query.ts';
import { NONE, type PhrasePlace, type QueryNode } from './query-node.ts';
import type { SearchField, TermWeight } from './search-terms.ts';

type PhraseQuery = Extract<Query, { kind: 'phrase' }>;

/** `phrase` on a text field. */
export function buildPhrase(context: BuildContext, query: PhraseQuery, boost: Boost): QueryNode {
  const field = context.searchField(query.field);
  const places = phrasePlaces(context, query);
  const first = places[0];
  if (first === undefined) return zeroTerms(query.zeroTerms, boost);
  if (places.length === 1) {
    if (query.lastIsPrefix !== true) return context.synonyms(field, first.terms, boost);
    const nodes = first.terms.map((term) => context.term(field, term, boost));
    return anyOf(nodes, boost !== undefined);
  }
  const found = places.map(({ place, terms }): PhrasePlace => {
    context.limits.addClauses(terms.length);
    return { place: place - first.place, terms: terms.flatMap((term) => context.terms.term(field, term) ?? []) };
  });
  if (found.some(({ terms }) => terms.length === 0)) return NONE;
  const weight = boost === undefined ? undefined : phraseWeight(context, field, { places, boost });
  return { kind: 'phrase', field, places: found, slop: query.slop ?? 0, weight };
}

/** The terms of a phrase by place, with a prefix at the end expanded. */
export function phrasePlaces(context: BuildContext, query: PhraseQuery): readonly TextPlace[] {
  const field = context.searchField(query.field);
  const places = analyzePlaces(searchAnalyzer(context.view, field.options, query.analyzer), query.text);
  const last = places.at(-1);
  if (query.lastIsPrefix !== true || last === undefined) return places;
  const limit = query.maxExpansions ?? DEFAULT_EXPANSIONS;
  context.limits.checkExpansions(limit, `the prefix of phrase \`${query.text}\``);
  const expanded = last.terms.flatMap((term) => prefixTerms(context.terms, field, term, limit));
  return [...places.slice(0, -1), { place: last.place, terms: [...new Set(expanded)] }];
}

/** As Lucene weighs phrases: by the sum of the inverse document frequencies of all terms that occur. */
function phraseWeight(
  context: BuildContext,
  field: SearchField,
  { places, boost }: { readonly places: readonly TextPlace[]; readonly boost: number },
): TermWeight {
  let idf = 0;
  for (const term of places.flatMap(({ terms }) => terms)) {
    const docFrequency = frequencyOf(context, field, term);
    if (docFrequency > 0) idf += context.terms.idf(field, docFrequency);
  }
  return context.terms.phraseWeight(field, boost, Math.fround(idf));
}

function frequencyOf(context: BuildContext, field: SearchField, term: string): number {
  const found = context.terms.term(field, term);
  if (found !== undefined) return context.terms.docFrequency(found);
  return context.terms.givenFrequency(field, term) ?? 0;
}
