/** What patterns stand for where scores or places need the terms themselves: chosen over all parts together. */
import type { Automaton } from '../automata/automaton.ts';
import { DEAD } from '../automata/automaton.ts';
import { CloseWord, FAR } from '../automata/close-word.ts';
import { codePoints } from '../automata/edit-distance.ts';
import { type LevenshteinOptions, levenshteinAutomaton } from '../automata/levenshtein-automaton.ts';
import { prefixAutomaton } from '../automata/prefix-automaton.ts';
import { compareStrings } from '../collect/compare-strings.ts';
import type { InvertedField } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import { termBytes } from '../part/term-bytes.ts';
import type { SignatureScan } from '../part/term-signature.ts';
import type { Fuzziness, FuzzyOptions } from './query.ts';
import { type SearchField, type SearchTerms, termKey } from './search-terms.ts';
import { prefixRun, spanOf, type TermRun } from './term-span.ts';

/** A term that a fuzzy one stands for, and its share of the boost. */
export type FuzzyTerm = { readonly term: string; readonly boost: number };

/** Most terms that a fuzzy term or the prefix of a phrase stands for by default. */
export const DEFAULT_EXPANSIONS = 50;

/** The greatest distance that a fuzziness allows for a term. */
export function allowedDistance(term: string, fuzziness: Fuzziness): 0 | 1 | 2 {
  if (typeof fuzziness === 'number') return fuzziness;
  const length = codePoints(term).length;
  if (length < fuzziness.low) return 0;
  return length < fuzziness.high ? 1 : 2;
}

/** The automaton of a fuzzy term. */
export function fuzzyAutomaton(term: string, options: FuzzyOptions): Automaton {
  return levenshteinAutomaton(term, closeness(term, options));
}

/**
 * The terms that a fuzzy one stands for: those of the highest boost, then by their bytes. As Lucene's `FuzzyTermsEnum`
 * has it, the boost is 1 less the distance's share in the shorter of both terms.
 */
export function fuzzyTerms(terms: SearchTerms, field: SearchField, value: string, options: FuzzyOptions): FuzzyTerm[] {
  const word = new CloseWord(value, closeness(value, options));
  const found: FuzzyTerm[] = [];
  for (const [term, edits] of closeTerms(terms, field, word)) {
    const shorter = Math.min(word.length, codePoints(term).length);
    const boost = edits === 0 ? 1 : Math.max(0, Math.fround(1 - Math.fround(edits / shorter)));
    found.push({ term, boost });
  }
  found.sort((a, b) => b.boost - a.boost || compareStrings(a.term, b.term));
  const chosen = found.slice(0, options.maxExpansions ?? DEFAULT_EXPANSIONS);
  terms.noteChosen(
    field,
    chosen.map(({ term }) => term),
  );
  return chosen;
}

/** The first terms that begin with a prefix, by their bytes. */
export function prefixTerms(terms: SearchTerms, field: SearchField, prefix: string, limit: number): string[] {
  const found = acceptedTerms(terms, field, prefixAutomaton(prefix), { run: prefixRun(prefix), limit });
  const chosen = found.toSorted(compareStrings).slice(0, limit);
  terms.noteChosen(field, chosen);
  return chosen;
}

function closeness(term: string, options: FuzzyOptions): LevenshteinOptions {
  return {
    distance: allowedDistance(term, options.fuzziness),
    prefixLength: options.prefixLength ?? 0,
    transpositions: options.transpositions ?? true,
  };
}

/** Live terms that are close to a word, and the edits between them; for where they come from see `acceptedTerms`. */
function closeTerms(terms: SearchTerms, field: SearchField, word: CloseWord): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const term of givenTerms(terms, field)) {
    const bytes = termBytes(term);
    const edits = word.editsTo(bytes, 0, bytes.length);
    if (edits !== FAR) found.set(term, edits);
  }
  if (found.size > 0) return found;
  for (const [index, inverted] of field.inverted.entries()) {
    const visit = (number: number, edits: number): void => {
      if (inverted !== undefined && inverted.liveDocFrequency(number) > 0) found.set(inverted.term(number), edits);
    };
    inverted?.close(word, visit, kernelScan(terms.view, index));
  }
  return found;
}

/** Lets the kernel look through the signatures of a part, if it can. */
function kernelScan({ kernel, parts }: ShardView, index: number): SignatureScan | undefined {
  const memory = parts[index]?.kernelPart?.region.memory;
  return kernel === undefined || memory === undefined ? undefined : (range) => kernel.alike(memory, range);
}

/** The first terms of a run are enough. */
type FirstOfRun = { readonly run: TermRun; readonly limit: number };

/**
 * Live terms that an automaton accepts: of all parts, or where the whole index's statistics are given those among them,
 * so that all its shards choose alike.
 */
function acceptedTerms(terms: SearchTerms, field: SearchField, automaton: Automaton, first?: FirstOfRun): string[] {
  const found = new Set<string>();
  for (const term of givenTerms(terms, field)) if (isAccepted(automaton, term)) found.add(term);
  if (found.size > 0) return [...found];
  for (const inverted of field.inverted) {
    if (inverted === undefined) continue;
    if (first !== undefined && inverted.isSorted) addFirst(inverted, first, found);
    else {
      inverted.accepted(automaton, (number) => {
        if (inverted.liveDocFrequency(number) > 0) found.add(inverted.term(number));
        return true;
      });
    }
  }
  return [...found];
}

function addFirst(inverted: InvertedField, { run, limit }: FirstOfRun, found: Set<string>): void {
  const { from, to } = spanOf(inverted, run);
  let count = 0;
  for (let number = from; number < to && count < limit; number++) {
    if (inverted.liveDocFrequency(number) === 0) continue;
    found.add(inverted.term(number));
    count++;
  }
}

/** The terms of a field that some document of the whole index has, as far as its statistics are given. */
function givenTerms({ given }: SearchTerms, field: SearchField): string[] {
  const keyStart = termKey(field.name, '');
  const found: string[] = [];
  for (const key in given?.docFrequencies)
    if (key.startsWith(keyStart) && given.docFrequencies[key] !== 0) found.push(key.slice(keyStart.length));
  return found;
}

function isAccepted(automaton: Automaton, term: string): boolean {
  let state = automaton.start;
  for (const byte of termBytes(term)) {
    state = automaton.step(state, byte);
    if (state === DEAD) return false;
  }
  return automaton.accepts(state);
}
