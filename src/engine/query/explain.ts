/** How a score came about: the query's nodes with their numbers, in the words of Lucene. */
import type { EngineSearch, Explanation } from '../engine.ts';
import { WINDOW } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import { decodeLength } from '../score/norms.ts';
import { functionOn } from '../score/score-functions.ts';
import { buildQuery } from './build-query.ts';
import { describeNode } from './describe-node.ts';
import { PartMatchers } from './part-matchers.ts';
import { QueryLimits } from './query-limits.ts';
import type { BoolNode, FunctionScoreNode, QueryNode } from './query-node.ts';
import { type SearchField, type SearchTerm, SearchTerms, type TermWeight } from './search-terms.ts';
import { isSet } from './window.ts';
import { WindowBuffers } from './window-buffers.ts';

/** A document: index of its part in the view, and its ordinal there. */
export type DocumentPlace = { readonly part: number; readonly ordinal: number };

type NodeOf<K extends QueryNode['kind']> = Extract<QueryNode, { kind: K }>;

/** Explains how a live document scores; `value` 0 and "no match" if it does not match. */
export function explainDocument(
  view: ShardView,
  place: DocumentPlace,
  { query, statistics }: Pick<EngineSearch, 'query' | 'statistics'>,
): Explanation {
  const terms = new SearchTerms(view, statistics);
  const node = buildQuery(query, { terms, limits: new QueryLimits(), isScoring: true });
  return new Explainer(terms, place).explain(node) ?? NO_MATCH;
}

const NO_MATCH: Explanation = { value: 0, description: 'no match', details: [] };

class Explainer {
  readonly #terms: SearchTerms;
  readonly #place: DocumentPlace;

  constructor(terms: SearchTerms, place: DocumentPlace) {
    this.#terms = terms;
    this.#place = place;
  }

  /** Undefined if the document does not match. */
  explain(node: QueryNode): Explanation | undefined {
    const score = this.#score(node);
    if (score === undefined) return undefined;
    switch (node.kind) {
      case 'term':
      case 'synonyms':
      case 'phrase':
        return node.weight === undefined ? this.#plain(node, 0) : this.#bm25(node, node.weight, score);
      case 'constant':
        return this.#plain(node, score);
      case 'bool':
        return this.#bool(node, score);
      case 'disMax': {
        const share = node.tieBreaker === 0 ? 'max of:' : `max plus ${node.tieBreaker} times others of:`;
        return explanation(score, share, this.#all(node.children));
      }
      case 'boosting':
        return this.#boosting(node, score);
      case 'functionScore':
        return this.#functionScore(node, score);
      case 'all':
      case 'none':
      case 'termSet':
      case 'numbers':
      case 'range':
      case 'exists':
      case 'ids':
      case 'filter':
        return this.#plain(node, score);
    }
  }

  /** The score of the document, 0 where the node has none; undefined if it does not match. */
  #score(node: QueryNode): number | undefined {
    const { part: index, ordinal } = this.#place;
    const part = this.#terms.view.parts[index]!;
    const matcher = new PartMatchers(part, index, { buffers: new WindowBuffers() }).make(node);
    const base = ordinal - (ordinal % WINDOW);
    if (matcher.seek(base) >= base + WINDOW) return undefined;
    matcher.fill(base);
    if (!isSet(matcher.bits, ordinal - base)) return undefined;
    return matcher.scores.length === 0 ? 0 : matcher.scores[ordinal - base]!;
  }

  #all(nodes: readonly QueryNode[]): Explanation[] {
    return nodes.flatMap((node) => this.explain(node) ?? []);
  }

  #plain(node: QueryNode, score: number): Explanation {
    return explanation(score, describeNode(node));
  }

  #bool({ must, should, filter }: BoolNode, score: number): Explanation {
    const filters = this.#all(filter).map(({ description }) =>
      explanation(0, `match on required clause, product of: # clause 0, ${description}`),
    );
    return explanation(score, 'sum of:', [...this.#all(must), ...this.#all(should), ...filters]);
  }

  #boosting({ positive, negative, factor }: NodeOf<'boosting'>, score: number): Explanation {
    const own = this.#all([positive]);
    if (this.#score(negative) === undefined) return explanation(score, 'boosting, negative does not match:', own);
    return explanation(score, 'product of:', [
      ...own,
      explanation(factor, `negative boost of ${describeNode(negative)}`),
    ]);
  }

  #functionScore(node: FunctionScoreNode, score: number): Explanation {
    const { child, functions, scoreMode, boostMode, maxBoost } = node;
    const part = this.#terms.view.parts[this.#place.part]!;
    const holding = functions.filter(({ filter }) => filter === undefined || this.#score(filter) !== undefined);
    const values = holding.map(({ filter, function: scoreFunction }) => {
      const value = functionOn(scoreFunction, part)(this.#place.ordinal);
      const where = filter === undefined ? '' : `, match filter: ${describeNode(filter)}`;
      return explanation(value, `function ${scoreFunction.kind}${where}`);
    });
    const factor = explanation(maxBoost, `functions, score mode ${scoreMode}, up to the value:`, values);
    return explanation(score, `function score, boost mode ${boostMode}, of:`, [...this.#all([child]), factor]);
  }

  #bm25(node: NodeOf<'term'> | NodeOf<'synonyms'> | NodeOf<'phrase'>, weight: TermWeight, score: number): Explanation {
    const field = node.kind === 'term' ? node.term.field : node.kind === 'phrase' ? node.field : node.terms[0]!.field;
    const frequency = this.#frequency(node, field, { weight, score });
    const details = [this.#idf(node, weight), this.#tf(field, frequency)];
    if (weight.boost !== 1) details.unshift(explanation(weight.boost, 'boost'));
    const inner = explanation(score, `score(freq=${frequency}), computed as boost * idf * tf from:`, details);
    const where = `weight(${describeNode(node)} in ${this.#place.ordinal}) [BM25Similarity], result of:`;
    return explanation(score, where, [inner]);
  }

  /** Frequencies of terms are read, those of phrases worked out from the score. */
  #frequency(
    node: NodeOf<'term'> | NodeOf<'synonyms'> | NodeOf<'phrase'>,
    field: SearchField,
    { weight, score }: { readonly weight: TermWeight; readonly score: number },
  ): number {
    if (node.kind === 'term') return this.#termFrequency(node.term);
    if (node.kind === 'synonyms') return node.terms.reduce((sum, term) => sum + this.#termFrequency(term), 0);
    const norms = field.inverted[this.#place.part]?.norms;
    const factor = weight.factors[norms === undefined ? 1 : norms[this.#place.ordinal]!]!;
    return Number((score / (weight.weight - score) / factor).toPrecision(6));
  }

  #termFrequency({ field, numbers }: SearchTerm): number {
    const { part, ordinal } = this.#place;
    const number = numbers[part]!;
    if (number < 0) return 0;
    const postings = field.inverted[part]!.postings(number);
    if (postings.seek(ordinal) !== ordinal) return 0;
    const frequencies = new Uint32Array(WINDOW);
    postings.read(ordinal + 1, new Uint32Array(WINDOW), frequencies);
    return frequencies[0]!;
  }

  #idf(node: NodeOf<'term'> | NodeOf<'synonyms'> | NodeOf<'phrase'>, weight: TermWeight): Explanation {
    if (node.kind === 'term') return this.#idfOf(node.term.field, weight.docFrequency);
    if (node.kind === 'synonyms') return this.#idfOf(node.terms[0]!.field, weight.docFrequency);
    const terms = node.places.flatMap((place) => place.terms);
    const details = terms.map((term) => this.#idfOf(term.field, this.#terms.docFrequency(term)));
    return explanation(weight.idf, 'idf, sum of:', details);
  }

  #idfOf(field: SearchField, docFrequency: number): Explanation {
    const description = 'idf, computed as log(1 + (N - n + 0.5) / (n + 0.5)) from:';
    return explanation(this.#terms.idf(field, docFrequency), description, [
      explanation(docFrequency, 'n, number of documents containing term'),
      explanation(field.statistics.docCount, 'N, total number of documents with field'),
    ]);
  }

  #tf({ inverted, statistics }: SearchField, frequency: number): Explanation {
    const { k1, b } = this.#terms.view.parameters;
    const norms = inverted[this.#place.part]?.norms;
    const length = norms === undefined ? 1 : decodeLength(norms[this.#place.ordinal]!);
    const average = statistics.totalTokens / Math.max(1, statistics.docCount);
    const value = frequency / (frequency + k1 * (1 - b + (b * length) / average));
    return explanation(value, 'tf, computed as freq / (freq + k1 * (1 - b + b * dl / avgdl)) from:', [
      explanation(frequency, 'freq, occurrences of term within document'),
      explanation(k1, 'k1, term saturation parameter'),
      explanation(b, 'b, length normalization parameter'),
      explanation(length, 'dl, length of field (approximate)'),
      explanation(average, 'avgdl, average length of field'),
    ]);
  }
}

function explanation(value: number, description: string, details: readonly Explanation[] = []): Explanation {
  return { value, description, details };
}
