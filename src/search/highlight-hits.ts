/** Highlights of hits: which fields, and the texts of the document to look in. The engine marks them. */

import { HIGHLIGHT_DEFAULTS, type HighlightOptions } from '../engine/highlight/highlight-options.ts';
import type { Engine, EngineHighlighter, Query } from '../engine/index.ts';
import { leafAt, leavesOf, type Mappings, sourcePathOf } from './mapping.ts';
import type { Highlights } from './partials.ts';
import { compileQuery } from './request/compile-query.ts';
import type { HighlightField } from './request/highlight-request.ts';
import { compact, isPlainObject } from './shape.ts';
import { matchesWildcard } from './wildcard.ts';

/** Highlights one document; undefined if nothing in it is marked. */
export type Highlighter = (source: unknown, id: string) => Highlights | undefined;

type Target = {
  readonly field: string;
  readonly sourcePath: string;
  readonly highlighter: EngineHighlighter;
  readonly options: HighlightOptions;
};

/** Prepares highlighting for all hits of one query. */
export function createHighlighter(
  { engine, mappings }: { engine: Engine; mappings: Mappings },
  query: Query,
  fields: readonly HighlightField[],
): Highlighter {
  const ofQuery = engine.highlighter(query);
  const targets = fields.flatMap((wanted) => {
    const own = wanted.query;
    const highlighter = own === undefined ? ofQuery : engine.highlighter(compileQuery(own, mappings));
    const options = optionsOf(wanted);
    return namesOf(wanted.pattern, mappings).map(
      (field): Target => ({ field, sourcePath: sourcePathOf(mappings, field), highlighter, options }),
    );
  });
  return (source, id) => {
    const found = targets
      .map((target): [string, readonly string[]] => [target.field, fragmentsOf(source, id, target)])
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

function optionsOf(wanted: HighlightField): HighlightOptions {
  const { preTag, postTag, fragmentSize: size, numberOfFragments: fragments, requireFieldMatch } = wanted;
  const { encoder, boundaries, order, noMatchSize, maxAnalyzed } = wanted;
  const given = compact({ encoder, boundaries, order, noMatchSize, maxAnalyzed });
  return { ...HIGHLIGHT_DEFAULTS, ...given, preTag, postTag, size, fragments, requireFieldMatch };
}

function fragmentsOf(
  source: unknown,
  id: string,
  { field, sourcePath, highlighter, options }: Target,
): readonly string[] {
  const texts = valuesAt(source, sourcePath).map(String);
  return texts.length === 0 ? [] : highlighter.highlight({ field, id, texts }, options);
}
