/**
 * A sort key at work in one part. Values become ranks, numbers of which the lower one comes first, so that hits of a part
 * are ordered without looking at strings; across parts values are compared as such.
 */
import { CoppiceError } from '../../errors.ts';
import type { SortKey } from '../engine.ts';
import { COLUMN_BLOCK, type Column, type IndexPart, type InvertedField, WINDOW } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import type { FieldValue } from '../query/query.ts';
import { countWindow, lowestBit, WINDOW_WORDS } from '../query/window.ts';
import { compareStrings } from './compare-strings.ts';

/** A sort value: null where it is missing. */
export type SortValue = FieldValue | null;

/** Matches of a window: first ordinal, bits, scores by place (empty where none are known). */
export type MatchWindow = { readonly base: number; readonly bits: Uint32Array; readonly scores: Float32Array };

/** Ranks up to `rank`, without it if `isStrict`. */
export type RankBound = { readonly rank: number; readonly isStrict: boolean };

/** A key whose ranks are `sign` times the values of a column that has one for each document. */
export type ColumnRanks = { readonly column: Column; readonly sign: number };

/** A key in a part. */
export interface PartKey {
  /** Undefined where ranks are made in another way. */
  readonly columnRanks?: ColumnRanks | undefined;
  /** Rank of a hit. */
  rank(ordinal: number, score: number): number;
  /** Finds the places of a window that rank low enough; gives their number. `places` has room for all. */
  select(window: MatchWindow, bound: RankBound, places: Uint32Array): number;
  /** Negative, 0 or positive as one rank comes before, equals or comes after another. */
  compare(a: number, b: number): number;
  /** The value that a rank stands for. */
  value(rank: number): SortValue;
  /** The rank of a value that may come from elsewhere, in between those of the part if it is not here. */
  rankOf(value: SortValue): number;
  /** No hit of the block of columns that `ordinal` lies in ranks lower; minus infinity where that is not known. */
  leastRank(ordinal: number): number;
}

const FIRST = Number.NEGATIVE_INFINITY;
const LAST = Number.POSITIVE_INFINITY;

/** With as many matches in a window, its values are read at once. */
const MANY = 768;
const windowValues = new Float64Array(WINDOW);

/**
 * Makes a key for a part. An unknown field is missing everywhere.
 *
 * @throws CoppiceError `BAD_REQUEST` for a text field, which has no column.
 */
export function partKey(key: SortKey, view: ShardView, part: IndexPart): PartKey {
  const sign = key.order === 'asc' ? 1 : -1;
  if (key.field === '_score') return scoreKey(sign);
  if (key.field === '_doc') return positionKey(sign, part);
  const type = view.fields.get(key.field)?.type;
  if (type === 'text')
    throw new CoppiceError('BAD_REQUEST', `field \`${key.field}\` of type text has no column to sort by`);
  const column = part.column(key.field);
  if (type === 'keyword') return new KeywordKey(key, column, part.inverted(key.field));
  return new NumberKey(key, column, type === 'boolean');
}

/** Negative, 0 or positive as a value comes before, equals or comes after another under a key. */
export function compareValues(key: SortKey, a: SortValue, b: SortValue): number {
  const [left, right] = [standIn(key, a), standIn(key, b)];
  if (left === right) return 0;
  if (left === null || right === null) {
    const isFirst = (left === null) === (key.missing === '_first');
    return isFirst ? -1 : 1;
  }
  const difference =
    typeof left === 'string' && typeof right === 'string' ? compareStrings(left, right) : Number(left) - Number(right);
  return key.order === 'asc' ? difference : -difference;
}

/** The value that a missing one counts as, if the key names one. */
function standIn({ missing }: SortKey, value: SortValue): SortValue {
  if (value !== null || missing === undefined || missing === '_first' || missing === '_last') return value;
  return missing;
}

function scoreKey(sign: number): PartKey {
  return {
    rank: (_ordinal, score) => sign * score,
    select(window, bound, places) {
      return selectByRank(this, window, bound, places);
    },
    compare: (a, b) => a - b,
    value: (rank) => sign * rank,
    rankOf: (value) => sign * Number(value),
    leastRank: () => FIRST,
  };
}

function positionKey(sign: number, { documents, endOrdinal }: IndexPart): PartKey {
  return {
    rank: (ordinal) => sign * documents.position(ordinal),
    select(window, bound, places) {
      return selectByRank(this, window, bound, places);
    },
    compare: (a, b) => a - b,
    value: (rank) => sign * rank,
    rankOf: (value) => sign * Number(value),
    leastRank(ordinal) {
      const first = ordinal - (ordinal % COLUMN_BLOCK);
      const best = sign > 0 ? first : Math.min(endOrdinal, first + COLUMN_BLOCK) - 1;
      return sign * documents.position(best);
    },
  };
}

/** Numbers, dates and booleans. */
class NumberKey implements PartKey {
  readonly #column: Column | undefined;
  readonly #sign: number;
  readonly #mode: NonNullable<SortKey['mode']>;
  readonly #isBoolean: boolean;
  readonly #missingRank: number;
  readonly #missing: SortValue;

  constructor({ field, order, mode, missing }: SortKey, column: Column | undefined, isBoolean: boolean) {
    this.#column = column;
    this.#sign = order === 'asc' ? 1 : -1;
    this.#mode = mode ?? (order === 'asc' ? 'min' : 'max');
    this.#isBoolean = isBoolean;
    const standsFor = missing === '_first' || missing === '_last' ? undefined : missing;
    if (standsFor !== undefined && Number.isNaN(Number(standsFor)))
      throw new CoppiceError('BAD_REQUEST', `missing of sort by \`${field}\` expects a number, got \`${standsFor}\``);
    this.#missing = standsFor ?? null;
    this.#missingRank =
      standsFor === undefined ? (missing === '_first' ? FIRST : LAST) : this.#sign * Number(standsFor);
  }

  get columnRanks(): ColumnRanks | undefined {
    return this.#column?.isDense === true ? { column: this.#column, sign: this.#sign } : undefined;
  }

  rank(ordinal: number): number {
    const column = this.#column;
    if (column === undefined) return this.#missingRank;
    const start = column.start(ordinal);
    const end = column.end(ordinal);
    if (start === end) return this.#missingRank;
    return this.#sign * (end - start === 1 ? column.at(start) : valueOf(column, start, end, this.#mode)) + 0;
  }

  select(window: MatchWindow, bound: RankBound, places: Uint32Array): number {
    const column = this.#column;
    if (column?.isDense !== true) return selectByRank(this, window, bound, places);
    const count = countWindow(window.bits);
    if (count < MANY) return this.#selectDense(column, window, bound, places);
    column.read(window.base, Math.min(window.base + WINDOW, column.valueCount), windowValues);
    return this.#selectRead(window, bound, places);
  }

  #selectDense(column: Column, { base, bits }: MatchWindow, bound: RankBound, places: Uint32Array): number {
    const sign = this.#sign;
    const { rank: limit, isStrict } = bound;
    let count = 0;
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = bits[i]!; word !== 0; word &= word - 1) {
        const place = i * 32 + lowestBit(word);
        const rank = sign * column.at(base + place);
        if (rank < limit || (rank === limit && !isStrict)) places[count++] = place;
      }
    }
    return count;
  }

  #selectRead({ bits }: MatchWindow, bound: RankBound, places: Uint32Array): number {
    const sign = this.#sign;
    const { rank: limit, isStrict } = bound;
    let count = 0;
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = bits[i]!; word !== 0; word &= word - 1) {
        const place = i * 32 + lowestBit(word);
        const rank = sign * windowValues[place]!;
        if (rank < limit || (rank === limit && !isStrict)) places[count++] = place;
      }
    }
    return count;
  }

  compare(a: number, b: number): number {
    return a < b ? -1 : a > b ? 1 : 0;
  }

  value(rank: number): SortValue {
    if (rank === this.#missingRank && this.#missing === null) return null;
    const value = this.#sign * rank + 0;
    return this.#isBoolean ? value === 1 : value;
  }

  rankOf(value: SortValue): number {
    return value === null ? this.#missingRank : this.#sign * Number(value) + 0;
  }

  leastRank(ordinal: number): number {
    const column = this.#column;
    if (column === undefined) return this.#missingRank;
    if (this.#mode === 'sum') return FIRST;
    const block = Math.floor(ordinal / COLUMN_BLOCK);
    const best = this.#sign > 0 ? column.blockMin[block]! : -column.blockMax[block]!;
    return column.isDense ? best : Math.min(best, this.#missingRank);
  }
}

/** Keywords: by the number of the term where numbers rise with terms, else by the term itself. */
class KeywordKey implements PartKey {
  readonly #column: Column | undefined;
  readonly #inverted: InvertedField | undefined;
  readonly #isSorted: boolean;
  readonly #sign: number;
  readonly #last: boolean;
  readonly #missingRank: number;
  readonly #missing: SortValue;
  /** Terms by number, as far as they were asked for; those from elsewhere have negative numbers, from -1 down. */
  readonly #terms = new Map<number, string>();
  #foreign = 0;

  constructor({ order, mode, missing }: SortKey, column: Column | undefined, inverted: InvertedField | undefined) {
    this.#column = column;
    this.#inverted = inverted;
    this.#isSorted = inverted?.isSorted ?? true;
    this.#sign = order === 'asc' ? 1 : -1;
    this.#last = (mode ?? (order === 'asc' ? 'min' : 'max')) === 'max';
    const standsFor = missing === '_first' || missing === '_last' || missing === undefined ? null : String(missing);
    this.#missing = standsFor;
    this.#missingRank = standsFor === null ? (missing === '_first' ? FIRST : LAST) : this.rankOf(standsFor);
  }

  get columnRanks(): ColumnRanks | undefined {
    const isPlain = this.#column?.isDense === true && this.#isSorted;
    return isPlain ? { column: this.#column!, sign: this.#sign } : undefined;
  }

  rank(ordinal: number): number {
    const column = this.#column;
    if (column === undefined) return this.#missingRank;
    const start = column.start(ordinal);
    const end = column.end(ordinal);
    if (start === end) return this.#missingRank;
    if (this.#isSorted) return this.#sign * column.at(this.#last ? end - 1 : start);
    let best = column.at(start);
    for (let i = start + 1; i < end; i++) {
      const difference = compareStrings(this.#term(column.at(i)), this.#term(best));
      if (this.#last ? difference > 0 : difference < 0) best = column.at(i);
    }
    return best;
  }

  select(window: MatchWindow, bound: RankBound, places: Uint32Array): number {
    return selectByRank(this, window, bound, places);
  }

  compare(a: number, b: number): number {
    if (a === b) return 0;
    if (this.#isSorted || !Number.isFinite(a) || !Number.isFinite(b)) return a < b ? -1 : 1;
    return this.#sign * compareStrings(this.#term(a), this.#term(b));
  }

  value(rank: number): SortValue {
    if (rank === this.#missingRank) return this.#missing;
    return this.#isSorted ? this.#term(this.#sign * rank + 0) : this.#term(rank);
  }

  rankOf(value: SortValue): number {
    if (value === null) return this.#missingRank;
    const term = String(value);
    if (this.#isSorted) return this.#sign * this.#placeOf(term);
    this.#terms.set(--this.#foreign, term);
    return this.#foreign;
  }

  leastRank(ordinal: number): number {
    const column = this.#column;
    if (column === undefined) return this.#missingRank;
    if (!this.#isSorted) return FIRST;
    const block = Math.floor(ordinal / COLUMN_BLOCK);
    const best = this.#sign > 0 ? column.blockMin[block]! : -column.blockMax[block]!;
    return column.isDense ? best : Math.min(best, this.#missingRank);
  }

  /**
   * Number of a term, or one between those of its neighbours: halfway for what stands for missing values, before or after
   * that for others in the same gap.
   */
  #placeOf(term: string): number {
    let [low, high] = [0, this.#inverted?.termCount ?? 0];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const difference = compareStrings(this.#term(middle), term);
      if (difference === 0) return middle;
      if (difference < 0) low = middle + 1;
      else high = middle;
    }
    const standsFor = this.#missing;
    const side = typeof standsFor === 'string' ? Math.sign(compareStrings(term, standsFor)) : 0;
    return low - 0.5 + side / 4;
  }

  #term(number: number): string {
    const known = this.#terms.get(number);
    if (known !== undefined) return known;
    const term = this.#inverted?.term(number) ?? '';
    this.#terms.set(number, term);
    return term;
  }
}

function selectByRank(key: PartKey, window: MatchWindow, bound: RankBound, places: Uint32Array): number {
  const { base, bits, scores } = window;
  let count = 0;
  for (let i = 0; i < WINDOW_WORDS; i++) {
    for (let word = bits[i]!; word !== 0; word &= word - 1) {
      const place = i * 32 + lowestBit(word);
      const difference = key.compare(key.rank(base + place, scores[place] ?? 0), bound.rank);
      if (difference < 0 || (difference === 0 && !bound.isStrict)) places[count++] = place;
    }
  }
  return count;
}

function valueOf(column: Column, start: number, end: number, mode: NonNullable<SortKey['mode']>): number {
  if (mode === 'min') return column.at(start);
  if (mode === 'max') return column.at(end - 1);
  if (mode === 'median') {
    const middle = (start + end - 1) / 2;
    return (column.at(Math.floor(middle)) + column.at(Math.ceil(middle))) / 2;
  }
  let sum = 0;
  for (let i = start; i < end; i++) sum += column.at(i);
  return mode === 'sum' ? sum : sum / (end - start);
}
