/** `terms`: buckets by the values of a field. */
import type { Aggregation, BucketOrder, TermSelection } from '../../../engine/aggregate/aggregation.ts';
import { regexpAutomaton } from '../../../engine/automata/regexp-automaton.ts';
import { ObjectReader } from '../../object-reader.ts';
import { compact, elementPath, isPlainObject, pathError, shapeError } from '../../shape.ts';
import {
  type AggregatedField,
  type AggregationSite,
  fieldValue,
  readAggregatedField,
  readFormat,
  readMissingValue,
} from './aggregation-site.ts';
import { parseOrder } from './parse-order.ts';

/** Most buckets that may be asked for. */
export const MAX_SIZE = 65_536;

const DEFAULT_SIZE = 10;
const DEFAULT_ORDER: readonly BucketOrder[] = [{ by: 'count', direction: 'desc' }];
const MAX_SELECTED = 65_536;

/** `{"terms":{"field":"tag","size":5}}`. `collect_mode` and `execution_hint` are taken, and change nothing. */
export function parseTerms(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, {
    known: [
      'field',
      'size',
      'shard_size',
      'order',
      'min_doc_count',
      'include',
      'exclude',
      'missing',
      'format',
      'show_term_doc_count_error',
      'collect_mode',
      'execution_hint',
    ],
    later: ['script', 'shard_min_doc_count', 'value_type'],
  });
  const field = readAggregatedField(reader, site, 'values');
  const size = reader.integer('size', { min: 1, max: MAX_SIZE }) ?? DEFAULT_SIZE;
  const shardSize = reader.integer('shard_size', { min: 1 }) ?? Math.floor(size * 1.5 + 10);
  return compact({
    kind: 'terms' as const,
    field: field.field,
    size,
    shardSize: Math.max(size, shardSize),
    order: reader.has('order') ? parseOrder(reader.value('order'), reader.at('order'), site.below) : DEFAULT_ORDER,
    minDocCount: reader.integer('min_doc_count', { min: 0 }),
    include: readSelection(reader, 'include', { field, site }),
    exclude: readSelection(reader, 'exclude', { field, site }),
    missing: readMissingValue(reader, field, site),
    showTermError: reader.boolean('show_term_doc_count_error'),
    format: readFormat(reader, field),
  });
}

function readSelection(
  reader: ObjectReader,
  key: 'include' | 'exclude',
  { field, site }: { readonly field: AggregatedField; readonly site: AggregationSite },
): TermSelection | undefined {
  const value = reader.value(key);
  const path = reader.at(key);
  if (value === undefined) return undefined;
  if (isPlainObject(value))
    throw pathError(path, 'partitions are not supported by this version', 'a list of values or a pattern');
  if (typeof value === 'string') {
    if (field.type !== undefined && field.type !== 'keyword')
      throw pathError(
        path,
        `field [${field.field}] of type [${field.type}] has no strings, expected a list of values`,
        'a list of values',
      );
    regexpAutomaton(value);
    return { pattern: value };
  }
  if (!Array.isArray(value) || value.length > MAX_SELECTED)
    throw shapeError(path, `a regular expression, or a list of at most ${MAX_SELECTED} values`, value);
  const { binding } = site;
  return {
    values: value.map((element: unknown, index) =>
      fieldValue(element, field, { path: elementPath(path, index), binding }),
    ),
  };
}
