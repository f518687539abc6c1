/** What a query looks for in the texts of fields, for highlighting. Clauses that exclude are left out. */
import type { Automaton } from '../automata/automaton.ts';
import type { ShardView } from '../part/shard-view.ts';
import type { Query } from './query.ts';

/** Something that a query looks for in one field. */
export type SoughtTerms =
  | { readonly kind: 'term'; readonly term: string }
  /** Terms by place, holes of dropped words included in the places, which rise. */
  | {
      readonly kind: 'phrase';
      readonly places: readonly { readonly place: number; readonly terms: readonly string[] }[];
      readonly slop: number;
    }
  | { readonly kind: 'automaton'; readonly automaton: Automaton };

/** The analysed terms a query looks for, by field. */
export function termsOfQuery(_view: ShardView, _query: Query): ReadonlyMap<string, ReadonlySet<string>> {
  throw new Error('not yet');
}

/** What a query looks for, by field: terms, phrases and patterns. */
export function phrasesOfQuery(_view: ShardView, _query: Query): ReadonlyMap<string, readonly SoughtTerms[]> {
  throw new Error('not yet');
}
