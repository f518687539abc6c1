/** Where matches go to become hits: by score, or by sort keys. */
import type { SortKey } from '../engine.ts';
import type { KernelOrder } from '../kernel/plan.ts';
import { type IndexPart, WINDOW } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import { lowestBit, WINDOW_WORDS } from '../query/window.ts';
import type { PartFront } from './part-front.ts';
import type { SortValue } from './part-key.ts';
import { TopScores } from './top-scores.ts';
import { type FindMatches, type SortOrder, TopSorted } from './top-sorted.ts';

/** The hits of a search. */
export type CollectedHits = {
  readonly ordinals: Uint32Array;
  readonly scores: Float32Array;
  readonly sortValues?: readonly (readonly SortValue[])[];
};

/** Takes matches, window by window and part by part. */
export interface HitCollector {
  /** Begins with a part; `scoreBound` is above no score in it. */
  startPart(part: IndexPart, base: number, scoreBound: number): void;
  /** Whether some hit of the window at `base` may still be kept. */
  isCompetitive(base: number): boolean;
  /** Hits of this part that score no more are not kept. */
  readonly scoreFloor: number;
  /** Whether none of this part's hits may be kept any more. */
  readonly isDone: boolean;
  window(base: number, bits: Uint32Array, scores: Float32Array): void;
  finishPart(): void;
  hits(): CollectedHits;
}

/** Collects by score, highest first. */
export class ScoreCollector implements HitCollector {
  readonly top: TopScores;
  readonly #ceiling: number;
  #base = 0;
  #bound = 0;

  /** @param ceiling Hits must score below. */
  constructor(limit: number, ceiling: number) {
    this.top = new TopScores(limit);
    this.#ceiling = ceiling;
  }

  startPart(_part: IndexPart, base: number, scoreBound: number): void {
    this.#base = base;
    this.#bound = scoreBound;
  }

  isCompetitive(): boolean {
    return this.#bound > this.top.floor;
  }

  get scoreFloor(): number {
    return this.top.floor;
  }

  get isDone(): boolean {
    return this.#bound <= this.top.floor;
  }

  window(base: number, bits: Uint32Array, scores: Float32Array): void {
    const top = this.top;
    const ceiling = this.#ceiling;
    let floor = top.floor;
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = bits[i]!; word !== 0; word &= word - 1) {
        const place = i * 32 + lowestBit(word);
        const score = scores[place]!;
        if (score <= floor || score >= ceiling) continue;
        top.add(this.#base + base + place, score);
        floor = top.floor;
      }
    }
  }

  finishPart(): void {}

  hits(): CollectedHits {
    return this.top.drain();
  }
}

/** Collects by sort keys. */
export class SortCollector implements HitCollector {
  readonly isDone = false;
  readonly scoreFloor = Number.NEGATIVE_INFINITY;
  readonly #top: TopSorted;
  readonly #limit: number;

  constructor(order: SortOrder, view: ShardView) {
    this.#top = new TopSorted(order, view);
    this.#limit = order.limit;
  }

  startPart(part: IndexPart, base: number): void {
    this.#top.startPart(part, base);
  }

  /** The order of the part's hits for the kernel; see `TopSorted`. */
  kernelOrder(): KernelOrder | 'none' | undefined {
    return this.#top.kernelOrder();
  }

  /** Takes hits of the part without scores, first one first. */
  takeSorted(ordinals: Uint32Array): void {
    this.#top.takeSorted(ordinals);
  }

  /** Whether no document outside of a front may be kept. */
  coversHits(front: PartFront): boolean {
    return this.#top.coversHits(front);
  }

  /** The documents of the part that come first, if they are known and hits are wanted. */
  front(part: IndexPart): PartFront | undefined {
    return this.#limit > 0 ? this.#top.front(part) : undefined;
  }

  /** Takes the hits of the part from its front; false if there may be others, and the part has to be begun again. */
  takeFront(front: PartFront, find: FindMatches): boolean {
    return this.#top.takeFront(front, find);
  }

  isCompetitive(base: number): boolean {
    return this.#limit > 0 && this.#top.isCompetitive(base);
  }

  window(base: number, bits: Uint32Array, scores: Float32Array): void {
    this.#top.window(base, bits, scores);
  }

  finishPart(): void {
    this.#top.finishPart();
  }

  hits(): CollectedHits {
    return this.#top.drain();
  }
}

/** Whether keys stand for the order that hits have anyway: by score, then by position. */
export function isScoreOrder(sort: readonly SortKey[]): boolean {
  const [first, second] = sort;
  if (first?.field !== '_score' || first.order !== 'desc') return false;
  return second === undefined || (sort.length === 2 && second.field === '_doc' && second.order === 'asc');
}

/** First ordinal of the window that an ordinal lies in. */
export function windowOf(ordinal: number): number {
  return ordinal - (ordinal % WINDOW);
}
