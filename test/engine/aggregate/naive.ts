/** Aggregations worked out document by document, as plainly as can be: the oracle of the collectors. */
import { DateTime } from 'luxon';
import type {
  Aggregation,
  AggregationOf,
  Aggregations,
  BucketOrder,
  CompositeSource,
} from '../../../src/engine/aggregate/aggregation.ts';
import type { FieldValue } from '../../../src/engine/query/query.ts';
import { asValue, compareValues, matches, type OfField, type Value, valuesOf } from './naive-documents.ts';
import { naiveTopHits } from './naive-top-hits.ts';
import { exactSum } from './rational-sum.ts';
import type { Doc } from './shards.ts';

type Answer = Record<string, unknown>;

/** The answer for the documents of a bucket. `all` are those that `global` sees. */
export function naive(aggregations: Aggregations, docs: readonly Doc[], all: readonly Doc[]): Answer {
  return Object.fromEntries(
    Object.entries(aggregations).map(([name, aggregation]) => {
      const answer = answerOf(aggregation, docs, all);
      return [name, aggregation.meta === undefined ? answer : { meta: aggregation.meta, ...answer }];
    }),
  );
}

function answerOf(aggregation: Aggregation, docs: readonly Doc[], all: readonly Doc[]): Answer {
  const below = (inside: readonly Doc[]): Answer =>
    naive('aggregations' in aggregation ? (aggregation.aggregations ?? {}) : {}, inside, all);
  switch (aggregation.kind) {
    case 'min':
    case 'max':
    case 'sum':
    case 'avg':
      return { value: figures(numbersOf(docs, aggregation))[aggregation.kind] };
    case 'stats':
      return figures(numbersOf(docs, aggregation));
    case 'valueCount':
      return { value: numbersOf(docs, aggregation).length };
    case 'cardinality':
      return { value: new Set(docs.flatMap((doc) => valuesOf(doc, aggregation))).size };
    case 'percentiles': {
      const sorted = numbersOf(docs, aggregation).sort((a, b) => a - b);
      return { values: Object.fromEntries(aggregation.percents.map((p) => [p.toFixed(1), quantile(sorted, p)])) };
    }
    case 'percentileRanks': {
      const values = numbersOf(docs, aggregation);
      const rank = (limit: number): number | null =>
        values.length === 0 ? null : (100 * values.filter((value) => value <= limit).length) / values.length;
      return { values: Object.fromEntries(aggregation.values.map((value) => [value.toFixed(1), rank(value)])) };
    }
    case 'terms':
      return terms(aggregation, docs, below);
    case 'histogram':
      return histogram(aggregation, docs, below);
    case 'range':
      return ranges(aggregation, docs, below);
    case 'filter':
      return bucket(
        docs.filter((doc) => matches(aggregation.query, doc)),
        below,
      );
    case 'filters': {
      const buckets = aggregation.filters.map(({ query }) => docs.filter((doc) => matches(query, doc)));
      if (aggregation.otherKey !== undefined)
        buckets.push(docs.filter((doc) => !aggregation.filters.some(({ query }) => matches(query, doc))));
      const keys = [...aggregation.filters.map(({ key }) => key), aggregation.otherKey];
      if (aggregation.filters[0]?.key === undefined && aggregation.keyed !== true)
        return { buckets: buckets.map((inside) => bucket(inside, below)) };
      return { buckets: Object.fromEntries(buckets.map((inside, i) => [keys[i] ?? '', bucket(inside, below)])) };
    }
    case 'missing':
      return bucket(
        docs.filter((doc) => doc.fields[aggregation.field] === undefined),
        below,
      );
    case 'global':
      return bucket(all, below);
    case 'composite':
      return composite(aggregation, docs, below);
    case 'topHits':
      return naiveTopHits(aggregation, docs);
    case 'dateHistogram':
      return dateHistogram(aggregation, docs, below);
    case 'extendedStats':
      throw new Error('extended stats are tested elsewhere');
  }
}

function bucket(docs: readonly Doc[], below: (inside: readonly Doc[]) => Answer): Answer {
  return { doc_count: docs.length, ...below(docs) };
}

function numbersOf(docs: readonly Doc[], of: OfField): number[] {
  return docs.flatMap((doc) => valuesOf(doc, of)).map(Number);
}

function figures(values: readonly number[]): {
  count: number;
  min: number | null;
  max: number | null;
  avg: number | null;
  sum: number;
} {
  const sum = exactSum(values);
  if (values.length === 0) return { count: 0, min: null, max: null, avg: null, sum };
  return { count: values.length, min: Math.min(...values), max: Math.max(...values), avg: sum / values.length, sum };
}

function quantile(sorted: readonly number[], percent: number): number | null {
  if (sorted.length === 0) return null;
  const rank = (percent / 100) * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
  const part = rank - Math.floor(rank);
  return low === high ? low : low * (1 - part) + high * part;
}

function grouped<K>(docs: readonly Doc[], keysOf: (doc: Doc) => readonly K[]): Map<K, Doc[]> {
  const groups = new Map<K, Doc[]>();
  for (const doc of docs) {
    for (const key of new Set(keysOf(doc))) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [doc]);
      else group.push(doc);
    }
  }
  return groups;
}

/** Only with a `shardSize` that leaves nothing out. */
function terms(
  aggregation: AggregationOf<'terms'>,
  docs: readonly Doc[],
  below: (inside: readonly Doc[]) => Answer,
): Answer {
  const { size, order, minDocCount = 1, include, exclude, format } = aggregation;
  const groups = grouped(docs, (doc) =>
    valuesOf(doc, aggregation).filter((value) => {
      const isIn = (selection: typeof include): boolean =>
        selection !== undefined &&
        ('values' in selection
          ? selection.values.map(asValue).includes(value)
          : new RegExp(`^(?:${selection.pattern})$`, 'u').test(String(value)));
      return (include === undefined || isIn(include)) && !isIn(exclude);
    }),
  );
  const buckets = [...groups]
    .filter(([, inside]) => inside.length >= minDocCount)
    .map(([key, inside]) => ({ key, inside, answer: bucket(inside, below) }))
    .sort((a, b) => {
      for (const criterion of order) {
        const sign = criterion.direction === 'asc' ? 1 : -1;
        const compared = sign * compareBy(criterion, a, b);
        if (compared !== 0) return compared;
      }
      return compareValues(a.key, b.key);
    });
  const other = buckets.slice(size).reduce((sum, { inside }) => sum + inside.length, 0);
  return {
    doc_count_error_upper_bound: 0,
    sum_other_doc_count: other,
    buckets: buckets.slice(0, size).map(({ key, answer }) => ({
      key,
      ...(format?.type === 'boolean' ? { key_as_string: key === 0 ? 'false' : 'true' } : {}),
      ...answer,
    })),
  };
}

type TermsEntry = { readonly key: Value; readonly inside: readonly Doc[]; readonly answer: Answer };

function compareBy(criterion: BucketOrder, a: TermsEntry, b: TermsEntry): number {
  if (criterion.by === 'count') return a.inside.length - b.inside.length;
  if (criterion.by === 'key') return compareValues(a.key, b.key);
  if (criterion.by !== 'metric') return 0;
  const [left, right] = [metricOf(a.answer, criterion), metricOf(b.answer, criterion)];
  if (left === null || right === null) {
    const last = criterion.direction === 'asc' ? 1 : -1;
    return left === right ? 0 : left === null ? last : -last;
  }
  return left - right;
}

function metricOf(answer: Answer, { path, property }: Extract<BucketOrder, { by: 'metric' }>): number | null {
  let at: unknown = answer;
  for (const name of path) at = (at as Answer)[name];
  const found = at as Answer;
  if ('doc_count' in found) return found['doc_count'] as number;
  return (property === undefined ? found['value'] : found[property]) as number | null;
}

function histogram(
  aggregation: AggregationOf<'histogram'>,
  docs: readonly Doc[],
  below: (inside: readonly Doc[]) => Answer,
): Answer {
  const { interval, offset = 0, minDocCount = 0, extendedBounds, hardBounds } = aggregation;
  const round = (value: number): number => Math.floor((value - offset) / interval) * interval + offset + 0;
  const groups = grouped(docs, (doc) =>
    valuesOf(doc, aggregation)
      .map((value) => round(Number(value)))
      .filter((key) => key >= (hardBounds?.min ?? -Infinity) && key <= (hardBounds?.max ?? Infinity)),
  );
  const keys = [...groups.keys()];
  const ends = extendedBounds === undefined ? [] : [round(extendedBounds.min ?? 0), round(extendedBounds.max ?? 0)];
  if (minDocCount === 0 && keys.length + ends.length > 0) {
    const [least, greatest] = [Math.min(...keys, ...ends), Math.max(...keys, ...ends)];
    for (let key = least; key <= greatest; key += interval) if (!groups.has(key)) groups.set(key, []);
  }
  const buckets = [...groups]
    .filter(([, inside]) => inside.length >= minDocCount)
    .sort(([a], [b]) => a - b)
    .map(([key, inside]) => ({ key, ...bucket(inside, below) }));
  return { buckets };
}

/** Calendar intervals by luxon. */
function dateHistogram(
  aggregation: AggregationOf<'dateHistogram'>,
  docs: readonly Doc[],
  below: (inside: readonly Doc[]) => Answer,
): Answer {
  const { interval, timeZone = 'UTC', minDocCount = 0 } = aggregation;
  if (!('calendar' in interval)) throw new Error('fixed intervals are tested elsewhere');
  const at = (timeMs: number): DateTime => DateTime.fromMillis(timeMs, { zone: timeZone });
  const groups = grouped(docs, (doc) =>
    valuesOf(doc, aggregation).map((value) => at(Number(value)).startOf(interval.calendar).toMillis()),
  );
  if (minDocCount === 0 && groups.size > 0) {
    const last = Math.max(...groups.keys());
    for (let key = Math.min(...groups.keys()); key < last; ) {
      if (!groups.has(key)) groups.set(key, []);
      key = at(key)
        .plus({ [interval.calendar]: 1 })
        .startOf(interval.calendar)
        .toMillis();
    }
  }
  const buckets = [...groups]
    .filter(([, inside]) => inside.length >= minDocCount)
    .sort(([a], [b]) => a - b)
    .map(([key, inside]) => ({ key, ...bucket(inside, below) }));
  return { buckets };
}

function ranges(
  { ranges: asked, field, missing }: AggregationOf<'range'>,
  docs: readonly Doc[],
  below: (inside: readonly Doc[]) => Answer,
): Answer {
  const text = (end: number | undefined): string =>
    end === undefined ? '*' : Number.isInteger(end) ? end.toFixed(1) : String(end);
  const of = missing === undefined ? { field } : { field, missing };
  const buckets = asked.map(({ key, from, to }) => {
    const inside = docs.filter((doc) =>
      valuesOf(doc, of).some((value) => Number(value) >= (from ?? -Infinity) && Number(value) < (to ?? Infinity)),
    );
    return {
      from,
      to,
      answer: {
        key: key ?? `${text(from)}-${text(to)}`,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...bucket(inside, below),
      },
    };
  });
  buckets.sort((a, b) => (a.from ?? -Infinity) - (b.from ?? -Infinity) || (a.to ?? Infinity) - (b.to ?? Infinity) || 0);
  return { buckets: buckets.map(({ answer }) => answer) };
}

function composite(
  { sources, size, after }: AggregationOf<'composite'>,
  docs: readonly Doc[],
  below: (inside: readonly Doc[]) => Answer,
): Answer {
  const groups = grouped(docs, (doc) => {
    let keys: (Value | null)[][] = [[]];
    for (const source of sources) keys = keys.flatMap((key) => sourceKeys(source, doc).map((value) => [...key, value]));
    return keys.map((key) => JSON.stringify(key));
  });
  const compare = (a: readonly (FieldValue | null)[], b: readonly (FieldValue | null)[]): number => {
    for (const [i, { order }] of sources.entries()) {
      const [left, right] = [a[i] ?? null, b[i] ?? null];
      const compared =
        left === right ? 0 : left === null ? -1 : right === null ? 1 : compareValues(asValue(left), asValue(right));
      if (compared !== 0) return order === 'desc' ? -compared : compared;
    }
    return 0;
  };
  const shown = [...groups]
    .map(([key, inside]) => ({ key: JSON.parse(key) as (Value | null)[], inside }))
    .filter(({ key }) => after === undefined || compare(key, after) > 0)
    .sort((a, b) => compare(a.key, b.key))
    .slice(0, size)
    .map(({ key, inside }) => ({
      key: Object.fromEntries(sources.map(({ name }, i) => [name, key[i]])),
      ...bucket(inside, below),
    }));
  const last = shown.at(-1);
  return { ...(last === undefined ? {} : { after_key: last.key }), buckets: shown };
}

function sourceKeys(source: CompositeSource, doc: Doc): (Value | null)[] {
  const values = valuesOf(doc, source);
  if (values.length === 0) return source.missingBucket === true ? [null] : [];
  return source.kind === 'histogram'
    ? values.map((value) => Math.floor(Number(value) / source.interval) * source.interval + 0)
    : values;
}
