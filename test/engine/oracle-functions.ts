/** Function scores for the oracle, straight from Elasticsearch's documentation. */
import type { EngineDocument } from '../../src/engine/engine.ts';
import type { Query, ScoreFunction } from '../../src/engine/query/query.ts';

type FunctionScore = Extract<Query, { kind: 'functionScore' }>;

/** The score of a document that the query matches with `score`. */
export function functionScore(
  { functions, scoreMode = 'multiply', boostMode = 'multiply', maxBoost = Number.POSITIVE_INFINITY }: FunctionScore,
  {
    score,
    document,
    holds,
  }: { score: number; document: EngineDocument; holds: (filter: Query | undefined) => boolean },
): number {
  if (functions.length === 0) return score;
  const entries = functions
    .filter(({ filter }) => holds(filter))
    .map((each) => ({ value: (each.weight ?? 1) * valueOf(each, document), weight: each.weight ?? 1 }));
  const values = entries.map(({ value }) => value);
  const total = values.reduce((sum, value) => sum + value, 0);
  const modes = {
    multiply: () => values.reduce((product, value) => product * value, 1),
    sum: () => total,
    avg: () => total / entries.reduce((sum, { weight }) => sum + weight, 0),
    first: () => values[0] ?? 1,
    max: () => Math.max(...values),
    min: () => Math.min(...values),
  };
  const factor = Math.min(maxBoost, values.length === 0 ? 1 : modes[scoreMode]());
  const joins = {
    multiply: score * factor,
    replace: factor,
    sum: score + factor,
    avg: (score + factor) / 2,
    max: Math.max(score, factor),
    min: Math.min(score, factor),
  };
  return Math.fround(joins[boostMode]);
}

function valueOf(each: ScoreFunction, document: EngineDocument): number {
  if (each.kind === 'weight') return 1;
  if (each.kind === 'random') throw new Error('the oracle cannot guess');
  const values = (document.fields[each.field] ?? []).map(Number).sort((a, b) => a - b);
  if (each.kind === 'fieldValueFactor') {
    const value = (values[0] ?? each.missing ?? Number.NaN) * (each.factor ?? 1);
    const modified = {
      none: value,
      log: Math.log10(value),
      log1p: Math.log10(1 + value),
      log2p: Math.log10(2 + value),
      ln: Math.log(value),
      ln1p: Math.log(1 + value),
      ln2p: Math.log(2 + value),
      square: value * value,
      sqrt: Math.sqrt(value),
      reciprocal: 1 / value,
    };
    return modified[each.modifier ?? 'none'];
  }
  const { shape, origin, scale, offset = 0, decay = 0.5, multiValueMode = 'min' } = each;
  const distances = values.map((value) => Math.max(0, Math.abs(value - origin) - offset));
  const sum = distances.reduce((total, value) => total + value, 0);
  const modes = {
    min: () => Math.min(...distances),
    max: () => Math.max(...distances),
    sum: () => sum,
    avg: () => sum / distances.length,
  };
  const away = distances.length === 0 ? 0 : modes[multiValueMode]();
  if (shape === 'gauss') return Math.exp((away ** 2 * Math.log(decay)) / scale ** 2);
  if (shape === 'exp') return Math.exp((away * Math.log(decay)) / scale);
  return Math.max(0, 1 - (away * (1 - decay)) / scale);
}
