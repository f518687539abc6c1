/**
 * Chooses what the one-byte codes of a field's postings stand for: see `CodeTable` in inverted-layout.ts. The commonest
 * pairs of (frequency, length code) have codes; where there are too many pairs, the last codes stand for bounds: pairs with
 * at least the frequency and at most the length of the exceptions below them. Such a bound holds whatever the average
 * length and the parameters of a query are.
 */
import type { Bm25Parameters } from '../score/bm25.ts';
import { inverseLengthFactors } from '../score/bm25.ts';
import type { CodeTable } from './inverted-layout.ts';
import type { PairHistogram } from './pair-histogram.ts';

/** Codes at most; 255 is the exception. */
const CODES = 255;
/** Codes for bounds, where some pairs have none of their own. */
const BOUNDS = 16;
/** Exceptions, the commonest, by which bounds are chosen. */
const WEIGHED = 256;
/** Places at which a box of exceptions may be cut, along each axis. */
const CUTS = 8;
const MAX_FREQUENCY = 0xffff;

/** A pair; `impact` is its score under weight 1. `bound` is the least impact of a code known to be no lower. */
type Pair = {
  readonly frequency: number;
  readonly norm: number;
  readonly count: number;
  readonly impact: number;
  bound: number;
};

/** Exceptions that one bound stands for. */
type Box = {
  readonly members: readonly Pair[];
  readonly frequency: number;
  readonly norm: number;
  readonly cost: number;
};

type Impact = (frequency: number, norm: number) => number;

/**
 * Chooses the codes of a field: the commonest pairs, and pairs that bound the others.
 *
 * @param histogram Pairs of the postings to be written; those that come without being here are written as exceptions.
 * @param averageLength Tokens per document that has the field: what impact is measured by.
 */
export function chooseCodes(histogram: PairHistogram, averageLength: number, parameters: Bm25Parameters): CodeTable {
  const factors = inverseLengthFactors({ docCount: 1, totalTokens: averageLength }, parameters);
  const impact: Impact = (frequency, norm) => 1 - 1 / (1 + frequency * factors[norm]!);
  const pairs: Pair[] = [];
  histogram.forEach((frequency, norm, count) => {
    if (frequency > MAX_FREQUENCY) return;
    pairs.push({ frequency, norm, count, impact: impact(frequency, norm), bound: 1 });
  });
  if (pairs.length <= CODES) return toTable(pairs);
  pairs.sort((a, b) => b.count - a.count || a.frequency - b.frequency || a.norm - b.norm);
  const common = pairs.slice(0, CODES - BOUNDS);
  const bounds = chooseBounds(pairs.slice(CODES - BOUNDS), common, impact);
  return toTable([...common, ...bounds]);
}

/** For each code, how it bounds others: whether code `code` scores at least as high as a pair under any statistics. */
export function dominates(codes: CodeTable, code: number, frequency: number, norm: number): boolean {
  return codes.frequencies[code]! >= frequency && codes.norms[code]! <= norm;
}

function toTable(pairs: Pair[]): CodeTable {
  pairs.sort((a, b) => a.impact - b.impact || a.frequency - b.frequency || a.norm - b.norm);
  const unique = pairs.filter(
    ({ frequency, norm }, i) => pairs[i - 1]?.frequency !== frequency || pairs[i - 1]?.norm !== norm,
  );
  return {
    size: unique.length,
    frequencies: Uint16Array.from(unique, ({ frequency }) => frequency),
    norms: Uint8Array.from(unique, ({ norm }) => norm),
  };
}

/**
 * Cuts the commonest exceptions into boxes, always the one whose bound is the loosest, and gives the bounds of the boxes,
 * and one of all exceptions.
 */
function chooseBounds(exceptions: readonly Pair[], common: readonly Pair[], impact: Impact): Pair[] {
  const byImpact = common.toSorted((a, b) => a.impact - b.impact);
  const weighed = exceptions.slice(0, WEIGHED);
  for (const pair of weighed) {
    pair.bound = byImpact.find((code) => code.frequency >= pair.frequency && code.norm <= pair.norm)?.impact ?? 1;
  }
  const all = toBox(exceptions, impact);
  const boxes = [toBox(weighed, impact)];
  while (boxes.length < BOUNDS - 1) {
    boxes.sort((a, b) => b.cost - a.cost);
    const at = boxes.findIndex((box) => box.cost > 0 && box.members.length > 1);
    const halves = at < 0 ? undefined : cut(boxes[at]!, impact);
    if (halves === undefined) break;
    boxes.splice(at, 1, ...halves);
  }
  return [...boxes, all].map(({ frequency, norm }) => ({
    frequency,
    norm,
    count: 0,
    impact: impact(frequency, norm),
    bound: 1,
  }));
}

function toBox(members: readonly Pair[], impact: Impact): Box {
  let [frequency, norm] = [0, 255];
  for (const pair of members) {
    if (pair.frequency > frequency) frequency = pair.frequency;
    if (pair.norm < norm) norm = pair.norm;
  }
  const bound = impact(frequency, norm);
  let cost = 0;
  for (const pair of members) cost += pair.count * (Math.min(bound, pair.bound) - pair.impact);
  return { members, frequency, norm, cost };
}

/** The best of a few ways to cut a box in two along frequency or length. */
function cut(box: Box, impact: Impact): readonly [Box, Box] | undefined {
  let best: readonly [Box, Box] | undefined;
  for (const axis of ['frequency', 'norm'] as const) {
    const places = box.members.map((pair) => pair[axis]).sort((a, b) => a - b);
    const thresholds = new Set(Array.from({ length: CUTS }, (_, i) => places[Math.floor((places.length * i) / CUTS)]!));
    for (const threshold of thresholds) {
      const low = box.members.filter((pair) => pair[axis] <= threshold);
      const high = box.members.filter((pair) => pair[axis] > threshold);
      if (low.length === 0 || high.length === 0) continue;
      const halves = [toBox(low, impact), toBox(high, impact)] as const;
      if (best === undefined || halves[0].cost + halves[1].cost < best[0].cost + best[1].cost) best = halves;
    }
  }
  return best;
}
