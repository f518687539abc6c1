/** A query in words, for profiles and explanations: as it is evaluated, in the notation of Lucene. */
import type { BoolNode, QueryNode } from './query-node.ts';

const MOST_TERMS = 8;

/** A query as one line. */
export function describeNode(node: QueryNode): string {
  switch (node.kind) {
    case 'all':
      return '*:*';
    case 'none':
      return 'nothing';
    case 'term':
      return `${node.term.field.name}:${node.term.term}`;
    case 'synonyms':
      return `Synonym(${list(node.terms.map(({ field, term }) => `${field.name}:${term}`))})`;
    case 'phrase': {
      const places = node.places.map(({ terms }) =>
        terms.length === 1 ? terms[0]!.term : `(${list(terms.map(({ term }) => term))})`,
      );
      return `${node.field.name}:"${places.join(' ')}"${node.slop > 0 ? `~${node.slop}` : ''}`;
    }
    case 'termSet':
      return `${node.field.name}:(terms)`;
    case 'numbers':
      return `${node.field}:{${list(Array.from(node.values, String))}}`;
    case 'range':
      return node.from === node.to ? `${node.field}:${node.from}` : `${node.field}:[${node.from} TO ${node.to}]`;
    case 'exists':
      return `${node.field}:*`;
    case 'ids':
      return `_id:{${list(node.ids)}}`;
    case 'constant':
      return `ConstantScore(${describeNode(node.child)})${node.score === 1 ? '' : `^${node.score}`}`;
    case 'filter':
      return describeNode(node.child);
    case 'bool':
      return describeBool(node);
    case 'disMax':
      return `(${node.children.map(describeNode).join(' | ')})~${node.tieBreaker}`;
    case 'boosting':
      return `boosting(${describeNode(node.positive)}, ${describeNode(node.negative)}, ${node.factor})`;
    case 'functionScore':
      return `function score (${describeNode(node.child)}, functions: ${node.functions.length})`;
  }
}

function describeBool({ must, should, filter, mustNot, minimum }: BoolNode): string {
  const clauses = [
    ...must.map((node) => `+${inner(node)}`),
    ...filter.map((node) => `#${inner(node)}`),
    ...should.map(inner),
    ...mustNot.map((node) => `-${inner(node)}`),
  ];
  return `${list(clauses, ' ')}${minimum > 1 ? `~${minimum}` : ''}`;
}

function inner(node: QueryNode): string {
  return node.kind === 'bool' ? `(${describeNode(node)})` : describeNode(node);
}

function list(words: readonly string[], separator = ' '): string {
  if (words.length <= MOST_TERMS) return words.join(separator);
  return `${words.slice(0, MOST_TERMS).join(separator)}${separator}… ${words.length - MOST_TERMS} more`;
}
