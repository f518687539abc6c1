/** Answers of aggregations that divide documents into buckets. */
import {
  type AggregationOf,
  type AggregationPartial,
  type AggregationPartials,
  type BucketAggregation,
  partialOf,
  type SlotsPartial,
} from './aggregation.ts';
import { bucketComparator, firstOf, isByCount, isByKey, metricOrders } from './bucket-order.ts';
import { fillHistogram, type HistogramBucket } from './fill-histogram.ts';
import { numberKey } from './finish-metric.ts';
import { orderNumber } from './metric-value.ts';
import { type ValueText, valueText } from './value-text.ts';

type Answer = Readonly<Record<string, unknown>>;

/** What the answers of buckets are made with. */
export type BucketAnswers = {
  /** Counts buckets of the answer. @throws CoppiceError `LIMIT_EXCEEDED`. */
  readonly take: (count: number) => void;
  /** The answers of the aggregations below a bucket. */
  readonly below: (aggregation: BucketAggregation, given: AggregationPartials | undefined) => Answer;
};

/** The answer of one; as from no documents without a partial. */
export function finishBuckets(
  aggregation: BucketAggregation,
  partial: AggregationPartial | undefined,
  answers: BucketAnswers,
): Answer {
  switch (aggregation.kind) {
    case 'terms':
      return finishTerms(aggregation, partial, answers);
    case 'histogram':
    case 'dateHistogram':
      return finishHistogram(aggregation, partial, answers);
    case 'range':
      return finishRange(aggregation, partial, answers);
    case 'filters':
      return finishFilters(aggregation, partial, answers);
    case 'composite':
      return finishComposite(aggregation, partial, answers);
    case 'filter':
    case 'missing':
    case 'global': {
      const [docCount, given] = slotOf(partial, 0);
      return { doc_count: docCount, ...answers.below(aggregation, given) };
    }
  }
}

function finishTerms(
  aggregation: AggregationOf<'terms'>,
  partial: AggregationPartial | undefined,
  answers: BucketAnswers,
): Answer {
  const { order, size, minDocCount = 1, aggregations = {}, showTermError = false } = aggregation;
  const given = partial?.kind === 'terms' ? partial : { error: 0, otherDocCount: 0, buckets: [] };
  const metrics = metricOrders(order);
  const candidates = given.buckets
    .filter(([, docCount]) => docCount >= minDocCount)
    .map(([key, docCount, error, below]) => ({
      key,
      docCount,
      error,
      below,
      metrics: metrics.map((by) => orderNumber(by, aggregations, (name) => partialOf(below, name))),
    }));
  const matching = candidates.reduce((sum, { docCount }) => sum + docCount, 0);
  const shown = firstOf(candidates, size, bucketComparator(order));
  const shownCount = shown.reduce((sum, { docCount }) => sum + docCount, 0);
  answers.take(shown.length);
  const bound = boundOf(aggregation);
  const text = valueText(aggregation.format);
  return {
    doc_count_error_upper_bound: bound(given.error),
    sum_other_doc_count: given.otherDocCount + matching - shownCount,
    buckets: shown.map(({ key, docCount, error, below }) => ({
      key,
      ...textOf(key, text),
      doc_count: docCount,
      ...(showTermError ? { doc_count_error_upper_bound: bound(error) } : {}),
      ...answers.below(aggregation, below),
    })),
  };
}

/**
 * What is told of an error. By key, the first buckets of all shards are complete unless counts decide which are shown;
 * by anything else than the greatest counts, buckets may be missing whatever the bound, which is told as -1.
 */
function boundOf({ order, minDocCount = 1 }: AggregationOf<'terms'>): (error: number) => number {
  if (isByKey(order) && minDocCount <= 1) return () => 0;
  return isByCount(order) || isByKey(order) ? (error) => error : (error) => (error === 0 ? 0 : -1);
}

function finishHistogram(
  aggregation: AggregationOf<'histogram'> | AggregationOf<'dateHistogram'>,
  partial: AggregationPartial | undefined,
  answers: BucketAnswers,
): Answer {
  const { keyed = false, format } = aggregation;
  const buckets = fillHistogram(aggregation, partial?.kind === 'histogram' ? partial.buckets : [], answers.take);
  const text = valueText(format);
  const shown = orderHistogram(aggregation, buckets).map(([key, docCount, below]) => ({
    ...textOf(key, text),
    key,
    doc_count: docCount,
    ...answers.below(aggregation, below),
  }));
  if (!keyed) return { buckets: shown };
  return { buckets: Object.fromEntries(shown.map((bucket) => [text?.(bucket.key) ?? numberKey(bucket.key), bucket])) };
}

function orderHistogram(
  { order, aggregations = {} }: AggregationOf<'histogram'> | AggregationOf<'dateHistogram'>,
  buckets: readonly HistogramBucket[],
): readonly HistogramBucket[] {
  if (order === undefined) return buckets;
  const metrics = metricOrders(order);
  const compare = bucketComparator(order);
  return buckets
    .map((bucket) => {
      const [key, docCount, below] = bucket;
      const numbers = metrics.map((by) => orderNumber(by, aggregations, (name) => partialOf(below, name)));
      return { key, docCount, metrics: numbers, bucket };
    })
    .sort(compare)
    .map(({ bucket }) => bucket);
}

/** Ranges by where they begin, then by where they end, whatever their order in the request. */
function finishRange(
  aggregation: AggregationOf<'range'>,
  partial: AggregationPartial | undefined,
  answers: BucketAnswers,
): Answer {
  const { ranges, keyed = false, format } = aggregation;
  const text = valueText(format);
  answers.take(ranges.length);
  const shown = ranges
    .map((range, index) => ({ ...range, index }))
    .sort((a, b) => compareEnds(a.from, b.from, -Infinity) || compareEnds(a.to, b.to, Infinity) || a.index - b.index)
    .map(({ key, from, to, index }) => {
      const [docCount, below] = slotOf(partial, index);
      const name = key ?? `${endText(from, text)}-${endText(to, text)}`;
      const ends = { ...endOf('from', from, text), ...endOf('to', to, text) };
      return { key: name, answer: { ...ends, doc_count: docCount, ...answers.below(aggregation, below) } };
    });
  if (keyed) return { buckets: Object.fromEntries(shown.map(({ key, answer }) => [key, answer])) };
  return { buckets: shown.map(({ key, answer }) => ({ key, ...answer })) };
}

function finishFilters(
  aggregation: AggregationOf<'filters'>,
  partial: AggregationPartial | undefined,
  answers: BucketAnswers,
): Answer {
  const { filters, otherKey } = aggregation;
  const isNamed = filters.some(({ key }) => key !== undefined);
  const { keyed = isNamed } = aggregation;
  const keys = [...filters.map(({ key }) => key), ...(otherKey === undefined ? [] : [otherKey])];
  answers.take(keys.length);
  const shown = keys.map((key, index) => {
    const [docCount, below] = slotOf(partial, index);
    return [key ?? '', { doc_count: docCount, ...answers.below(aggregation, below) }] as const;
  });
  if (keyed) return { buckets: Object.fromEntries(shown) };
  return { buckets: shown.map(([key, answer]) => (isNamed ? { key, ...answer } : answer)) };
}

function finishComposite(
  aggregation: AggregationOf<'composite'>,
  partial: AggregationPartial | undefined,
  answers: BucketAnswers,
): Answer {
  const { sources } = aggregation;
  const given = partial?.kind === 'composite' ? partial.buckets : [];
  answers.take(given.length);
  const texts = sources.map(({ format }) => valueText(format));
  const buckets = given.map(([keys, docCount, below]) => {
    const key = Object.fromEntries(sources.map(({ name }, i) => [name, compositeValue(keys[i] ?? null, texts[i])]));
    return { key, doc_count: docCount, ...answers.below(aggregation, below) };
  });
  const last = buckets.at(-1);
  return last === undefined ? { buckets } : { after_key: last.key, buckets };
}

function compositeValue(key: string | number | boolean | null, text: ValueText | undefined): unknown {
  if (typeof key !== 'number' || text === undefined) return key;
  const shown = text(key);
  return shown === 'true' ? true : shown === 'false' ? false : shown;
}

function slotOf(partial: AggregationPartial | undefined, index: number): SlotsPartial['slots'][number] {
  return (partial?.kind === 'slots' ? partial.slots[index] : undefined) ?? [0];
}

function textOf(key: string | number | boolean, text: ValueText | undefined): { key_as_string?: string } {
  return text === undefined || typeof key !== 'number' ? {} : { key_as_string: text(key) };
}

function endText(end: number | undefined, text: ValueText | undefined): string {
  if (end === undefined) return '*';
  return text === undefined ? numberKey(end) : text(end);
}

function endOf(name: 'from' | 'to', end: number | undefined, text: ValueText | undefined): Answer {
  if (end === undefined) return {};
  return text === undefined ? { [name]: end } : { [name]: end, [`${name}_as_string`]: text(end) };
}

function compareEnds(a: number | undefined, b: number | undefined, open: number): number {
  const [left, right] = [a ?? open, b ?? open];
  return left === right ? 0 : left < right ? -1 : 1;
}
