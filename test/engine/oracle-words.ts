/** What the oracle knows of words: how texts are cut, and when words match. */
import type { FieldValue, Query, RangeBounds } from '../../src/engine/query/query.ts';

type QueryOf<K extends Query['kind']> = Extract<Query, { kind: K }>;

/** One place of a query's text. */
export type QueryPlace = { readonly place: number; readonly words: readonly string[] };

/** What the analyzer `stop` drops, as far as these tests use it. */
const STOP_WORDS = ['the', 'of'];
/** What the analyzer `twins` of the tests puts beside words. */
export const TWINS: Readonly<Record<string, string>> = { oak: 'pine', fir: 'fur' };

/** The places of a text under an analyzer, and how many it takes up. */
export function oraclePlaces(text: string, analyzer: string): { places: QueryPlace[]; size: number } {
  const words = text.split(' ').filter((word) => word !== '');
  const places = words.flatMap((raw, place) => {
    const word = raw.toLowerCase();
    if (analyzer === 'stop' && STOP_WORDS.includes(word)) return [];
    const twin = analyzer === 'twins' ? TWINS[word] : undefined;
    return [{ place, words: twin === undefined ? [word] : [word, twin] }];
  });
  return { places, size: words.length };
}

export function isWithin(value: FieldValue, { gte, gt, lte, lt }: RangeBounds): boolean {
  if (gte !== undefined && value < gte) return false;
  if (gt !== undefined && value <= gt) return false;
  if (lte !== undefined && value > lte) return false;
  return lt === undefined || value < lt;
}

export function isSame(a: string, b: FieldValue): boolean {
  return a.toLowerCase() === String(b).toLowerCase();
}

export function patternOf(query: QueryOf<'prefix'> | QueryOf<'wildcard'> | QueryOf<'regexp'>): RegExp {
  const flags = query.caseInsensitive === true ? 'isu' : 'su';
  if (query.kind === 'regexp') return new RegExp(`^(?:${query.pattern})$`, flags);
  if (query.kind === 'prefix') return new RegExp(`^${query.value}`, flags);
  return new RegExp(`^${query.pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, flags);
}

/** Edits between two words; neighbours that change places are one edit, and are not edited further. */
export function distance(a: string, b: string, transpositions: boolean): number {
  const edits = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = i * 64 + j;
    const known = table.get(key);
    if (known !== undefined) return known;
    const isSwap = transpositions && i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
    const best = Math.min(
      edits(i - 1, j) + 1,
      edits(i, j - 1) + 1,
      edits(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
      isSwap ? edits(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
    );
    table.set(key, best);
    return best;
  };
  const table = new Map<number, number>();
  return edits(a.length, b.length);
}

/** Whether words stand near enough: starts of places differ by `slop` at most, no two places on one position. */
export function isNear(starts: readonly (readonly number[])[], places: readonly QueryPlace[], slop: number): boolean {
  const search = (at: number, taken: readonly number[]): boolean => {
    if (at === starts.length) return Math.max(...taken) - Math.min(...taken) <= slop;
    return (starts[at] ?? []).some((start) => {
      const position = start + (places[at]?.place ?? 0);
      if (taken.some((other, i) => other + (places[i]?.place ?? 0) === position)) return false;
      return search(at + 1, [...taken, start]);
    });
  };
  return search(0, []);
}

export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
