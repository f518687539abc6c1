/**
 * Marks in the texts of hits what a query looked for, and cuts out the passages around it. Last step of a query, for the
 * hits that are shown.
 */
import type { Analyzer } from '../analysis/analyzer.ts';
import type { SoughtTerms } from '../query/sought-terms.ts';
import { findOccurrences } from './find-occurrences.ts';
import type { HighlightOptions } from './highlight-options.ts';
import { markPassage } from './mark.ts';
import type { Occurrence } from './occurrence.ts';
import { openingOf, type Passage, passagesOf } from './passages.ts';
import { type DocumentPlace, postingOccurrences } from './posting-occurrences.ts';
import { SoughtWords } from './sought-words.ts';

/** A field of a hit. */
export type HighlightTarget = {
  readonly field: string;
  /** The values of the field, as they were indexed and in that order. */
  readonly texts: readonly string[];
  readonly analyzer: Analyzer;
  /** Where the document stands, if the field keeps offsets. */
  readonly place?: DocumentPlace;
};

/** Highlights what one query looks for. */
export class Highlighter {
  readonly #sought: ReadonlyMap<string, readonly SoughtTerms[]>;
  readonly #words = new Map<string, SoughtWords>();
  #anyField: SoughtWords | undefined;

  /** @param sought What the query looks for, by field. */
  constructor(sought: ReadonlyMap<string, readonly SoughtTerms[]>) {
    this.#sought = sought;
  }

  /** The passages of a field of one hit; none if nothing is found there. */
  highlight(target: HighlightTarget, options: HighlightOptions): readonly string[] {
    const sought = options.requireFieldMatch ? this.#inField(target.field) : this.#inAnyField();
    const found = occurrencesOf(target, sought, options);
    const passages = found.flatMap((occurrences, value) =>
      occurrences.length === 0 ? [] : this.#passages(target.texts[value] ?? '', value, { occurrences, options }),
    );
    if (passages.length === 0) return opening(target.texts, options);
    return best(passages, options).map(({ value, passage }) =>
      markPassage(target.texts[value] ?? '', passage, options),
    );
  }

  #passages(
    text: string,
    value: number,
    { occurrences, options }: { readonly occurrences: readonly Occurrence[]; readonly options: HighlightOptions },
  ): ValuePassage[] {
    const passages =
      options.fragments === 0
        ? [{ start: 0, end: text.length, occurrences, score: 0 }]
        : passagesOf(text, occurrences, options);
    return passages.map((passage) => ({ value, passage }));
  }

  #inField(field: string): SoughtWords {
    let words = this.#words.get(field);
    if (words === undefined) {
      words = new SoughtWords(this.#sought.get(field) ?? []);
      this.#words.set(field, words);
    }
    return words;
  }

  #inAnyField(): SoughtWords {
    this.#anyField ??= new SoughtWords([...this.#sought.values()].flat());
    return this.#anyField;
  }
}

type ValuePassage = { readonly value: number; readonly passage: Passage };

/** Occurrences of each value. */
function occurrencesOf(
  { field, texts, analyzer, place }: HighlightTarget,
  sought: SoughtWords,
  { maxAnalyzed }: HighlightOptions,
): readonly (readonly Occurrence[])[] {
  const stored = place === undefined ? undefined : postingOccurrences(place, field, sought);
  const split = stored === undefined ? undefined : byValue(stored, texts);
  return split ?? texts.map((text) => findOccurrences(text.slice(0, maxAnalyzed), analyzer, sought));
}

/** Parts occurrences in values that are joined by one character; undefined if they do not fit the texts. */
function byValue(occurrences: readonly Occurrence[], texts: readonly string[]): Occurrence[][] | undefined {
  const values: Occurrence[][] = [];
  let [base, next] = [0, 0];
  for (const text of texts) {
    const here: Occurrence[] = [];
    for (; next < occurrences.length && occurrences[next]!.start < base + text.length; next++) {
      const { start, end, term } = occurrences[next]!;
      if (start < base || end > base + text.length) return undefined;
      here.push({ start: start - base, end: end - base, term });
    }
    values.push(here);
    base += text.length + 1;
  }
  return next === occurrences.length ? values : undefined;
}

function best(passages: ValuePassage[], { fragments, order }: HighlightOptions): ValuePassage[] {
  if (fragments === 0) return passages;
  const byScore = passages.toSorted((a, b) => b.passage.score - a.passage.score).slice(0, fragments);
  if (order === 'score') return byScore;
  return byScore.sort((a, b) => a.value - b.value || a.passage.start - b.passage.start);
}

function opening(texts: readonly string[], options: HighlightOptions): readonly string[] {
  const first = texts.find((text) => text.trim() !== '');
  if (options.noMatchSize === 0 || first === undefined) return [];
  if (options.fragments === 0) return [markPassage(first, { start: 0, end: first.length, occurrences: [] }, options)];
  return [markPassage(first, { ...openingOf(first, options.noMatchSize), occurrences: [] }, options)];
}
