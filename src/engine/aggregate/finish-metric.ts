/** Answers of aggregations that give numbers. */
import type { AggregationPartial, MetricAggregation, StatsPartial } from './aggregation.ts';
import { cardinalityOf, extendedStatsOf, quantilesOf, statsOf } from './metric-value.ts';
import { type ValueText, valueText } from './value-text.ts';

type Answer = Readonly<Record<string, unknown>>;

const NO_VALUES: StatsPartial = { kind: 'stats', count: 0, sum: [], min: null, max: null };

/** The answer of one; as from no documents without a partial. */
export function finishMetric(aggregation: MetricAggregation, partial: AggregationPartial | undefined): Answer {
  const text = valueText(aggregation.format);
  const figures = partial?.kind === 'stats' ? partial : NO_VALUES;
  switch (aggregation.kind) {
    case 'min':
    case 'max':
    case 'sum':
    case 'avg':
      return withText({ value: statsOf(figures)[aggregation.kind] }, text);
    case 'stats':
      return statsAnswer(figures, text);
    case 'extendedStats':
      return { ...statsAnswer(figures, text), ...spreadAnswer(figures, aggregation.sigma ?? 2) };
    case 'valueCount':
      return { value: partial?.kind === 'count' ? partial.count : 0 };
    case 'cardinality':
      return { value: partial?.kind === 'cardinality' ? cardinalityOf(aggregation, partial) : 0 };
    case 'percentiles': {
      const quantiles = quantilesOf(aggregation, partial?.kind === 'quantiles' ? partial : { kind: 'quantiles' });
      return quantilesAnswer(aggregation.percents, (percent) => quantiles.valueAt(percent), { ...aggregation, text });
    }
    case 'percentileRanks': {
      const quantiles = quantilesOf(aggregation, partial?.kind === 'quantiles' ? partial : { kind: 'quantiles' });
      return quantilesAnswer(aggregation.values, (value) => quantiles.rankOf(value), {
        ...aggregation,
        text: undefined,
      });
    }
  }
}

function statsAnswer(partial: StatsPartial, text: ValueText | undefined): Answer {
  const { count, min, max, avg, sum } = statsOf(partial);
  return withText({ count, min, max, avg, sum }, text, 'count');
}

function spreadAnswer(partial: StatsPartial, sigma: number): Answer {
  const { avg } = statsOf(partial);
  const { sumOfSquares, variancePopulation, varianceSampling } = extendedStatsOf(partial);
  const population = rootOf(variancePopulation);
  const sampling = rootOf(varianceSampling);
  const bound = (deviation: number | null, sign: number): number | null =>
    avg === null || deviation === null ? null : avg + sign * sigma * deviation;
  return {
    sum_of_squares: sumOfSquares,
    variance: variancePopulation,
    variance_population: variancePopulation,
    variance_sampling: varianceSampling,
    std_deviation: population,
    std_deviation_population: population,
    std_deviation_sampling: sampling,
    std_deviation_bounds: {
      upper: bound(population, 1),
      lower: bound(population, -1),
      upper_population: bound(population, 1),
      lower_population: bound(population, -1),
      upper_sampling: bound(sampling, 1),
      lower_sampling: bound(sampling, -1),
    },
  };
}

type QuantilesShape = { readonly keyed?: boolean; readonly text: ValueText | undefined };

/** Keys are numbers with a point, as Elasticsearch writes them: `"50.0"`. */
function quantilesAnswer(
  asked: readonly number[],
  answerOf: (asked: number) => number | null,
  { keyed = true, text }: QuantilesShape,
): Answer {
  const pairs = asked.toSorted((a, b) => a - b).map((key) => [key, answerOf(key)] as const);
  if (!keyed) return { values: pairs.map(([key, value]) => ({ key, ...withText({ value }, text) })) };
  const entries = pairs.flatMap(([key, value]): [string, unknown][] => {
    const name = numberKey(key);
    const shown: [string, unknown] = [name, value];
    return text === undefined || value === null ? [shown] : [shown, [`${name}_as_string`, text(value)]];
  });
  return { values: Object.fromEntries(entries) };
}

/** A number as Java writes a double, where it is not very large or small. */
export function numberKey(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e7 ? value.toFixed(1) : String(value);
}

/** Adds `…_as_string` beside each number, if values of the field have a text. */
function withText(
  figures: Readonly<Record<string, number | null>>,
  text: ValueText | undefined,
  ...except: string[]
): Answer {
  if (text === undefined) return figures;
  const texts = Object.entries(figures).flatMap(([name, value]): [string, unknown][] =>
    value === null || except.includes(name) ? [] : [[`${name}_as_string`, text(value)]],
  );
  return { ...figures, ...Object.fromEntries(texts) };
}

function rootOf(variance: number | null): number | null {
  return variance === null ? null : Math.sqrt(variance);
}
