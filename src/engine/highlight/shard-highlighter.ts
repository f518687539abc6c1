/** Highlights the hits of one shard: knows how each field was analysed, and where offsets are kept. */
import type { Analyzer } from '../analysis/analyzer.ts';
import { checkHighlight } from '../check/check-highlight.ts';
import type { EngineHighlighter, FieldOptions } from '../engine.ts';
import type { ShardView } from '../part/shard-view.ts';
import type { Query } from '../query/query.ts';
import { phrasesOfQuery } from '../query/sought-terms.ts';
import type { HighlightedField, HighlightOptions } from './highlight-options.ts';
import { Highlighter } from './highlighter.ts';
import type { DocumentPlace } from './posting-occurrences.ts';

/** Highlights what one query looks for. Valid until the next write. */
export class ShardHighlighter implements EngineHighlighter {
  readonly #view: ShardView;
  readonly #highlighter: Highlighter;

  constructor(view: ShardView, query: Query) {
    this.#view = view;
    this.#highlighter = new Highlighter(phrasesOfQuery(view, query));
  }

  /** The passages of a field of one hit; none if nothing is found there, or the field is neither text nor keyword. */
  highlight(target: HighlightedField, options: HighlightOptions): readonly string[] {
    checkHighlight(target, options);
    const { field, id, texts } = target;
    const indexed = this.#view.fields.get(field);
    const analyzer = indexed === undefined ? undefined : this.#analyzerOf(indexed);
    if (indexed === undefined || analyzer === undefined) return [];
    const place = indexed.offsets === true ? this.#placeOf(id) : undefined;
    return this.#highlighter.highlight({ field, texts, analyzer, ...(place === undefined ? {} : { place }) }, options);
  }

  #analyzerOf({ type, analyzer = 'standard' }: FieldOptions): Analyzer | undefined {
    if (type === 'text') return this.#view.analyzers.get(analyzer);
    return type === 'keyword' ? this.#view.analyzers.get('keyword') : undefined;
  }

  #placeOf(id: string): DocumentPlace | undefined {
    for (const part of this.#view.parts) {
      const ordinal = part.documents.find(id);
      if (ordinal >= 0) return { part, ordinal };
    }
    return undefined;
  }
}
