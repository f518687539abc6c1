/** Walks a matcher over a part and hands its live matches on, window by window: the reference evaluator's main loop. */
import type { HitCollector } from '../collect/hit-collector.ts';
import type { Total } from '../collect/total.ts';
import type { WindowSink } from '../collect/window-sink.ts';
import { type IndexPart, WINDOW } from '../part/index-part.ts';
import type { Matcher } from './matcher.ts';
import { countWindow, intersect, lowestBit, WINDOW_WORDS } from './window.ts';
import type { WindowBuffers } from './window-buffers.ts';

/** Windows between two questions whether to stop. */
const STOP_INTERVAL = 16;

/** Where matches go. */
export type ScanTargets = {
  readonly collector: HitCollector;
  readonly total: Total;
  readonly sink: WindowSink | undefined;
  /** Restricts hits and the total. */
  readonly postFilter: Matcher | undefined;
  readonly minScore: number | undefined;
  /** Asked now and then; the walk ends once it is true. */
  readonly shouldStop: (() => boolean) | undefined;
  /** Told the highest score of each window, where scores are known. */
  readonly scored: ((score: number) => void) | undefined;
};

/** Walks over a part whose collector and sink were started. Tells whether it came to the end before it was stopped. */
export function scanPart(matcher: Matcher, part: IndexPart, targets: ScanTargets, buffers: WindowBuffers): boolean {
  const { collector, total, sink, shouldStop } = targets;
  const bits = buffers.bits();
  const end = part.endOrdinal;
  let windows = 0;
  for (let at = matcher.seek(0); at < end; ) {
    const base = at - (at % WINDOW);
    const mustSee = total.isCounting || sink !== undefined;
    if (!mustSee && collector.isDone) {
      total.skip();
      return true;
    }
    if (shouldStop !== undefined && ++windows % STOP_INTERVAL === 0 && shouldStop()) return false;
    if (!mustSee && !collector.isCompetitive(base)) total.skip();
    else if (copyLive(part.live, base, bits)) {
      if (!mustSee && matcher.raise !== undefined && collector.scoreFloor > 0) {
        matcher.raise(collector.scoreFloor);
        total.skip();
      }
      matcher.fill(base, bits);
      if (intersect(bits, matcher.bits)) handOn(base, { bits, matcher, targets });
    }
    at = matcher.seek(base + WINDOW);
  }
  return true;
}

function handOn(
  base: number,
  { bits, matcher, targets }: { readonly bits: Uint32Array; readonly matcher: Matcher; readonly targets: ScanTargets },
): void {
  const { collector, total, sink, postFilter, minScore, scored } = targets;
  if (minScore !== undefined) dropLow(bits, matcher.scores, minScore);
  if (sink !== undefined && countWindow(bits) > 0) sink.window(base, bits, matcher.scores);
  if (postFilter !== undefined) {
    if (postFilter.seek(base) >= base + WINDOW) return;
    postFilter.fill(base, bits);
    if (!intersect(bits, postFilter.bits)) return;
  }
  const count = countWindow(bits);
  if (count === 0) return;
  total.add(count);
  if (scored !== undefined) scored(highest(bits, matcher.scores));
  if (collector.isCompetitive(base)) collector.window(base, bits, matcher.scores);
}

/** Copies the live bits of a window; tells whether there are any. */
function copyLive(live: Uint32Array, base: number, into: Uint32Array): boolean {
  const first = base >>> 5;
  let any = 0;
  for (let i = 0; i < WINDOW_WORDS; i++) any |= into[i] = live[first + i]!;
  return any !== 0;
}

function dropLow(bits: Uint32Array, scores: Float32Array, minScore: number): void {
  for (let i = 0; i < WINDOW_WORDS; i++) {
    for (let word = bits[i]!; word !== 0; word &= word - 1) {
      const bit = lowestBit(word);
      if (scores[i * 32 + bit]! < minScore) bits[i]! &= ~(1 << bit);
    }
  }
}

function highest(bits: Uint32Array, scores: Float32Array): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < WINDOW_WORDS; i++) {
    for (let word = bits[i]!; word !== 0; word &= word - 1) {
      const score = scores[i * 32 + lowestBit(word)]!;
      if (score > best) best = score;
    }
  }
  return best;
}
