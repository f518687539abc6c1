/** `composite`: buckets of all combinations of keys, page by page. */

import type { Aggregation, CompositeSource, ValueFormat } from '../../../engine/aggregate/aggregation.ts';
import { dateFormatter } from '../../../engine/aggregate/format-date.ts';
import type { FieldValue } from '../../../engine/query/query.ts';
import { ObjectReader } from '../../object-reader.ts';
import {
  childPath,
  compact,
  elementPath,
  isPlainObject,
  pathError,
  shapeError,
  unknownNameError,
} from '../../shape.ts';
import { readTimeZone } from '../common.ts';
import {
  type AggregatedField,
  type AggregationSite,
  fieldNumber,
  fieldValue,
  readAggregatedField,
} from './aggregation-site.ts';
import { readInterval, readOffsetMs } from './parse-histograms.ts';
import { MAX_SIZE } from './parse-terms.ts';

const DEFAULT_SIZE = 10;
const MAX_SOURCES = 16;
const SOURCE_KEYS = ['field', 'order', 'missing_bucket'];
const SOURCE_LATER = ['missing_order', 'script', 'value_type'];

type Source = { readonly source: CompositeSource; readonly field: AggregatedField };

/** `{"composite":{"sources":[{"tag":{"terms":{"field":"tag"}}}],"size":100,"after":{"tag":"red"}}}`. */
export function parseComposite(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, { known: ['sources', 'size', 'after'] });
  const value = reader.required('sources', 'a list of sources');
  const path = reader.at('sources');
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_SOURCES)
    throw shapeError(path, `a list of 1 to ${MAX_SOURCES} sources`, value);
  const sources = value.map((source: unknown, index) => readSource(source, elementPath(path, index), site));
  const names = sources.map(({ source }) => source.name);
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined)
    throw pathError(path, `two sources are named [${double}]`, 'sources with names of their own');
  return compact({
    kind: 'composite' as const,
    sources: sources.map(({ source }) => source),
    size: reader.integer('size', { min: 1, max: MAX_SIZE }) ?? DEFAULT_SIZE,
    after: reader.has('after') ? readAfter(reader, sources, site) : undefined,
  });
}

function readSource(value: unknown, path: string, site: AggregationSite): Source {
  const [name, body] = single(value, path, 'a source such as {"tag": {"terms": {"field": "tag"}}}');
  const at = childPath(path, name);
  const [kind, inner] = single(body, at, 'an object with one of [terms, histogram, date_histogram]');
  const innerPath = childPath(at, kind);
  const reading = { name, path: innerPath, site: { ...site, kind: `composite ${kind}` } };
  if (kind === 'terms') return readTerms(inner, reading);
  if (kind === 'histogram') return readHistogram(inner, reading);
  if (kind === 'date_histogram') return readDateHistogram(inner, reading);
  throw unknownNameError(
    { path: at, what: 'source', name: kind },
    { known: ['terms', 'histogram', 'date_histogram'], later: ['geotile_grid'] },
  );
}

type Reading = { readonly name: string; readonly path: string; readonly site: AggregationSite };

function readTerms(body: unknown, { name, path, site }: Reading): Source {
  const reader = ObjectReader.open(body, path, { known: SOURCE_KEYS, later: [...SOURCE_LATER, 'format'] });
  const field = readAggregatedField(reader, site, 'values');
  const format: ValueFormat | undefined = field.type === 'boolean' ? { type: 'boolean' } : undefined;
  return {
    field,
    source: compact({ kind: 'terms' as const, name, field: field.field, ...readCommon(reader), format }),
  };
}

function readHistogram(body: unknown, { name, path, site }: Reading): Source {
  const reader = ObjectReader.open(body, path, { known: [...SOURCE_KEYS, 'interval'], later: SOURCE_LATER });
  const field = readAggregatedField(reader, site, 'numbers');
  reader.required('interval', 'a number above 0');
  const interval = reader.number('interval') ?? 0;
  if (interval <= 0) throw shapeError(reader.at('interval'), 'a number above 0', reader.value('interval'));
  return {
    field,
    source: compact({ kind: 'histogram' as const, name, field: field.field, interval, ...readCommon(reader) }),
  };
}

function readDateHistogram(body: unknown, { name, path, site }: Reading): Source {
  const known = [...SOURCE_KEYS, 'calendar_interval', 'fixed_interval', 'time_zone', 'offset', 'format'];
  const reader = ObjectReader.open(body, path, { known, later: [...SOURCE_LATER, 'interval'] });
  const field = readAggregatedField(reader, site, 'dates');
  const timeZone = readTimeZone(reader);
  const pattern = reader.name('format');
  dateFormatter({ pattern, timeZone });
  return {
    field,
    source: compact({
      kind: 'dateHistogram' as const,
      name,
      field: field.field,
      interval: readInterval(reader),
      timeZone,
      offsetMs: readOffsetMs(reader),
      ...readCommon(reader),
      format: pattern === undefined ? undefined : compact({ type: 'date' as const, pattern, timeZone }),
    }),
  };
}

function readCommon(reader: ObjectReader) {
  return { order: reader.word('order', ['asc', 'desc']), missingBucket: reader.boolean('missing_bucket') };
}

/** Reads `after`: the keys of the last bucket of the page before, as they were shown. */
function readAfter(
  reader: ObjectReader,
  sources: readonly Source[],
  { binding }: AggregationSite,
): readonly (FieldValue | null)[] {
  const names = sources.map(({ source }) => source.name);
  const after = ObjectReader.open(reader.value('after'), reader.at('after'), { known: names });
  return sources.map(({ source, field }) => {
    const path = after.at(source.name);
    const value = after.value(source.name);
    if (value === undefined) throw shapeError(path, 'a key for each source', value);
    if (value === null) return null;
    if (source.kind === 'terms') return fieldValue(value, field, { path, binding });
    const dates =
      source.format?.type === 'date' ? { format: source.format.pattern, timeZone: source.format.timeZone } : {};
    return fieldNumber(value, field, { path, binding, dates });
  });
}

function single(value: unknown, path: string, expected: string): readonly [name: string, value: unknown] {
  const entries = isPlainObject(value) ? Object.entries(value) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) throw shapeError(path, expected, value);
  return entry;
}
