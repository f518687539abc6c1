/** How texts are highlighted, and what is highlighted of a hit. */

/** How a field is highlighted. */
export type HighlightOptions = {
  readonly preTag: string;
  readonly postTag: string;
  /** `html` makes text safe to stand in a page; tags stay as they are. */
  readonly encoder: 'default' | 'html';
  /** Where passages begin and end, if they have room: at sentences, or at words around what was found. */
  readonly boundaries: 'sentence' | 'word';
  /** Length of a passage in UTF-16 units, about; it takes in what was found, however long. 0: whole sentences. */
  readonly size: number;
  /** Most passages over all values; 0 gives each value that has an occurrence whole. */
  readonly fragments: number;
  /** The best passages in the order of the text, or the best first. */
  readonly order: 'text' | 'score';
  /** Characters of the beginning that are given where nothing is found; 0: none. */
  readonly noMatchSize: number;
  /** Characters of a value that are looked at. */
  readonly maxAnalyzed: number;
  /** Whether only what the query looks for in this very field is marked. */
  readonly requireFieldMatch: boolean;
};

/** A field of a document, as a hit shows it. */
export type HighlightedField = {
  readonly field: string;
  readonly id: string;
  /** The values of the field, as they were indexed and in that order. */
  readonly texts: readonly string[];
};

/** Elasticsearch's options, where a request names none. */
export const HIGHLIGHT_DEFAULTS: HighlightOptions = {
  preTag: '<em>',
  postTag: '</em>',
  encoder: 'default',
  boundaries: 'sentence',
  size: 100,
  fragments: 5,
  order: 'text',
  noMatchSize: 0,
  maxAnalyzed: 1_000_000,
  requireFieldMatch: true,
};
