/** Where an aggregation is read: the index it is bound to, and how fields, values and formats are read there. */
import type { Aggregation, Aggregations, ValueFormat } from '../../../engine/aggregate/aggregation.ts';
import type { FieldType } from '../../../engine/engine.ts';
import type { FieldValue } from '../../../engine/query/query.ts';
import { CoppiceError } from '../../../errors.ts';
import { dateReader } from '../../date-math.ts';
import { engineType, queryValue } from '../../field-types.ts';
import { leafAt } from '../../mapping.ts';
import type { ObjectReader } from '../../object-reader.ts';
import { asNumber, describe, numberAt, shapeError } from '../../shape.ts';
import type { Binding } from '../binding.ts';
import { readFieldName } from '../query-options.ts';

/** What aggregations are bound to. */
export type AggregationBinding = Binding & {
  /** Gets the names of fields that are not mapped. */
  readonly unmapped?: Set<string> | undefined;
};

/** Where one aggregation stands. */
export type AggregationSite = {
  readonly path: string;
  readonly name: string;
  /** As the request calls it. */
  readonly kind: string;
  readonly binding: AggregationBinding;
  /** Those below it, read already. */
  readonly below: Aggregations;
  readonly isTop: boolean;
};

/** Reads the body of an aggregation of one kind; what is below it, and `meta`, is joined by the caller. */
export type ReadAggregation = (body: unknown, site: AggregationSite) => Aggregation;

/** A field of an aggregation; one that is not mapped has no values. */
export type AggregatedField = {
  readonly field: string;
  readonly isMapped: boolean;
  /** Of a field that is not mapped: undefined, or what the aggregation takes it for. */
  readonly type: FieldType | undefined;
};

/** What a field's values must be. */
export type FieldNeeds = 'numbers' | 'dates' | 'values';

/**
 * Reads `field`.
 *
 * @throws CoppiceError `BAD_REQUEST` if the field is a text, or not of the type that the aggregation needs.
 */
export function readAggregatedField(reader: ObjectReader, site: AggregationSite, needs: FieldNeeds): AggregatedField {
  const field = readFieldName(reader.required('field', 'a field name'), reader.at('field'));
  const leaf = leafAt(site.binding.mappings, field);
  if (leaf === undefined) {
    site.binding.unmapped?.add(field);
    return { field, type: needs === 'dates' ? 'date' : undefined, isMapped: false };
  }
  const type = engineType(leaf.type);
  if (type === 'text')
    throw new CoppiceError(
      'BAD_REQUEST',
      `aggregation [${site.name}]: field [${field}] of type [text] cannot be aggregated, use a keyword field such as [${field}.keyword]`,
      { details: { field, type } },
    );
  if ((needs !== 'values' && type === 'keyword') || (needs === 'dates' && type !== 'date'))
    throw new CoppiceError(
      'BAD_REQUEST',
      `aggregation [${site.name}]: field [${field}] of type [${leaf.type}] is not supported for aggregation [${site.kind}]`,
      { details: { field, type: leaf.type } },
    );
  return { field, type, isMapped: true };
}

/** How dates of an aggregation are read and shown. */
export type DateText = { readonly format?: string | undefined; readonly timeZone?: string | undefined };

/**
 * Turns a value of a request into a number of a field: dates by their text, booleans to 0 and 1.
 *
 * @throws CoppiceError `BAD_REQUEST` if it does not fit.
 */
export function fieldNumber(
  value: unknown,
  { field, type }: AggregatedField,
  {
    path,
    binding,
    dates = {},
  }: { readonly path: string; readonly binding: AggregationBinding; readonly dates?: DateText },
): number {
  if (type === 'date') {
    const timeMs = dateReader({ nowMs: binding.nowMs, zone: dates.timeZone, ...formatOf(dates) }).read(value, 'down');
    if (timeMs !== undefined) return timeMs;
    throw misfit(value, { field, type, path });
  }
  if (type === 'boolean') {
    const flag = queryValue('boolean', value);
    if (flag !== undefined) return Number(flag);
  }
  // Of a field that there is not, any value is as good as none.
  if (type === undefined && typeof value === 'string' && asNumber(value) === undefined) return 0;
  return numberAt(value, path);
}

/** Turns a value of a request into one of a field, strings for keywords. */
export function fieldValue(
  value: unknown,
  field: AggregatedField,
  at: { readonly path: string; readonly binding: AggregationBinding },
): FieldValue {
  if (field.type !== undefined && field.type !== 'keyword') return fieldNumber(value, field, at);
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return field.type === undefined ? value : String(value);
  throw shapeError(at.path, 'a string, a number or a boolean', value);
}

/** Reads `missing` as a number of the field. */
export function readMissingNumber(
  reader: ObjectReader,
  field: AggregatedField,
  { binding }: AggregationSite,
  dates?: DateText,
): number | undefined {
  if (!reader.has('missing')) return undefined;
  return fieldNumber(reader.value('missing'), field, {
    path: reader.at('missing'),
    binding,
    ...(dates === undefined ? {} : { dates }),
  });
}

/** Reads `missing` as a value of the field. */
export function readMissingValue(
  reader: ObjectReader,
  field: AggregatedField,
  { binding }: AggregationSite,
): FieldValue | undefined {
  return reader.has('missing')
    ? fieldValue(reader.value('missing'), field, { path: reader.at('missing'), binding })
    : undefined;
}

/**
 * Reads `format`, and says how values of the field are shown.
 *
 * @throws CoppiceError `BAD_REQUEST` for a format of a field that is no date.
 */
export function readFormat(
  reader: ObjectReader,
  { field, type }: Pick<AggregatedField, 'field' | 'type'>,
  timeZone?: string,
): ValueFormat | undefined {
  const pattern = reader.name('format');
  if (type === 'date')
    return {
      type: 'date',
      ...(pattern === undefined ? {} : { pattern }),
      ...(timeZone === undefined ? {} : { timeZone }),
    };
  if (pattern !== undefined && type !== undefined)
    throw new CoppiceError('BAD_REQUEST', `${reader.at('format')}: field [${field}] of type [${type}] takes no format`);
  return type === 'boolean' ? { type: 'boolean' } : undefined;
}

function formatOf({ format }: DateText): { format?: string } {
  return format === undefined ? {} : { format: `${format}||strict_date_optional_time||epoch_millis` };
}

function misfit(
  value: unknown,
  { field, type, path }: Pick<AggregatedField, 'field' | 'type'> & { readonly path: string },
): CoppiceError {
  return new CoppiceError(
    'BAD_REQUEST',
    `${path}: field [${field}] of type [${type}] cannot be compared with [${describe(value)}]`,
    {
      details: { path, field },
    },
  );
}
