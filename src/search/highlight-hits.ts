/** Highlights of hits: which fields, which words, and the texts of the document to look in. */
import type { Engine, Query } from '../engine/index.ts';
import { highlight } from '../engine/index.ts';
import { leafAt, leavesOf, type Mappings, sourcePathOf } from './mapping.ts';
import type { Highlights } from './partials.ts';
import type { HighlightField } from './request/highlight-request.ts';
import { isPlainObject } from './shape.ts';
import { matchesWildcard } from './wildcard.ts';

/** Highlights one source; undefined if nothing in it is marked. */
export type Highlighter = (source: unknown) => Highlights | undefined;

type Target = {
  readonly field: string;
  readonly sourcePath: string;
  readonly isText: boolean;
  readonly terms: ReadonlySet<string>;
  readonly options: HighlightField;
};

/** Prepares highlighting for all hits of one query. */
export function createHighlighter(
  { engine, mappings }: { engine: Engine; mappings: Mappings },
  query: Query,
  fields: readonly HighlightField[],
): Highlighter {
  const terms = engine.termsOf(query);
  const anyField = new Set([...terms.values()].flatMap((ofField) => [...ofField]));
  const targets = fields.flatMap((options) =>
    namesOf(options.pattern, mappings).flatMap((field): Target[] => {
      const wanted = options.requireFieldMatch ? terms.get(field) : anyField;
      if (wanted === undefined || wanted.size === 0) return [];
      return [
        {
          field,
          sourcePath: sourcePathOf(mappings, field),
          isText: leafAt(mappings, field)?.type === 'text',
          terms: wanted,
          options,
        },
      ];
    }),
  );
  return (source) => {
    const found = targets
      .map((target): [string, readonly string[]] => [target.field, fragmentsOf(source, target)])
      .filter(([, fragments]) => fragments.length > 0);
    return found.length === 0 ? undefined : Object.fromEntries(found);
  };
}

/** The scalar values at a path of a document, in order. */
export function valuesAt(source: unknown, path: string): readonly unknown[] {
  if (Array.isArray(source)) return source.flatMap((element) => valuesAt(element, path));
  if (path === '') return isPlainObject(source) || source === null || source === undefined ? [] : [source];
  if (!isPlainObject(source)) return [];
  return Object.entries(source).flatMap(([name, value]) => {
    if (name === path) return valuesAt(value, '');
    return path.startsWith(`${name}.`) ? valuesAt(value, path.slice(name.length + 1)) : [];
  });
}

function namesOf(pattern: string, mappings: Mappings): readonly string[] {
  const isMarkable = (field: string): boolean => ['text', 'keyword'].includes(leafAt(mappings, field)?.type ?? '');
  return leavesOf(mappings)
    .map(([path]) => path)
    .filter((path) => matchesWildcard(pattern, path) && isMarkable(path));
}

function fragmentsOf(source: unknown, { sourcePath, isText, terms, options }: Target): readonly string[] {
  const texts = valuesAt(source, sourcePath).map(String);
  const fragments = texts.flatMap((text) => {
    if (isText) return highlight(text, terms, options);
    return terms.has(text) ? [`${options.preTag}${text}${options.postTag}`] : [];
  });
  return options.numberOfFragments === 0 ? fragments : fragments.slice(0, options.numberOfFragments);
}
