/**
 * Runs aggregations over the matches of a search: a tree of collectors made from the tree of the request, fed with
 * windows of bits. What comes out is a partial result, to be merged with those of other shards.
 */
import { CoppiceError } from '../../errors.ts';
import type { WindowSink } from '../collect/window-sink.ts';
import type { SearchLimits } from '../engine.ts';
import { type IndexPart, WINDOW } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import { compileFilter } from '../query/compiled-filter.ts';
import type { FieldValue } from '../query/query.ts';
import {
  type Aggregation,
  type AggregationPartials,
  type Aggregations,
  type BucketAggregation,
  MAX_AGGREGATION_DEPTH,
  type MetricAggregation,
} from './aggregation.ts';
import { Budget } from './budget.ts';
import { type Batch, type Collector, SubCollectors } from './collector.ts';
import { CompositeCollector } from './composite-collector.ts';
import { MissingCollector, ValueCountCollector } from './count-collectors.ts';
import { FiltersCollector } from './filters-collector.ts';
import { HistogramCollector } from './histogram-collector.ts';
import { RangeCollector } from './range-collector.ts';
import { DateRounding, NumberRounding } from './rounding.ts';
import { CardinalityCollector, QuantilesCollector } from './sketch-collectors.ts';
import { StatsCollector } from './stats-collector.ts';
import { TermsCollector } from './terms-collector.ts';
import { TopHitsCollector } from './top-hits-collector.ts';

/** Aggregations at work. */
export type Aggregators = {
  /** Takes the matches of the search. */
  readonly sink: WindowSink;
  /** What they gave; to be called once, after the last window. */
  partials(): AggregationPartials;
};

/**
 * Makes ready to aggregate over a view.
 *
 * @throws CoppiceError `BAD_REQUEST` for a text field, an aggregation that its field's type does not have, a `global`
 * that is not at the top, an unknown time zone; `LIMIT_EXCEEDED` for too many levels, and, while it runs, beyond `limits`.
 */
export function createAggregators(aggregations: Aggregations, view: ShardView, limits: SearchLimits = {}): Aggregators {
  const site: Site = { view, budget: new Budget(limits), depth: 0, isTop: true };
  const globals = Object.entries(aggregations).filter(([, { kind }]) => kind === 'global');
  const others = Object.entries(aggregations).filter(([, { kind }]) => kind !== 'global');
  const matched = new SubCollectors(collectorsOf(Object.fromEntries(others), site));
  const everywhere = globals.map(([name, aggregation]) => [name, belowOf(aggregation, site)] as const);
  const sink = new MatchSink(matched);
  return {
    sink,
    partials: () => {
      const order = new Map<string, AggregationPartials[string]>(Object.entries(matched.partials(0)[0] ?? {}));
      for (const [name, below] of everywhere) order.set(name, globalPartial(view.parts, below));
      return Object.fromEntries(
        Object.keys(aggregations).flatMap((name) => {
          const partial = order.get(name);
          return partial === undefined ? [] : [[name, partial] as const];
        }),
      );
    },
  };
}

/** Where in the tree an aggregation stands. */
type Site = {
  readonly view: ShardView;
  readonly budget: Budget;
  readonly depth: number;
  /** Whether the level above has one bucket only. */
  readonly isTop: boolean;
};

function collectorsOf(aggregations: Aggregations, site: Site): ReadonlyMap<string, Collector> {
  if (site.depth > MAX_AGGREGATION_DEPTH)
    throw new CoppiceError('LIMIT_EXCEEDED', `aggregations nest deeper than ${MAX_AGGREGATION_DEPTH} levels`);
  return new Map(Object.entries(aggregations).map(([name, aggregation]) => [name, collectorOf(aggregation, site)]));
}

function belowOf(aggregation: Aggregation, site: Site, isTop = site.isTop): SubCollectors {
  const below = 'aggregations' in aggregation ? (aggregation.aggregations ?? {}) : {};
  return new SubCollectors(collectorsOf(below, { ...site, depth: site.depth + 1, isTop }));
}

function collectorOf(aggregation: Aggregation, site: Site): Collector {
  switch (aggregation.kind) {
    case 'topHits':
      return new TopHitsCollector(aggregation, site.budget);
    case 'min':
    case 'max':
    case 'sum':
    case 'avg':
    case 'stats':
    case 'extendedStats':
    case 'valueCount':
    case 'cardinality':
    case 'percentiles':
    case 'percentileRanks':
      return metricCollector(aggregation, site);
    case 'terms':
    case 'histogram':
    case 'dateHistogram':
    case 'range':
    case 'filter':
    case 'filters':
    case 'missing':
    case 'global':
    case 'composite':
      return bucketCollector(aggregation, site);
  }
}

function metricCollector(aggregation: MetricAggregation, site: Site): Collector {
  const { view, budget } = site;
  const { field, missing } = aggregation;
  switch (aggregation.kind) {
    case 'valueCount':
      typeOf(field, view);
      return new ValueCountCollector({ field, countsMissing: missing !== undefined });
    case 'cardinality': {
      const isKeyword = hasKeywords(aggregation, view);
      return new CardinalityCollector({ field, missing, threshold: aggregation.precisionThreshold, isKeyword }, budget);
    }
    case 'percentiles':
    case 'percentileRanks':
      checkNumeric(aggregation, view);
      return new QuantilesCollector(aggregation, budget);
    case 'min':
    case 'max':
    case 'sum':
    case 'avg':
    case 'stats':
    case 'extendedStats':
      return statsCollector(aggregation, site);
  }
}

function bucketCollector(aggregation: BucketAggregation, site: Site): Collector {
  const { view, budget, isTop } = site;
  if ('field' in aggregation && aggregation.kind !== 'terms' && aggregation.kind !== 'missing')
    checkNumeric(aggregation, view);
  switch (aggregation.kind) {
    case 'terms': {
      const context = { isKeyword: hasKeywords(aggregation, view), isTop, parts: view.parts, budget };
      return new TermsCollector(aggregation, context, belowOf(aggregation, site, false));
    }
    case 'histogram': {
      const options = { ...aggregation, rounding: new NumberRounding(aggregation) };
      return new HistogramCollector(options, belowOf(aggregation, site, false), budget);
    }
    case 'dateHistogram': {
      const options = { ...aggregation, rounding: new DateRounding(aggregation) };
      return new HistogramCollector(options, belowOf(aggregation, site, false), budget);
    }
    case 'range':
      return new RangeCollector(aggregation, belowOf(aggregation, site, false));
    case 'filter': {
      const filters = [compileFilter(view, aggregation.query)];
      return new FiltersCollector({ filters, hasOther: false }, belowOf(aggregation, site));
    }
    case 'filters': {
      const filters = aggregation.filters.map(({ query }) => compileFilter(view, query));
      const hasOther = aggregation.otherKey !== undefined;
      return new FiltersCollector({ filters, hasOther }, belowOf(aggregation, site, false));
    }
    case 'missing':
      typeOf(aggregation.field, view);
      return new MissingCollector(aggregation.field, belowOf(aggregation, site));
    case 'global':
      throw new CoppiceError('BAD_REQUEST', 'a [global] aggregation cannot be below another one');
    case 'composite': {
      for (const source of aggregation.sources) if (source.kind !== 'terms') checkNumeric(source, view);
      const isKeyword = (field: string): boolean => typeOf(field, view) === 'keyword';
      return new CompositeCollector(aggregation, { isKeyword, budget }, belowOf(aggregation, site, false));
    }
  }
}

function statsCollector(
  aggregation: Extract<Aggregation, { kind: 'min' | 'max' | 'sum' | 'avg' | 'stats' | 'extendedStats' }>,
  { view, budget }: Site,
): Collector {
  checkNumeric(aggregation, view);
  const { kind, field, missing } = aggregation;
  const isWhole = kind === 'stats' || kind === 'extendedStats';
  const sums = isWhole || kind === 'sum' || kind === 'avg';
  const extremes = isWhole || kind === 'min' || kind === 'max';
  return new StatsCollector({ field, missing, sums, extremes, squares: kind === 'extendedStats' }, budget);
}

/** The type of a field; undefined if there is none, which is a field that no document has. */
function typeOf(field: string, { fields }: ShardView): string | undefined {
  const type = fields.get(field)?.type;
  if (type !== 'text') return type;
  throw new CoppiceError('BAD_REQUEST', `field [${field}] of type [text] cannot be aggregated, use a keyword field`);
}

/** Whether keys are strings. Of a field that there is not, what stands for missing values tells. */
function hasKeywords(
  { field, missing }: { readonly field: string; readonly missing?: FieldValue },
  view: ShardView,
): boolean {
  const type = typeOf(field, view);
  return type === undefined ? missing === undefined || typeof missing === 'string' : type === 'keyword';
}

function checkNumeric({ field, kind }: { readonly field: string; readonly kind: string }, view: ShardView): void {
  if (typeOf(field, view) === 'keyword')
    throw new CoppiceError(
      'BAD_REQUEST',
      `field [${field}] of type [keyword] is not supported for aggregation [${kind}]`,
    );
}

/** Hands the windows of a search on as batches; everything is in bucket 0. */
class MatchSink implements WindowSink {
  readonly needsScores: boolean;
  readonly #collectors: SubCollectors;

  constructor(collectors: SubCollectors) {
    this.#collectors = collectors;
    this.needsScores = collectors.needsScores;
  }

  startPart(part: IndexPart): void {
    this.#collectors.startPart(part);
  }

  window(base: number, bits: Uint32Array, scores: Float32Array): void {
    const { batch } = this.#collectors;
    batch.base = base;
    batch.scores = scores;
    fillBatch(batch, bits);
    this.#collectors.flush();
  }
}

/** Fills a batch with the ordinals of a window. Buckets are left at 0. */
function fillBatch(batch: Batch, bits: Uint32Array): void {
  const { base, ordinals } = batch;
  let count = 0;
  for (let index = 0; index < WINDOW / 32; index++) {
    for (let word = bits[index]!; word !== 0; word &= word - 1)
      ordinals[count++] = base + index * 32 + 31 - Math.clz32(word & -word);
  }
  batch.count = count;
}

/** Goes over all live documents of a shard, which all score 1. */
function globalPartial(parts: readonly IndexPart[], below: SubCollectors): AggregationPartials[string] {
  const sink = new MatchSink(below);
  const scores = new Float32Array(sink.needsScores ? WINDOW : 0).fill(1);
  let docCount = 0;
  for (const part of parts) {
    docCount += part.liveCount;
    if (below.isEmpty) continue;
    sink.startPart(part);
    for (let base = 0; base < part.endOrdinal; base += WINDOW) {
      const bits = new Uint32Array(WINDOW / 32);
      bits.set(part.live.subarray(base / 32, base / 32 + WINDOW / 32));
      sink.window(base, bits, scores);
    }
  }
  return { kind: 'slots', slots: [[docCount, ...below.partials(0)]] };
}
