/** What aggregations must be, kind by kind, before they are looked at any further. */
import { CoppiceError } from '../../errors.ts';
import { type Aggregation, type CompositeSource, MAX_AGGREGATION_DEPTH } from '../aggregate/aggregation.ts';
import { isQuery } from './check-query.ts';
import {
  anyOf,
  between,
  byKind,
  type Check,
  ensure,
  isAnything,
  isCount,
  isFieldValue,
  isFinite,
  isFlag,
  isPositive,
  isText,
  type Keys,
  listOf,
  objectOf,
  oneOf,
  recordOf,
  wholeFrom,
} from './checks.ts';

/** Levels of the aggregations at hand. */
let levels = 0;

/**
 * Checks aggregations.
 *
 * @throws CoppiceError `BAD_REQUEST` for what is none, `LIMIT_EXCEEDED` beyond 16 levels below the first.
 */
export function checkAggregations(aggregations: unknown): void {
  levels = 0;
  ensure('aggregations', aggregations, isLevel);
}

const isNamed = recordOf((value) => isOfKind(value));

const isLevel: Check = (value) => {
  if (levels > MAX_AGGREGATION_DEPTH)
    throw new CoppiceError('LIMIT_EXCEEDED', `aggregations nest deeper than ${MAX_AGGREGATION_DEPTH} levels`);
  levels++;
  const problem = isNamed(value);
  levels--;
  return problem;
};

const isDirection = oneOf('asc', 'desc');
const isOrderByPath = objectOf(
  { by: oneOf('metric'), direction: isDirection, path: listOf(isText) },
  { property: isText },
);
const isOrder = listOf(
  anyOf('a criterion of order', objectOf({ by: oneOf('count', 'key'), direction: isDirection }), isOrderByPath),
);
const isFormat = anyOf(
  'a format',
  objectOf({ type: oneOf('boolean') }),
  objectOf({ type: oneOf('date') }, { pattern: isText, timeZone: isText }),
);
const isSelection = anyOf(
  'values or a pattern',
  objectOf({ values: listOf(isFieldValue) }),
  objectOf({ pattern: isText }),
);
const isDateInterval = anyOf(
  'a unit of the calendar or a number of milliseconds',
  objectOf({ calendar: oneOf('minute', 'hour', 'day', 'week', 'month', 'quarter', 'year') }),
  objectOf({ fixedMs: between(1, Number.MAX_SAFE_INTEGER) }),
);
const isBounds = objectOf({}, { min: isFinite, max: isFinite });
const isKeyOrNull: Check = (value) => (value === null ? undefined : isFieldValue(value));

const SOURCE: Keys = { order: isDirection, missingBucket: isFlag, format: isFormat };
const isSource = byKind({
  terms: objectOf({ kind: isAnything, name: isText, field: isText }, SOURCE),
  histogram: objectOf({ kind: isAnything, name: isText, field: isText, interval: isPositive }, SOURCE),
  dateHistogram: objectOf(
    { kind: isAnything, name: isText, field: isText, interval: isDateInterval },
    { ...SOURCE, timeZone: isText, offsetMs: isFinite },
  ),
} satisfies Record<CompositeSource['kind'], Check>);

const HISTOGRAM: Keys = {
  minDocCount: isCount,
  extendedBounds: isBounds,
  hardBounds: isBounds,
  order: isOrder,
  keyed: isFlag,
  missing: isFinite,
  format: isFormat,
};
const QUANTILES: Keys = { missing: isFinite, keyed: isFlag, accuracy: between(1e-6, 0.99) };
const isFigure = metric({}, { missing: isFinite });
const isHitsSort = objectOf({ field: isText, order: isDirection }, { missing: oneOf('_first', '_last') });

const isOfKind: Check = byKind({
  min: isFigure,
  max: isFigure,
  sum: isFigure,
  avg: isFigure,
  stats: isFigure,
  extendedStats: metric({}, { missing: isFinite, sigma: between(0, Number.MAX_VALUE) }),
  valueCount: metric({}, { missing: isFieldValue }),
  cardinality: metric({}, { missing: isFieldValue, precisionThreshold: isCount }),
  percentiles: metric({ percents: listOf(between(0, 100)) }, QUANTILES),
  percentileRanks: metric({ values: listOf(isFinite) }, QUANTILES),
  terms: bucket(
    { field: isText, size: wholeFrom(1), shardSize: wholeFrom(1), order: isOrder },
    {
      minDocCount: isCount,
      include: isSelection,
      exclude: isSelection,
      missing: isFieldValue,
      showTermError: isFlag,
      format: isFormat,
    },
  ),
  histogram: bucket({ field: isText, interval: isPositive }, { ...HISTOGRAM, offset: isFinite }),
  dateHistogram: bucket(
    { field: isText, interval: isDateInterval },
    { ...HISTOGRAM, timeZone: isText, offsetMs: isFinite },
  ),
  range: bucket(
    { field: isText, ranges: listOf(objectOf({}, { key: isText, from: isFinite, to: isFinite })) },
    { keyed: isFlag, missing: isFinite, format: isFormat },
  ),
  filter: bucket({ query: isQuery }),
  filters: bucket(
    { filters: listOf(objectOf({ query: isQuery }, { key: isText })) },
    { otherKey: isText, keyed: isFlag },
  ),
  missing: bucket({ field: isText }),
  global: bucket({}),
  composite: bucket({ sources: listOf(isSource, 1), size: wholeFrom(1) }, { after: listOf(isKeyOrNull) }),
  topHits: objectOf(
    { kind: isAnything, from: isCount, size: isCount, source: isFlag },
    { meta: isAnything, sort: listOf(isHitsSort) },
  ),
} satisfies Record<Aggregation['kind'], Check>);

function metric(required: Keys, optional: Keys): Check {
  return objectOf(
    { kind: isAnything, field: isText, ...required },
    { meta: isAnything, format: isFormat, ...optional },
  );
}

function bucket(required: Keys, optional: Keys = {}): Check {
  return objectOf({ kind: isAnything, ...required }, { meta: isAnything, aggregations: isLevel, ...optional });
}
