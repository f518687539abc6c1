/** How the oracle joins scores and orders hits. */
import type { SortKey } from '../../src/engine/engine.ts';
import type { FieldValue } from '../../src/engine/query/query.ts';

/** Undefined without a match. */
export type MaybeScore = number | undefined;

const { fround } = Math;

export function joined(
  scores: readonly MaybeScore[],
  { operator, minimumShouldMatch }: { readonly operator?: string; readonly minimumShouldMatch?: string | number },
): MaybeScore {
  if (scores.length === 1) return scores[0];
  const found = scores.filter((score) => score !== undefined);
  const wanted = operator === 'and' ? scores.length : Math.max(1, minimum(scores.length, minimumShouldMatch) ?? 1);
  return found.length === 0 || found.length < wanted ? undefined : sum(found);
}

export function sumOfAny(scores: readonly MaybeScore[]): MaybeScore {
  const found = scores.filter((score) => score !== undefined);
  return found.length === 0 ? undefined : sum(found);
}

export function sum(scores: readonly number[]): number {
  return fround(scores.reduce((total, score) => total + score, 0));
}

export function disMax(scores: readonly MaybeScore[], tieBreaker = 0): MaybeScore {
  const found = scores.filter((score) => score !== undefined);
  if (found.length === 0) return undefined;
  const best = Math.max(...found);
  return fround(best + tieBreaker * (found.reduce((total, score) => total + score, 0) - best));
}

export function minimum(count: number, wanted: string | number | undefined): number | undefined {
  if (wanted === undefined) return undefined;
  const text = String(wanted);
  if (text.includes('<')) {
    const conditions = text.split(' ').map((part) => part.split('<'));
    const holding = conditions.filter(([bound]) => count > Number(bound)).at(-1);
    return holding === undefined ? count : minimum(count, holding[1]);
  }
  const value = text.endsWith('%') ? Math.trunc((count * Number.parseInt(text, 10)) / 100) : Number(text);
  return Math.max(0, value < 0 ? count + value : value);
}

export function compareByKeys(
  keys: readonly SortKey[],
  a: readonly (FieldValue | null)[],
  b: readonly (FieldValue | null)[],
): number {
  for (const [i, { order, missing }] of keys.entries()) {
    const [left, right] = [a[i] ?? null, b[i] ?? null];
    if (left === right) continue;
    if (left === null) return missing === '_first' ? -1 : 1;
    if (right === null) return missing === '_first' ? 1 : -1;
    return left < right === (order === 'asc') ? -1 : 1;
  }
  return 0;
}
