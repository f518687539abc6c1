/**
 * The segments of a shard, oldest first, and who still needs those that merges have done away with: searches in other
 * threads, and the last commit, which names their files.
 */
import type { Segment } from '../segment/segment.ts';
import type { Store } from '../store/store.ts';

/** A segment in the list. */
export type SegmentSlot = {
  readonly segment: Segment;
  /** Whether it is being merged. */
  isBusy: boolean;
  /** Who reads its memory besides this list. */
  holders: number;
  isRetired: boolean;
  /** The file that tells what is deleted, and the generation that it tells of. */
  live: { readonly file: string; readonly generation: number } | undefined;
};

/** Segments by age. */
export class SegmentList {
  #slots: readonly SegmentSlot[] = [];
  readonly #store: Store;
  readonly #onDrop: (segment: Segment) => void;
  #committedFiles: ReadonlySet<string> = new Set();
  /** Slots that are no longer listed, but held. */
  #held: readonly SegmentSlot[] = [];

  /** @param onDrop Called before a segment is closed. */
  constructor(store: Store, onDrop: (segment: Segment) => void) {
    this.#store = store;
    this.#onDrop = onDrop;
  }

  get slots(): readonly SegmentSlot[] {
    return this.#slots;
  }

  /** Adds the newest segment. */
  add(segment: Segment, live: SegmentSlot['live']): void {
    this.#slots = [...this.#slots, newSlot(segment, live)];
  }

  /** Puts a segment, or none, in the place of neighbours. */
  replace(old: readonly SegmentSlot[], segment: Segment | undefined): void {
    const at = this.#slots.findIndex((slot) => slot === old[0]);
    const added = segment === undefined ? [] : [newSlot(segment, undefined)];
    this.#slots = [...this.#slots.slice(0, at), ...added, ...this.#slots.slice(at + old.length)];
    for (const slot of old) this.#retire(slot);
  }

  /** Keeps the memory of all segments until `release`. */
  hold(): readonly SegmentSlot[] {
    for (const slot of this.#slots) slot.holders++;
    return this.#slots;
  }

  /** Undoes one `hold`. */
  release(slots: readonly SegmentSlot[]): void {
    for (const slot of slots) {
      slot.holders--;
      if (slot.isRetired && slot.holders === 0) this.#close(slot);
    }
  }

  /** Takes note of files of a commit that is being made: like those of the newest one they stay, even if it fails. */
  addCommitting(files: readonly string[]): void {
    this.#committedFiles = new Set([...this.#committedFiles, ...files]);
  }

  /** Takes note of the files of the newest commit, and removes those of former and failed ones that it does not need. */
  setCommitted(files: readonly string[]): void {
    const former = this.#committedFiles;
    this.#committedFiles = new Set(files);
    for (const file of former) if (!this.#committedFiles.has(file) && !this.#isListed(file)) this.#remove(file);
  }

  /** Closes all segments; their files stay. */
  close(): void {
    for (const slot of [...this.#slots, ...this.#held]) slot.segment.close();
    this.#slots = [];
    this.#held = [];
  }

  #isListed(file: string): boolean {
    return this.#slots.some(({ segment }) => segment.fileName === file);
  }

  #retire(slot: SegmentSlot): void {
    slot.isRetired = true;
    if (slot.holders > 0) this.#held = [...this.#held, slot];
    else this.#close(slot);
  }

  #close(slot: SegmentSlot): void {
    this.#held = this.#held.filter((other) => other !== slot);
    const { segment } = slot;
    this.#onDrop(segment);
    segment.close();
    if (!this.#committedFiles.has(segment.fileName)) this.#remove(segment.fileName);
  }

  /** Removes a file that nothing needs. If that fails, the next commit tries again: it only takes room. */
  #remove(file: string): void {
    try {
      this.#store.remove(file);
    } catch {
      this.addCommitting([file]);
    }
  }
}

function newSlot(segment: Segment, live: SegmentSlot['live']): SegmentSlot {
  return { segment, isBusy: false, holders: 0, isRetired: false, live };
}
