/**
 * Functions of function scores, by the formulas of Elasticsearch (`FieldValueFactorFunction`, `DecayFunctionBuilder`,
 * `FunctionScoreQuery`), in float64.
 */
import { CoppiceError } from '../../errors.ts';
import type { Column, PartDocuments } from '../part/index-part.ts';
import { finishHash, HASH_START, hashByte } from '../part/term-bytes.ts';
import type { ScoreFunction } from '../query/query.ts';

type FunctionOf<K extends ScoreFunction['kind']> = Extract<ScoreFunction, { kind: K }>;
type Modifier = NonNullable<FunctionOf<'fieldValueFactor'>['modifier']>;
type Shape = FunctionOf<'decay'>['shape'];

/** What a function reads of a part. */
export type FunctionSource = {
  readonly documents: PartDocuments;
  column(field: string): Column | undefined;
};

/** How functions' values become one factor. */
export type ScoreMode = 'multiply' | 'sum' | 'avg' | 'first' | 'max' | 'min';
/** How a factor joins a score. */
export type BoostMode = 'multiply' | 'replace' | 'sum' | 'avg' | 'max' | 'min';

/** The value of a function by ordinal, its weight included. */
export function functionOn(scoreFunction: ScoreFunction, source: FunctionSource): (ordinal: number) => number {
  const weight = Math.fround(scoreFunction.weight ?? 1);
  if (scoreFunction.kind === 'weight') return () => weight;
  const value = unweighted(scoreFunction, source);
  return scoreFunction.weight === undefined ? value : (ordinal) => value(ordinal) * weight;
}

function unweighted(
  scoreFunction: Exclude<ScoreFunction, { kind: 'weight' }>,
  source: FunctionSource,
): (ordinal: number) => number {
  if (scoreFunction.kind === 'random') return randomOf(scoreFunction.seed, source.documents);
  const column = source.column(scoreFunction.field);
  return scoreFunction.kind === 'decay' ? decayOf(scoreFunction, column) : fieldValueOf(scoreFunction, column);
}

/** Several values as one factor; 1 if there are none. */
export class FactorSum {
  readonly #mode: ScoreMode;
  #factor = 1;
  #sum = 0;
  #weights = 0;
  #count = 0;

  constructor(mode: ScoreMode) {
    this.#mode = mode;
  }

  /** Begins with another document. */
  reset(): void {
    this.#factor = 1;
    this.#sum = 0;
    this.#weights = 0;
    this.#count = 0;
  }

  /** Adds the value of a function with its weight. Tells whether more are of interest. */
  add(value: number, weight: number): boolean {
    const isFirst = this.#count++ === 0;
    if (this.#mode === 'multiply') this.#factor *= value;
    else if (this.#mode === 'max') this.#factor = isFirst ? value : Math.max(this.#factor, value);
    else if (this.#mode === 'min') this.#factor = isFirst ? value : Math.min(this.#factor, value);
    else if (this.#mode === 'first') this.#factor = value;
    this.#sum += value;
    this.#weights += weight;
    return this.#mode !== 'first';
  }

  get factor(): number {
    if (this.#mode !== 'sum' && this.#mode !== 'avg') return this.#factor;
    if (this.#weights === 0) return 1;
    return this.#mode === 'sum' ? this.#sum : this.#sum / this.#weights;
  }
}

/** Greatest boost and function score: sums of as many as a query can have stay finite in float32. */
export const MAX_SCORE_FACTOR = 1e30;

/**
 * Joins a factor and a score, float32.
 *
 * @throws CoppiceError `BAD_REQUEST` if the result is negative, no number, or above `MAX_SCORE_FACTOR`.
 */
export function combineScore(score: number, factor: number, mode: BoostMode, maxBoost: number): number {
  const bounded = Math.min(factor, maxBoost);
  const combined = Math.fround(COMBINE[mode](score, bounded));
  if (combined >= 0 && combined <= MAX_SCORE_FACTOR) return combined;
  throw new CoppiceError('BAD_REQUEST', `a function score gave an invalid score: ${combined}`);
}

const COMBINE: Readonly<Record<BoostMode, (score: number, factor: number) => number>> = {
  multiply: (score, factor) => score * factor,
  replace: (_score, factor) => factor,
  sum: (score, factor) => score + factor,
  avg: (score, factor) => (score + factor) / 2,
  max: (score, factor) => Math.max(score, factor),
  min: (score, factor) => Math.min(score, factor),
};

const MODIFY: Readonly<Record<Modifier, (value: number) => number>> = {
  none: (value) => value,
  log: (value) => Math.log10(value),
  log1p: (value) => Math.log10(value + 1),
  log2p: (value) => Math.log10(value + 2),
  ln: (value) => Math.log(value),
  ln1p: (value) => Math.log1p(value),
  ln2p: (value) => Math.log1p(value + 1),
  square: (value) => value ** 2,
  sqrt: (value) => Math.sqrt(value),
  reciprocal: (value) => 1 / value,
};

function fieldValueOf(
  { field, factor = 1, modifier = 'none', missing }: FunctionOf<'fieldValueFactor'>,
  column: Column | undefined,
): (ordinal: number) => number {
  const modify = MODIFY[modifier];
  const multiplier = Math.fround(factor);
  return (ordinal) => {
    const value = column?.has(ordinal) === true ? column.at(column.start(ordinal)) : missing;
    if (value === undefined)
      throw new CoppiceError('BAD_REQUEST', `missing value for field \`${field}\` in field_value_factor`);
    const result = modify(value * multiplier);
    if (result >= 0) return result;
    throw new CoppiceError(
      'BAD_REQUEST',
      `field_value_factor must not give negative scores, but gave ${result} for \`${field}\` = ${value}`,
    );
  };
}

function decayOf(
  { shape, origin, scale, offset = 0, decay = 0.5, multiValueMode = 'min' }: FunctionOf<'decay'>,
  column: Column | undefined,
): (ordinal: number) => number {
  const evaluate = decayShape(shape, scale, decay);
  const distance = (value: number): number => Math.max(0, Math.abs(value - origin) - offset);
  return (ordinal) => {
    if (column?.has(ordinal) !== true) return evaluate(0);
    const [start, end] = [column.start(ordinal), column.end(ordinal)];
    let [least, greatest, sum] = [Number.POSITIVE_INFINITY, 0, 0];
    for (let i = start; i < end; i++) {
      const value = distance(column.at(i));
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
      sum += value;
    }
    if (multiValueMode === 'min') return evaluate(least);
    if (multiValueMode === 'max') return evaluate(greatest);
    return evaluate(multiValueMode === 'sum' ? sum : sum / (end - start));
  };
}

function decayShape(shape: Shape, scale: number, decay: number): (distance: number) => number {
  if (shape === 'gauss') {
    const variance = (0.5 * scale ** 2) / Math.log(decay);
    return (distance) => Math.exp((0.5 * distance ** 2) / variance);
  }
  if (shape === 'exp') {
    const rate = Math.log(decay) / scale;
    return (distance) => Math.exp(rate * distance);
  }
  const reach = scale / (1 - decay);
  return (distance) => Math.max(0, (reach - distance) / reach);
}

/** A number in [0, 1) from a hash of the seed and the document's id. */
function randomOf(seed: number | string, documents: PartDocuments): (ordinal: number) => number {
  const start = hashText(HASH_START, `${seed}\u0000`);
  return (ordinal) => (finishHash(hashText(start, documents.id(ordinal))) >>> 8) / 2 ** 24;
}

function hashText(start: number, text: string): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    hash = hashByte(hashByte(hash, unit & 0xff), unit >>> 8);
  }
  return hash;
}
