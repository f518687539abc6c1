/** `sort` of a search: reading it, checking it against the fields of an index, and the engine's form of it. */
import type { SortKey } from '../../engine/engine.ts';
import { CoppiceError } from '../../errors.ts';
import { didYouMean } from '../../wire/suggest.ts';
import { leafAt, leavesOf, type Mappings } from '../mapping.ts';
import { ObjectReader } from '../object-reader.ts';
import { asList, childPath, compact, elementPath, isPlainObject, pathError, shapeError, wordAt } from '../shape.ts';
import { readFieldName } from './parse-field-query.ts';

/** One criterion, as the engine takes it, with what a field without a mapping means. */
export type SortSpec = SortKey & { readonly unmapped?: 'missing' };

const ORDERS = ['asc', 'desc'] as const;
const LATER = ['mode', 'nested', 'numeric_type', 'format'];
const MAX_KEYS = 16;

/**
 * Reads `sort`.
 *
 * @returns Undefined where it says no more than the default, which is by score, highest first.
 * @throws CoppiceError `PARSING_FAILED`.
 */
export function parseSort(value: unknown, path: string): readonly SortSpec[] | undefined {
  if (value === undefined) return undefined;
  const specs = asList(value).flatMap((element, index) =>
    readElement(element, Array.isArray(value) ? elementPath(path, index) : path),
  );
  if (specs.length > MAX_KEYS)
    throw pathError(
      path,
      `${specs.length} sort keys, at most ${MAX_KEYS} are allowed`,
      `at most ${MAX_KEYS} sort keys`,
    );
  const [first] = specs;
  const isDefault = first === undefined || (specs.length === 1 && first.field === '_score' && first.order === 'desc');
  return isDefault ? undefined : specs;
}

/**
 * Checks sort keys against the mappings of the index.
 *
 * @throws CoppiceError `BAD_REQUEST` for a field that is not mapped, or that has no values to sort by.
 */
export function checkSort(sort: readonly SortSpec[], mappings: Mappings): void {
  for (const { field, unmapped } of sort) {
    if (isSpecial(field)) continue;
    const leaf = leafAt(mappings, field);
    if (leaf?.type === 'text')
      throw new CoppiceError(
        'BAD_REQUEST',
        `field [${field}] of type [text] cannot be sorted by, use a keyword field such as [${field}.keyword]`,
      );
    if (leaf === undefined && unmapped === undefined)
      throw new CoppiceError(
        'BAD_REQUEST',
        `no mapping found for [${field}] in order to sort on${didYouMean(field, sortableFields(mappings))}`,
      );
  }
}

/** Whether a sort key is no field: the score, or the place in the log. */
export function isSpecial(field: string): boolean {
  return field === '_score' || field === '_doc';
}

function readElement(value: unknown, path: string): readonly SortSpec[] {
  if (typeof value === 'string') return [specOf(readFieldName(value, path), path)];
  if (!isPlainObject(value)) throw shapeError(path, 'a field name or {field: order}', value);
  const entries = Object.entries(value);
  if (entries.length === 0) throw shapeError(path, 'a field name or {field: order}', value);
  return entries.map(([field, options]) => readOptions(readFieldName(field, path), options, childPath(path, field)));
}

function readOptions(field: string, options: unknown, path: string): SortSpec {
  if (!isPlainObject(options)) return { ...specOf(field, path), order: wordAt(options, path, ORDERS) };
  const known = isSpecial(field) ? ['order'] : ['order', 'missing', 'unmapped_type'];
  const reader = ObjectReader.open(options, path, { known, later: LATER });
  const missing = reader.word('missing', ['_first', '_last']);
  const spec = specOf(field, path);
  const unmapped = reader.string('unmapped_type') === undefined ? undefined : ('missing' as const);
  return compact({ field, order: reader.word('order', ORDERS) ?? spec.order, missing, unmapped });
}

function specOf(field: string, path: string): SortSpec {
  if (['_id', '_shard_doc', '_index', '_seq_no', '_version', '_script', '_geo_distance'].includes(field)) {
    throw pathError(path, `sorting by [${field}] is not supported by this version`, 'a field, _score or _doc');
  }
  return { field, order: field === '_score' ? 'desc' : 'asc' };
}

function sortableFields(mappings: Mappings): readonly string[] {
  return leavesOf(mappings).flatMap(([path, { type }]) => (type === 'text' ? [] : [path]));
}
