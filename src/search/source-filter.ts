/**
 * `_source` of a request: which parts of a document go into an answer. Reading it from a request, and applying it to a
 * document.
 */
import { ObjectReader } from './object-reader.ts';
import { asList, compact, elementPath, isPlainObject, nameAt, pathError, shapeError } from './shape.ts';
import { matchesWildcard } from './wildcard.ts';

/** What of a source is wanted. Patterns are paths with `*`; one that names an object means all of it. */
export type SourceFilter = {
  readonly enabled: boolean;
  readonly includes?: readonly string[];
  readonly excludes?: readonly string[];
};

/** The whole source. */
export const WHOLE_SOURCE: SourceFilter = { enabled: true };

const MAX_PATTERNS = 1024;

/**
 * Reads `_source`: a boolean, a pattern, a list of patterns, or `{includes, excludes}`. Undefined is the whole source.
 *
 * @throws CoppiceError `PARSING_FAILED`.
 */
export function parseSourceFilter(value: unknown, path: string): SourceFilter {
  if (value === undefined) return WHOLE_SOURCE;
  if (typeof value === 'boolean') return { enabled: value };
  if (typeof value === 'string' || Array.isArray(value)) return { enabled: true, includes: patterns(value, path) };
  if (!isPlainObject(value))
    throw shapeError(path, 'true, false, a field, a list of fields, or {includes, excludes}', value);
  const reader = ObjectReader.open(value, path, { known: ['includes', 'excludes', 'include', 'exclude'] });
  return compact({
    enabled: true,
    includes: either(reader, 'includes', 'include'),
    excludes: either(reader, 'excludes', 'exclude'),
  });
}

/**
 * Takes the wanted parts of a source. The source is not changed; parts may be shared with it.
 *
 * @returns Undefined if the source is not wanted at all.
 */
export function filterSource(source: unknown, filter: SourceFilter): unknown {
  if (!filter.enabled) return undefined;
  const includes = filter.includes ?? [];
  const excludes = filter.excludes ?? [];
  if (includes.length === 0 && excludes.length === 0) return source;
  return isPlainObject(source)
    ? filterObject(source, '', { includes, excludes, inside: includes.length === 0 })
    : source;
}

type Wanted = { readonly includes: readonly string[]; readonly excludes: readonly string[]; readonly inside: boolean };

function filterObject(
  object: Readonly<Record<string, unknown>>,
  prefix: string,
  wanted: Wanted,
): Record<string, unknown> {
  const kept: [string, unknown][] = [];
  for (const [name, value] of Object.entries(object)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (wanted.excludes.some((pattern) => matchesWildcard(pattern, path))) continue;
    const inside = wanted.inside || wanted.includes.some((pattern) => matchesWildcard(pattern, path));
    const part = filterValue(value, path, { ...wanted, inside });
    if (part !== undefined) kept.push([name, part]);
  }
  return Object.fromEntries(kept);
}

/** Undefined if nothing of the value is wanted. */
function filterValue(value: unknown, path: string, wanted: Wanted): unknown {
  if (wanted.inside && wanted.excludes.length === 0) return value;
  if (Array.isArray(value)) {
    const parts = value
      .map((element: unknown) => filterValue(element, path, wanted))
      .filter((part) => part !== undefined);
    return wanted.inside || parts.length > 0 ? parts : undefined;
  }
  if (!isPlainObject(value)) return wanted.inside ? value : undefined;
  const part = filterObject(value, path, wanted);
  return wanted.inside || Object.keys(part).length > 0 ? part : undefined;
}

function either(reader: ObjectReader, key: string, alias: string): readonly string[] | undefined {
  const name = reader.has(key) ? key : alias;
  return reader.has(name) ? patterns(reader.value(name), reader.at(name)) : undefined;
}

function patterns(value: unknown, path: string): readonly string[] {
  const list = asList(value);
  if (list.length > MAX_PATTERNS)
    throw pathError(path, `${list.length} patterns, at most ${MAX_PATTERNS} are allowed`, 'a shorter list');
  return list.map((pattern, index) =>
    nameAt(pattern, Array.isArray(value) ? elementPath(path, index) : path, 'a field name or pattern'),
  );
}
