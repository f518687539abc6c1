/**
 * Merging what `all` polling brought back. Ready-made reducers go by name and run in any root; a function runs where
 * the user's code is.
 */
import { CoppiceError } from '../errors.ts';
import { fieldAt, isObject, shapeOf } from './value-at.ts';

/**
 * How partial answers become one. `sum` adds numbers, or the number fields of objects; `concat` joins lists in shard
 * order; `merge` joins objects, later shards winning; `topk` joins lists and keeps the `k` best by a number field
 * (highest first unless `order` is `asc`; without `k`, all of them).
 */
export type ReducerSpec =
  | 'concat'
  | 'sum'
  | 'merge'
  | { readonly topk: { readonly by: string; readonly k?: number; readonly order?: 'desc' | 'asc' } }
  | ((partials: readonly unknown[], request: unknown) => unknown);

type NamedReducer = Extract<ReducerSpec, string>;
type TopK = Extract<ReducerSpec, { topk: unknown }>['topk'];

const NAMED = {
  concat: concatLists,
  sum: sumPartials,
  merge: mergeObjects,
} as const satisfies Record<NamedReducer, (partials: readonly unknown[]) => unknown>;

/**
 * Makes one answer of the partial answers.
 *
 * @param partials In shard order; they are read, never changed. None at all gives the empty answer of the reducer:
 *   an empty list or object, or 0.
 * @param request The body of the request, for reducers that are functions.
 * @throws CoppiceError `ACTOR_FAILED` if a partial has not the shape that the reducer expects, or if the user's
 *   function throws anything but a CoppiceError.
 */
export function reducePartials(spec: ReducerSpec, partials: readonly unknown[], request: unknown): unknown {
  if (typeof spec === 'string') return NAMED[spec](partials);
  if (typeof spec === 'function') return runReducer(() => spec(partials, request));
  return keepBest(partials, spec.topk);
}

/** What is wrong with a reducer given by a user, or undefined if nothing is. */
export function reducerIssue(spec: unknown): string | undefined {
  if (typeof spec === 'function') return undefined;
  if (typeof spec === 'string' && Object.hasOwn(NAMED, spec)) return undefined;
  if (!isObject(spec) || !isObject(spec['topk'])) {
    return `expected ${Object.keys(NAMED)
      .map((name) => `'${name}'`)
      .join(', ')}, {topk: {by, k, order}} or a function`;
  }
  const { by, k, order } = spec['topk'];
  if (typeof by !== 'string' || by === '') return 'expected `topk.by` to be a field path';
  if (k !== undefined && !(typeof k === 'number' && Number.isInteger(k) && k >= 1))
    return 'expected `topk.k` to be a whole number from 1';
  return order === undefined || order === 'asc' || order === 'desc'
    ? undefined
    : "expected `topk.order` to be 'asc' or 'desc'";
}

function concatLists(partials: readonly unknown[]): unknown[] {
  return partials.flatMap((partial, place) => listOf(partial, { reducer: 'concat', place }));
}

function mergeObjects(partials: readonly unknown[]): Readonly<Record<string, unknown>> {
  const entries = partials.flatMap((partial, place) => {
    if (!isObject(partial)) throw misshapen(partial, { reducer: 'merge', place, expected: 'an object' });
    return Object.entries(partial);
  });
  return Object.fromEntries(entries);
}

function sumPartials(partials: readonly unknown[]): number | Readonly<Record<string, number>> {
  return isObject(partials[0]) ? sumFields(partials) : sumNumbers(partials);
}

function sumNumbers(partials: readonly unknown[]): number {
  let sum = 0;
  for (const [place, partial] of partials.entries()) {
    if (typeof partial !== 'number')
      throw misshapen(partial, { reducer: 'sum', place, expected: 'a number, or objects of numbers throughout' });
    sum += partial;
  }
  return sum;
}

function sumFields(partials: readonly unknown[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const [place, partial] of partials.entries()) {
    if (!isObject(partial)) throw misshapen(partial, { reducer: 'sum', place, expected: 'an object of numbers' });
    for (const [field, value] of Object.entries(partial)) {
      if (typeof value !== 'number')
        throw misshapen(value, { reducer: 'sum', place, expected: `a number in field \`${field}\`` });
      sums.set(field, (sums.get(field) ?? 0) + value);
    }
  }
  return Object.fromEntries(sums);
}

/** Equal values keep shard order, then list order, so that the answer is stable. */
function keepBest(partials: readonly unknown[], { by, k, order = 'desc' }: TopK): unknown[] {
  const sign = order === 'desc' ? -1 : 1;
  const candidates = partials.flatMap((partial, place) =>
    listOf(partial, { reducer: 'topk', place }).map((item) => {
      const value = fieldAt(item, by);
      if (typeof value === 'number' && !Number.isNaN(value)) return { item, rank: sign * value };
      throw misshapen(value, { reducer: 'topk', place, expected: `a number in field \`${by}\` of each item` });
    }),
  );
  const best = candidates.toSorted((a, b) => (a.rank < b.rank ? -1 : Number(a.rank > b.rank)));
  return best.slice(0, k).map(({ item }) => item);
}

function listOf(partial: unknown, where: { reducer: string; place: number }): readonly unknown[] {
  if (Array.isArray(partial)) return partial;
  throw misshapen(partial, { ...where, expected: 'a list' });
}

function runReducer(reduce: () => unknown): unknown {
  try {
    return reduce();
  } catch (cause) {
    if (cause instanceof CoppiceError) throw cause;
    throw new CoppiceError(
      'ACTOR_FAILED',
      `the reducer failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function misshapen(
  value: unknown,
  { reducer, place, expected }: { reducer: string; place: number; expected: string },
): CoppiceError {
  return new CoppiceError(
    'ACTOR_FAILED',
    `reducer \`${reducer}\` expected ${expected}, partial ${place} has ${shapeOf(value)}`,
    {
      details: { reducer, partial: place },
    },
  );
}
