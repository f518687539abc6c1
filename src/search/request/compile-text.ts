/** Queries for words and phrases, in one field or several. */
import type { BoostedField, Query } from '../../engine/query/query.ts';
import { leafAt } from '../mapping.ts';
import { compact } from '../shape.ts';
import { type Binding, leniently, NOTHING, onLeaf, unsupported } from './binding.ts';
import { compileTerm } from './compile-values.ts';
import { type ExpandedField, expandFields } from './expand-fields.ts';
import type { FieldNode, QueryNode } from './query-node.ts';

type NodeOf<Kind extends QueryNode['kind']> = Extract<QueryNode, { kind: Kind }>;

/** Compiles a query of one field. */
export type CompileField = (node: FieldNode, binding: Binding) => Query;

/** The words of a text; on a field that is no text, the exact value. */
export function compileMatch(node: NodeOf<'match'>, binding: Binding): Query {
  const { field, value, lenient } = node;
  if (field === '_id') return { kind: 'ids', ids: [String(value)] };
  return onLeaf(binding, field, (bound) => {
    if (bound.leaf.type === 'text') return words(node);
    return leniently(lenient, () => {
      const isKeyword = bound.leaf.type === 'keyword';
      if (node.lastIsPrefix === true && isKeyword) return { kind: 'prefix', field, value: String(value) };
      if (node.fuzzy === undefined) return compileTerm(bound, node, binding);
      if (!isKeyword) throw unsupported(bound, 'fuzzy');
      return { kind: 'fuzzy', field, value: String(value), ...node.fuzzy };
    });
  });
}

/** Words next to each other; on a field that is no text, the exact value. */
export function compilePhrase(node: NodeOf<'phrase'>, binding: Binding): Query {
  const { field, value, slop, lastIsPrefix, maxExpansions, analyzer, zeroTerms, lenient } = node;
  if (field === '_id') return { kind: 'ids', ids: [String(value)] };
  return onLeaf(binding, field, (bound) => {
    if (bound.leaf.type !== 'text')
      return leniently(lenient, () => {
        if (lastIsPrefix === true) throw unsupported(bound, 'phrase prefix');
        return compileTerm(bound, node, binding);
      });
    const text = String(value);
    return compact({
      kind: 'phrase' as const,
      field,
      text,
      slop,
      analyzer,
      zeroTerms,
      lastIsPrefix,
      maxExpansions,
    });
  });
}

/** A text in several fields. */
export function compileMultiMatch(node: NodeOf<'multiMatch'>, binding: Binding): Query {
  const fields = expandFields(node.fields, binding.mappings);
  if (node.type === 'cross_fields') return crossFields(node, fields, binding);
  const queries = fields.map(({ field, boost, lenient }) => {
    const ofField = { ...node, field, lenient: lenient || node.lenient === true };
    return boosted(inField(ofField, binding), boost);
  });
  const [only] = queries;
  if (only === undefined) return NOTHING;
  if (queries.length === 1) return only;
  const { tieBreaker, type } = node;
  const addsUp = (type === 'most_fields' || type === 'bool_prefix') && tieBreaker === undefined;
  return addsUp ? { kind: 'bool', should: queries } : compact({ kind: 'disMax' as const, queries, tieBreaker });
}

/** One query in several fields. */
export function compileAnyField(node: NodeOf<'anyField'>, binding: Binding, compile: CompileField): Query {
  const fields = expandFields(node.fields, binding.mappings);
  const queries = fields.map(({ field, boost, lenient }) => {
    const ofField: FieldNode = { ...node.query, field };
    return boosted(
      leniently(lenient || node.lenient === true, () => compile(ofField, binding)),
      boost,
    );
  });
  const [only] = queries;
  if (only === undefined) return NOTHING;
  return queries.length === 1 ? only : compact({ kind: 'disMax' as const, queries, tieBreaker: node.tieBreaker });
}

function words(node: NodeOf<'match'>): Query {
  const { field, operator, minimumShouldMatch, fuzzy, analyzer, zeroTerms, lastIsPrefix, maxExpansions } = node;
  return compact({
    kind: 'match' as const,
    field,
    text: String(node.value),
    operator,
    minimumShouldMatch,
    fuzzy,
    analyzer,
    zeroTerms,
    lastIsPrefix,
    maxExpansions,
  });
}

function inField(node: NodeOf<'multiMatch'> & { readonly field: string }, binding: Binding): Query {
  const { field, value, type, slop, maxExpansions, analyzer, zeroTerms, lenient } = node;
  if (type === 'phrase' || type === 'phrase_prefix') {
    const lastIsPrefix = type === 'phrase_prefix' ? true : undefined;
    const options = { slop, lastIsPrefix, maxExpansions, analyzer, zeroTerms, lenient };
    return compilePhrase(compact({ kind: 'phrase' as const, field, value, ...options }), binding);
  }
  const { operator, minimumShouldMatch, fuzzy } = node;
  const lastIsPrefix = type === 'bool_prefix' ? true : undefined;
  const options = { operator, minimumShouldMatch, fuzzy, maxExpansions, analyzer, zeroTerms, lenient, lastIsPrefix };
  return compileMatch(compact({ kind: 'match' as const, field, value, ...options }), binding);
}

/**
 * Fields of words as one; others stand beside them, each for itself. A field that this shard has not met is among the
 * first, since the statistics of the whole index count it.
 */
function crossFields(node: NodeOf<'multiMatch'>, fields: readonly ExpandedField[], binding: Binding): Query {
  const hasWords = ({ field }: ExpandedField): boolean => {
    const type = leafAt(binding.mappings, field)?.type;
    return type === undefined || type === 'text' || type === 'keyword';
  };
  const together = fields.filter(hasWords).map(({ field, boost }): BoostedField => compact({ field, boost }));
  const { operator, minimumShouldMatch, analyzer, tieBreaker, zeroTerms } = node;
  const options = { operator, minimumShouldMatch, analyzer, tieBreaker, zeroTerms };
  const text = String(node.value);
  const others = fields
    .filter((field) => !hasWords(field))
    .map(({ field, boost, lenient }) => {
      const ofField = { ...node, type: 'best_fields' as const, field, lenient: lenient || node.lenient === true };
      return boosted(inField(ofField, binding), boost);
    });
  const queries: readonly Query[] =
    together.length === 0
      ? others
      : [compact({ kind: 'crossFields' as const, fields: together, text, ...options }), ...others];
  const [only] = queries;
  if (only === undefined) return NOTHING;
  return queries.length === 1 ? only : compact({ kind: 'disMax' as const, queries, tieBreaker });
}

function boosted(query: Query, boost: number | undefined): Query {
  return boost === undefined ? query : { ...query, boost: (query.boost ?? 1) * boost };
}
