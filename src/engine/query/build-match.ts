/** Builds `match`, `fuzzy` and cross-field queries: texts become terms, and terms a boolean combination. */

import type { Analyzer } from '../analysis/analyzer.ts';
import { prefixAutomaton } from '../automata/prefix-automaton.ts';
import { tooLong } from '../check/check-query.ts';
import { MAX_TERM_BYTES } from '../part/term-bytes.ts';
import { analyzePlaces, searchAnalyzer, type TextPlace } from './analyzed-text.ts';
import { boolNode } from './bool-node.ts';
import type { Boost, BuildContext } from './build-context.ts';
import { DEFAULT_EXPANSIONS, fuzzyTerms } from './expand-terms.ts';
import { minimumShouldMatch } from './minimum-should-match.ts';
import type { FuzzyOptions, MinimumShouldMatch, Query } from './query.ts';
import { ALL, constantNode, NONE, type QueryNode } from './query-node.ts';
import { type SearchField, type SearchTerm, termKey } from './search-terms.ts';
import { prefixRun } from './term-span.ts';

type MatchQuery = Extract<Query, { kind: 'match' }>;
type CrossFieldsQuery = Extract<Query, { kind: 'crossFields' }>;

/** How the clauses of a text join. */
type Joining = {
  readonly operator?: 'or' | 'and' | undefined;
  readonly minimumShouldMatch?: MinimumShouldMatch | undefined;
};

/** `match` on a text field. */
export function buildMatch(context: BuildContext, query: MatchQuery, boost: Boost): QueryNode {
  const field = context.searchField(query.field);
  const analyzer = searchAnalyzer(context.view, field.options, query.analyzer);
  const places = analyzePlaces(analyzer, query.text);
  if (places.length === 0) return zeroTerms(query.zeroTerms, boost);
  const nodes = places.map(({ terms }, i) => {
    if (query.lastIsPrefix === true && i === places.length - 1) return anyPrefix(context, field, terms, boost);
    return placeNode(context, field, terms, { fuzzy: query.fuzzy, boost });
  });
  return joined(nodes, query, boost);
}

/** Documents with a term close to `value`; scored as Lucene's `TopTermsBlendedFreqScoringRewrite` has it. */
export function buildFuzzy(
  context: BuildContext,
  field: SearchField,
  { value, fuzzy, boost }: { readonly value: string; readonly fuzzy: FuzzyOptions; readonly boost: Boost },
): QueryNode {
  if (value.length > MAX_TERM_BYTES) throw tooLong(value);
  context.limits.checkExpansions(fuzzy.maxExpansions ?? DEFAULT_EXPANSIONS, `fuzzy \`${value}\``);
  context.limits.addClauses(1);
  const chosen = fuzzyTerms(context.terms, field, value, fuzzy);
  context.limits.addClauses(Math.max(0, chosen.length - 1));
  if (boost === undefined)
    return context.anyTerm(
      field,
      chosen.map(({ term }) => term),
    );
  const found = chosen.flatMap(({ term, boost: share }) => {
    const looked = context.terms.term(field, term);
    return looked === undefined ? [] : [{ term: looked, share }];
  });
  const docFrequencies = chosenFrequencies(context, field, chosen, found);
  const docFrequency = Math.max(0, ...docFrequencies);
  const nodes = found.map(({ term, share }) => context.foundTerm(term, Math.fround(boost * share), docFrequency));
  return boolNode({ should: nodes, minimum: 1 }, true);
}

/** The words of a text spread over several fields: fields of one analyzer share the words, the groups compete. */
export function buildCrossFields(context: BuildContext, query: CrossFieldsQuery, boost: Boost): QueryNode {
  const groups = new Map<Analyzer | undefined, BoostedSearchField[]>();
  const unmet: BoostedSearchField[] = [];
  for (const { field: name, boost: fieldBoost = 1 } of query.fields) {
    const field = context.terms.field(name);
    if (field === undefined) {
      unmet.push({ name, field, boost: fieldBoost });
      continue;
    }
    const analyzer =
      field.options.type === 'text' ? searchAnalyzer(context.view, field.options, query.analyzer) : undefined;
    const group = groups.get(analyzer) ?? [];
    groups.set(analyzer, group);
    group.push({ name, field, boost: fieldBoost });
  }
  // How fields are analysed that this shard has not met is not known: as the first other one is taken to be likeliest.
  const first = [...groups].find(([analyzer]) => analyzer !== undefined);
  if (first !== undefined) first[1].push(...unmet);
  const nodes = [...groups].map(([analyzer, fields]) => crossFieldsGroup(context, query, { analyzer, fields, boost }));
  return disMaxNode(nodes, query.tieBreaker ?? 0, boost);
}

/** The best of several nodes, with a share of the others; any of them without scores. */
export function disMaxNode(nodes: readonly QueryNode[], tieBreaker: number, boost: Boost): QueryNode {
  if (boost === undefined) return boolNode({ should: nodes, minimum: 1 }, false);
  const children = nodes.filter(({ kind }) => kind !== 'none');
  if (children.length < 2) return children[0] ?? NONE;
  return { kind: 'disMax', children, tieBreaker };
}

/** What a text without any token matches. */
export function zeroTerms(matches: 'none' | 'all' | undefined, boost: Boost): QueryNode {
  return matches === 'all' ? constantNode(ALL, boost) : NONE;
}

type CrossFieldsGroup = {
  /** Undefined for keywords, whose text is one term. */
  readonly analyzer: Analyzer | undefined;
  readonly fields: readonly BoostedSearchField[];
  readonly boost: Boost;
};
/** A field that this shard has not met has no `field`; its words still count in the statistics of the whole index. */
type BoostedSearchField = { readonly name: string; readonly field: SearchField | undefined; readonly boost: number };

function crossFieldsGroup(
  context: BuildContext,
  query: CrossFieldsQuery,
  { analyzer, fields, boost }: CrossFieldsGroup,
): QueryNode {
  const places: readonly TextPlace[] =
    analyzer === undefined ? [{ place: 0, terms: [query.text] }] : analyzePlaces(analyzer, query.text);
  if (places.length === 0) return zeroTerms(query.zeroTerms, boost);
  const nodes = places.map(({ terms }) => {
    const alternatives = terms.map((term) => blendedTerm(context, term, { fields, boost, query }));
    return boolNode({ should: alternatives, minimum: 1 }, boost !== undefined);
  });
  return joined(nodes, query, boost);
}

/**
 * A word in whichever of several fields, as if its frequency were the same in all: the greatest, and one more for each
 * field where it is rarer, as Elasticsearch's `BlendedTermQuery` has it.
 */
function blendedTerm(
  context: BuildContext,
  word: string,
  {
    fields,
    boost,
    query,
  }: { readonly fields: CrossFieldsGroup['fields']; readonly boost: Boost; readonly query: CrossFieldsQuery },
): QueryNode {
  context.limits.addClauses(fields.length);
  const found = fields.flatMap((field) => foundWord(context, field, word));
  const blended = boost === undefined ? [] : blend(found);
  const nodes = found.flatMap(({ term, fieldBoost }, i) => {
    if (term === undefined) return [];
    return boost === undefined
      ? [context.foundTerm(term, undefined)]
      : [context.foundTerm(term, Math.fround(boost * fieldBoost), blended[i])];
  });
  if (boost === undefined) return boolNode({ should: nodes, minimum: 1 }, false);
  return disMaxNode(nodes, query.tieBreaker ?? 0, boost);
}

/** A word of one field; without a term where only other shards have it. */
type FoundWord = {
  readonly term: SearchTerm | undefined;
  readonly fieldBoost: number;
  readonly docFrequency: number;
  readonly totalTokens: number;
};

/** Looks a word up; nothing if no live document of the index has it. */
function foundWord({ terms }: BuildContext, { name, field, boost }: BoostedSearchField, word: string): FoundWord[] {
  const term = field === undefined ? undefined : terms.term(field, word);
  const given = terms.given?.docFrequencies[termKey(name, word)] ?? 0;
  const docFrequency = term === undefined ? given : terms.docFrequency(term);
  if (docFrequency === 0) return [];
  const statistics = field?.statistics ?? terms.givenStatistics(name);
  return [{ term, fieldBoost: boost, docFrequency, totalTokens: statistics?.totalTokens ?? 0 }];
}

/** Blended frequencies, one for each word found. */
function blend(found: readonly FoundWord[]): number[] {
  const blended: number[] = found.map(() => 0);
  const most = Math.min(...found.map(({ totalTokens }) => totalTokens));
  const order = [...found.keys()].sort((a, b) => found[b]!.docFrequency - found[a]!.docFrequency);
  let actual = 0;
  let before = 0;
  for (const [rank, i] of order.entries()) {
    const { docFrequency } = found[i]!;
    if (rank === 0) actual = docFrequency;
    else if (docFrequency < before) actual++;
    before = docFrequency;
    blended[i] = Math.min(most, actual);
  }
  return blended;
}

/** Document frequencies of the terms a fuzzy one stands for; those that only other shards have included. */
function chosenFrequencies(
  context: BuildContext,
  field: SearchField,
  chosen: readonly { readonly term: string }[],
  found: readonly { readonly term: SearchTerm }[],
): number[] {
  const local = found.map(({ term }) => context.terms.docFrequency(term));
  const given = chosen.map(({ term }) => context.terms.givenFrequency(field, term) ?? 0);
  return [...local, ...given];
}

function placeNode(
  context: BuildContext,
  field: SearchField,
  terms: readonly string[],
  { fuzzy, boost }: { readonly fuzzy: FuzzyOptions | undefined; readonly boost: Boost },
): QueryNode {
  if (fuzzy === undefined) return context.synonyms(field, terms, boost);
  const nodes = terms.map((value) => buildFuzzy(context, field, { value, fuzzy, boost }));
  return boolNode({ should: nodes, minimum: 1 }, boost !== undefined);
}

function anyPrefix(context: BuildContext, field: SearchField, terms: readonly string[], boost: Boost): QueryNode {
  const nodes = terms.map((term) =>
    constantNode(context.accepted(field, prefixAutomaton(term), prefixRun(term)), boost),
  );
  return boolNode({ should: nodes, minimum: 1 }, boost !== undefined);
}

/** Joins one node per place. A single one stands for itself, whatever number is to match. */
function joined(
  nodes: readonly QueryNode[],
  { operator, minimumShouldMatch: wanted }: Joining,
  boost: Boost,
): QueryNode {
  if (nodes.length === 1) return nodes[0]!;
  if (operator === 'and') return boolNode({ must: nodes, minimum: 0 }, boost !== undefined);
  const minimum = wanted === undefined ? 1 : Math.max(1, minimumShouldMatch(nodes.length, wanted));
  return boolNode({ should: nodes, minimum }, boost !== undefined);
}
