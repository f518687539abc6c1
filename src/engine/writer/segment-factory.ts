/** Makes segments, of a head or of other segments, and opens them; in slices. */
import type { Head } from '../head/head.ts';
import type { RegionPool } from '../memory/region.ts';
import { mergeSegments } from '../merge/merge-segments.ts';
import type { Bm25Parameters } from '../score/bm25.ts';
import { openSegmentInSlices, type Segment } from '../segment/segment.ts';
import type { Store } from '../store/store.ts';
import { flushHead, type SegmentTarget } from './flush-head.ts';
import { inSlices, type Slices } from './slices.ts';

/** What segments are made with. */
export type SegmentFactoryOptions = {
  readonly store: Store;
  readonly regions: RegionPool;
  readonly parameters: Bm25Parameters;
  /** Number of the first one. */
  readonly nextNumber: number;
};

/** Makes segments of rising numbers. */
export class SegmentFactory {
  readonly #options: SegmentFactoryOptions;
  #nextNumber: number;

  constructor(options: SegmentFactoryOptions) {
    this.#options = options;
    this.#nextNumber = options.nextNumber;
  }

  /** Number of the next segment. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** Writes the live documents of a head. What is deleted meanwhile is deleted in the segment when it is ready. */
  *ofHead(head: Head): Slices<Segment> {
    const number = this.#nextNumber++;
    const map = yield* flushHead(head, this.#target(number));
    const segment = yield* this.#open(number, map.newCount);
    map.forEachDeleted(head, (ordinal) => segment.delete(ordinal));
    return segment;
  }

  /** The same for the live documents of neighbouring segments. */
  *ofSegments(segments: readonly Segment[]): Slices<Segment> {
    const number = this.#nextNumber++;
    const inputs = yield* mergeSegments(segments, this.#target(number));
    const docCount = inputs.reduce((sum, { map }) => sum + map.newCount, 0);
    const merged = yield* this.#open(number, docCount);
    for (const { segment, map } of inputs) map.forEachDeleted(segment, (ordinal) => merged.delete(ordinal));
    return merged;
  }

  #target(number: number): SegmentTarget {
    const { store, parameters } = this.#options;
    return { store, parameters, name: segmentName(number) };
  }

  *#open(number: number, docCount: number): Slices<Segment> {
    const { store, regions } = this.#options;
    const name = segmentName(number);
    try {
      return yield* inSlices(openSegmentInSlices({ store, regions, name, number }), docCount);
    } catch (error) {
      store.remove(name);
      throw error;
    }
  }
}

function segmentName(number: number): string {
  return `segment-${number}`;
}
