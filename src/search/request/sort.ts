/** `sort` and `search_after` of a search: reading them, and binding them to the fields of an index. */
import type { SortKey } from '../../engine/engine.ts';
import type { FieldValue } from '../../engine/query/query.ts';
import { CoppiceError } from '../../errors.ts';
import { didYouMean } from '../../wire/suggest.ts';
import { leafAt, leavesOf, type Mappings } from '../mapping.ts';
import { ObjectReader } from '../object-reader.ts';
import {
  asList,
  childPath,
  compact,
  describe,
  elementPath,
  isPlainObject,
  isScalar,
  pathError,
  shapeError,
  wordAt,
} from '../shape.ts';
import type { Binding } from './binding.ts';
import { dateOrValue } from './compile-values.ts';
import { readFieldName } from './query-options.ts';

/** One criterion, as the engine takes it, with what a field without a mapping means. */
export type SortSpec = SortKey & { readonly unmapped?: 'missing' };

const ORDERS = ['asc', 'desc'] as const;
const MODES = ['min', 'max', 'sum', 'avg', 'median'] as const;
const LATER = ['nested', 'numeric_type', 'format'];
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
 * Reads `search_after`: one value for each sort key, as the last hit of the page before shows them in `sort`.
 *
 * @throws CoppiceError `PARSING_FAILED`.
 */
export function parseSearchAfter(
  value: unknown,
  path: string,
  sort: readonly SortSpec[] | undefined,
): readonly (FieldValue | null)[] | undefined {
  if (value === undefined) return undefined;
  const keyCount = sort?.length ?? 1;
  if (!Array.isArray(value)) throw shapeError(path, 'a list of sort values', value);
  if (value.length !== keyCount)
    throw pathError(path, `has ${value.length} value(s) but sort has ${keyCount}`, `${keyCount} value(s)`);
  return value.map((element: unknown, index) => {
    if (element === null || isScalar(element)) return element;
    throw shapeError(elementPath(path, index), 'a sort value or null', element);
  });
}

/**
 * Binds sort keys to the mappings of the index: the values that missing ones count as become values of their fields.
 *
 * @throws CoppiceError `BAD_REQUEST` for a field that is not mapped, that has no values to sort by, or whose type a mode
 * or a value does not fit.
 */
export function bindSort(sort: readonly SortSpec[], binding: Binding): readonly SortSpec[] {
  return sort.map((spec) => {
    const { field, unmapped, mode, missing } = spec;
    if (isSpecial(field)) return spec;
    const leaf = leafAt(binding.mappings, field);
    if (leaf?.type === 'text')
      throw new CoppiceError(
        'BAD_REQUEST',
        `field [${field}] of type [text] cannot be sorted by, use a keyword field such as [${field}.keyword]`,
      );
    if (leaf === undefined && unmapped === undefined)
      throw new CoppiceError(
        'BAD_REQUEST',
        `no mapping found for [${field}] in order to sort on${didYouMean(field, sortableFields(binding.mappings))}`,
      );
    if (leaf === undefined) return spec;
    if (leaf.type === 'keyword' && mode !== undefined && mode !== 'min' && mode !== 'max')
      throw new CoppiceError(
        'BAD_REQUEST',
        `field [${field}] of type [keyword] cannot be sorted by [${mode}], only by [min] or [max]`,
      );
    const isValue = missing !== undefined && missing !== '_first' && missing !== '_last';
    return isValue ? { ...spec, missing: dateOrValue({ field, leaf }, missing, binding) } : spec;
  });
}

/**
 * Binds the values of `search_after` to the fields of the sort keys.
 *
 * @throws CoppiceError `BAD_REQUEST` for a value that does not fit its key.
 */
export function bindSearchAfter(
  values: readonly (FieldValue | null)[],
  sort: readonly SortSpec[] | undefined,
  binding: Binding,
): readonly (FieldValue | null)[] {
  return values.map((value, at) => {
    const field = sort?.[at]?.field ?? '_score';
    const leaf = leafAt(binding.mappings, field);
    if (isSpecial(field)) {
      if (typeof value === 'number') return value;
      throw new CoppiceError('BAD_REQUEST', `search_after of [${field}] must be a number, got ${describe(value)}`);
    }
    if (value === null || leaf === undefined) return value;
    return dateOrValue({ field, leaf }, value, binding);
  });
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
  const known = isSpecial(field) ? ['order'] : ['order', 'missing', 'mode', 'unmapped_type'];
  const reader = ObjectReader.open(options, path, { known, later: LATER });
  const missing = reader.scalar('missing');
  const spec = specOf(field, path);
  const unmapped = reader.string('unmapped_type') === undefined ? undefined : ('missing' as const);
  const mode = reader.word('mode', MODES);
  return compact({ field, order: reader.word('order', ORDERS) ?? spec.order, missing, mode, unmapped });
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
