/** Queries for exact values, ranges and patterns, with values of their field's type. */
import type { FieldValue, Query, RangeBounds } from '../../engine/query/query.ts';
import { CoppiceError } from '../../errors.ts';
import { type DateReader, dateReader } from '../date-math.ts';
import type { Rounding } from '../dates.ts';
import { engineType, queryValue } from '../field-types.ts';
import { fieldAt, leafAt } from '../mapping.ts';
import { compact, describe, type Scalar } from '../shape.ts';
import { type Binding, type BoundField, NOTHING, unsupported } from './binding.ts';
import type { FieldNode } from './query-node.ts';

type NodeOf<Kind extends FieldNode['kind']> = Extract<FieldNode, { kind: Kind }>;

/** A query for terms that resemble something. */
export type PatternNode = Extract<FieldNode, { kind: 'prefix' | 'wildcard' | 'regexp' | 'fuzzy' }>;

/** One exact value. */
export function compileTerm(
  bound: BoundField,
  { value, caseInsensitive }: Pick<NodeOf<'term'>, 'value' | 'caseInsensitive'>,
  binding: Binding,
): Query {
  const { field, leaf } = bound;
  const type = engineType(leaf.type);
  if (caseInsensitive === true && type !== 'text' && type !== 'keyword') throw unsupported(bound, 'case insensitive');
  if (type === 'date') return dateTerm(bound, value, dateReader(binding));
  const typed = typedValue(bound, value);
  if (isFractionalLong(bound, typed)) return NOTHING;
  return compact({ kind: 'term' as const, field, value: typed, caseInsensitive });
}

/** Any of several exact values. */
export function compileTerms(bound: BoundField, values: readonly Scalar[], binding: Binding): Query {
  if (engineType(bound.leaf.type) === 'date') {
    const reader = dateReader(binding);
    const queries = values.map((value) => dateTerm(bound, value, reader));
    if (queries.some(({ kind }) => kind === 'range'))
      return { kind: 'constantScore', filter: { kind: 'bool', should: queries } };
  }
  const typed = values
    .map((value) => dateOrValue(bound, value, binding))
    .filter((value) => !isFractionalLong(bound, value));
  return typed.length === 0 ? NOTHING : { kind: 'terms', field: bound.field, values: [...new Set(typed)] };
}

/** Values between bounds. */
export function compileRange(
  bound: BoundField,
  { bounds, format, timeZone }: Pick<NodeOf<'range'>, 'bounds' | 'format' | 'timeZone'>,
  binding: Binding,
): Query {
  const { field, leaf } = bound;
  if (leaf.type === 'boolean') throw unsupported(bound, 'range');
  const isDate = engineType(leaf.type) === 'date';
  if (!isDate && (format ?? timeZone) !== undefined)
    throw new CoppiceError(
      'BAD_REQUEST',
      `field [${field}] of type [${leaf.type}] does not support ${format === undefined ? 'a time zone' : 'a format'}`,
    );
  const reader = isDate ? dateReader({ ...binding, format, zone: timeZone }) : undefined;
  const typed = (value: Scalar | undefined, rounding: Rounding): FieldValue | undefined => {
    if (value === undefined) return undefined;
    return reader === undefined ? typedValue(bound, value) : dateValue(bound, value, { reader, rounding });
  };
  const all: RangeBounds = compact({
    gte: typed(bounds.gte, 'down'),
    gt: typed(bounds.gt, 'up'),
    lte: typed(bounds.lte, 'up'),
    lt: typed(bounds.lt, 'down'),
  });
  return Object.keys(all).length === 0 ? existsQuery(field) : { kind: 'range', field, bounds: all };
}

/** Documents that have a field, or any field inside an object. */
export function compileExists(field: string, { mappings }: Binding): Query {
  if (leafAt(mappings, field) !== undefined) return existsQuery(field);
  if (fieldAt(mappings, field)?.type !== 'object') return NOTHING;
  const inside = Object.entries(mappings.fields).filter(
    ([path, { type }]) => type !== 'object' && path.startsWith(`${field}.`),
  );
  if (inside.length === 0) return NOTHING;
  const should = inside.map(([path]): Query => ({ kind: 'exists', field: path }));
  return { kind: 'constantScore', filter: { kind: 'bool', should } };
}

/** Prefixes, wildcards, regular expressions and misspelt terms. */
export function compilePattern(bound: BoundField, node: PatternNode): Query {
  const { field, leaf } = bound;
  if (leaf.type !== 'text' && leaf.type !== 'keyword') throw unsupported(bound, node.kind);
  const { value } = node;
  switch (node.kind) {
    case 'prefix':
      return compact({ kind: 'prefix' as const, field, value, caseInsensitive: node.caseInsensitive });
    case 'wildcard':
      return compact({ kind: 'wildcard' as const, field, pattern: value, caseInsensitive: node.caseInsensitive });
    case 'regexp': {
      const { caseInsensitive, maxStates } = node;
      return compact({ kind: 'regexp' as const, field, pattern: value, caseInsensitive, maxStates });
    }
    case 'fuzzy': {
      const { fuzziness, prefixLength, maxExpansions, transpositions } = node;
      return compact({
        kind: 'fuzzy' as const,
        field,
        value,
        fuzziness,
        prefixLength,
        maxExpansions,
        transpositions,
      });
    }
  }
}

/**
 * A value of a field's type; of a date, its first millisecond.
 *
 * @throws CoppiceError `BAD_REQUEST` naming field, type and value if it is none.
 */
export function dateOrValue(bound: BoundField, value: Scalar, binding: Binding): FieldValue {
  if (engineType(bound.leaf.type) !== 'date') return typedValue(bound, value);
  return dateValue(bound, value, { reader: dateReader(binding), rounding: 'down' });
}

/** A date without all its parts stands for the whole day, hour or minute. */
function dateTerm(bound: BoundField, value: Scalar, reader: DateReader): Query {
  const { field } = bound;
  const from = dateValue(bound, value, { reader, rounding: 'down' });
  const to = dateValue(bound, value, { reader, rounding: 'up' });
  return from === to ? { kind: 'term', field, value: from } : { kind: 'range', field, bounds: { gte: from, lte: to } };
}

function existsQuery(field: string): Query {
  return { kind: 'constantScore', filter: { kind: 'exists', field } };
}

function dateValue(
  bound: BoundField,
  value: Scalar,
  { reader, rounding }: { readonly reader: DateReader; readonly rounding: Rounding },
): number {
  const date = typeof value === 'boolean' ? undefined : reader.read(value, rounding);
  if (date === undefined) throw wrongValue(bound, value);
  return date;
}

function typedValue(bound: BoundField, value: Scalar): FieldValue {
  const typed = queryValue(bound.leaf.type, value);
  if (typed === undefined) throw wrongValue(bound, value);
  return typed;
}

function wrongValue({ field, leaf }: BoundField, value: Scalar): CoppiceError {
  return new CoppiceError(
    'BAD_REQUEST',
    `field [${field}] of type [${leaf.type}] cannot be compared with [${describe(value)}]`,
    { details: { field, type: leaf.type, value } },
  );
}

function isFractionalLong({ leaf }: BoundField, value: FieldValue): boolean {
  return engineType(leaf.type) === 'long' && typeof value === 'number' && !Number.isInteger(value);
}
