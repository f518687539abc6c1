/**
 * Takes the writes of a shard: puts documents into the head, writes full heads out as segments, merges segments. Flushes
 * and merges are done in slices, paid for by later writes; the parts can be searched at any moment.
 */
import type { EngineDocument } from '../engine.ts';
import { Head, type HeadContext, scaledSize } from '../head/head.ts';
import { MAX_HEAD_DOCUMENTS } from '../head/posting-chains.ts';
import { type MergePolicyOptions, type MergeRun, pickMerge } from '../merge/merge-policy.ts';
import type { DocumentPlace } from '../part/document-place.ts';
import type { IndexPart } from '../part/index-part.ts';
import { soughtBytes } from '../part/term-bytes.ts';
import type { Segment } from '../segment/segment.ts';
import { SegmentFactory, type SegmentFactoryOptions } from './segment-factory.ts';
import { SegmentList, type SegmentSlot } from './segment-list.ts';
import type { Slices } from './slices.ts';
import { type Job, WorkQueue } from './work-queue.ts';

/** What a writer works with. */
export type WriterOptions = SegmentFactoryOptions & {
  readonly context: HeadContext;
  /** A head with as many documents or bytes is written out. */
  readonly headDocuments: number;
  readonly headBytes: number;
  readonly merge: MergePolicyOptions;
  /** Called before a segment is closed. */
  readonly onDrop: (segment: Segment) => void;
};

/** A flush is to be done when the next head is full by a quarter. */
const FLUSH_MARGIN = 4;
/** A merge is to be done before an eighth of what it merges is written anew: until then there are more segments. */
const MERGE_MARGIN = 8;
/** Segments that are merged at once, at least, while there is nothing else to do. */
const IDLE_FACTOR = 2;
/** What a delete pays for, in bytes. */
const DELETE_BYTES = 200;
/** After so many deletes, merges are looked for. */
const DELETES_TO_LOOK = 1024;
/** Heads below are not written out because they are searched, or because there is time. */
const SMALL_HEAD = 1024;
/** A head is written out early once searches have looked at each of its documents this often, about. */
const SEARCHES_TO_FLUSH = 64;
/** A head in which fewer documents are live is written out early: it is mostly waste. */
const SPARSE_SHARE = 0.25;
/** The first head is full at this share of what the options say, each next one at so many times the share. */
const FIRST_HEAD_SHARE = 1 / 2;
const HEAD_GROWTH = 2;
/** Tables of a head have this much more room than those of the one before took. */
const SIZE_MARGIN = 1.1;

/** A flush of what the head held at one moment. `segment` is undefined if nothing of it was live. */
export type MomentFlush =
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly segment: Segment | undefined }
  | { readonly state: 'failed' };

/** Head, segments and the work on them. */
export class ShardWriter {
  readonly #options: WriterOptions;
  readonly #queue = new WorkQueue();
  readonly #factory: SegmentFactory;
  readonly segments: SegmentList;
  /** The first heads are smaller: while tables grow, they are copied. */
  #headShare = FIRST_HEAD_SHARE;
  #head: Head;
  #frozen: Head | undefined;
  #flushJob: Job | undefined;
  /** Told how the flush under way ends. */
  #onFlushed: ((flush: MomentFlush) => void) | undefined;
  #parts: readonly IndexPart[] | undefined;
  /** Bytes written that did not pay yet. */
  #unpaidBytes = 0;
  #deletes = 0;
  #searchedDocuments = 0;
  /** As measured so far: units of a flush per byte of a head, of a merge per byte of segments, and bytes by bytes. */
  #flushUnits = 1;
  #mergeUnits = 2;
  #segmentBytes = 0.3;
  /** Bytes of segments made by flushes, and by merges. */
  readonly written = { flushedBytes: 0, mergedBytes: 0, flushes: 0, merges: 0 };

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#factory = new SegmentFactory(options);
    this.segments = new SegmentList(options.store, (segment) => {
      options.onDrop(segment);
    });
    this.#head = new Head(options.context);
  }

  /** Oldest first; the head comes last. The same array until parts come or go. */
  get parts(): readonly IndexPart[] {
    this.#parts ??= [
      ...this.segments.slots.map(({ segment }) => segment),
      ...(this.#frozen === undefined ? [] : [this.#frozen]),
      this.#head,
    ];
    return this.#parts;
  }

  /** Number of the next file. */
  get nextNumber(): number {
    return this.#factory.nextNumber;
  }

  /** Jobs that are under way. */
  get pendingJobs(): number {
    return this.#queue.length;
  }

  /** Bytes of the head, and of the one that is being written out. */
  get headBytes(): number {
    return this.#head.sizeBytes + (this.#frozen?.sizeBytes ?? 0);
  }

  /** Indexes a document in place of the one with the same id. If it is refused, nothing has changed. */
  put(document: EngineDocument): void {
    this.#advance();
    const head = this.#head;
    const before = head.weight;
    head.put(document, () => this.#delete(document.id));
    this.#unpaidBytes += head.weight - before;
  }

  /** Deletes by id; tells whether it was there. */
  delete(id: string): boolean {
    this.#advance();
    return this.#delete(id);
  }

  /** The live document of an id. */
  find(id: string): DocumentPlace | undefined {
    const { parts } = this;
    const { bytes, length, hash } = soughtBytes(id);
    const { slots } = this.segments;
    for (let part = parts.length - 1; part >= 0; part--) {
      const ordinal =
        part < slots.length ? slots[part]!.segment.findBytes(bytes, 0, length, hash) : parts[part]!.documents.find(id);
      if (ordinal >= 0) return { part, ordinal };
    }
    return undefined;
  }

  /** Takes note of a search: a head that is searched often is worth writing out. */
  noteSearch(): void {
    this.#searchedDocuments += this.#head.endOrdinal;
  }

  /** Works until nothing is left to do, or `shouldStop` is true, which is asked after each slice. Tells whether any may be. */
  maintain(shouldStop: () => boolean): boolean {
    if (this.#head.endOrdinal >= SMALL_HEAD && this.#frozen === undefined) this.#freeze();
    this.#startFlush();
    this.#startMerges();
    for (;;) {
      if (this.#queue.isEmpty) {
        const run = this.#pickMerge(IDLE_FACTOR);
        if (run === undefined) return false;
        this.#startMerge(run);
      }
      this.#queue.step();
      if (shouldStop()) return true;
    }
  }

  /** Writes everything out. */
  flush(): void {
    this.finishFlush();
    if (this.#head.endOrdinal === 0) return;
    this.#freeze();
    this.finishFlush();
  }

  /**
   * Begins to write out what the head holds now: which documents are live is fixed, what comes later does not matter. It
   * is done by `stepFlush`, or by the writes that follow. A flush that is under way is finished at once before: see
   * `stepFlush` for how to get there without a pause.
   *
   * @param tell Told when it is over, at once if there is nothing to write.
   */
  beginFlush(tell: (flush: MomentFlush) => void): void {
    this.finishFlush();
    if (this.#head.endOrdinal === 0) return tell({ state: 'done', segment: undefined });
    this.#freeze();
    this.#onFlushed = tell;
    this.stepFlush();
  }

  /** Does a slice of the flush under way; tells whether it goes on. */
  stepFlush(): boolean {
    this.#startFlush();
    return this.#flushJob !== undefined && this.#queue.stepJob(this.#flushJob);
  }

  /** Merges neighbours until there are at most `maxSegments`, and none with deleted documents if that is 1. */
  forceMerge(maxSegments: number): void {
    this.flush();
    while (this.#queue.step());
    for (;;) {
      const { slots } = this.segments;
      const isDone = slots.length <= maxSegments && !(maxSegments === 1 && slots.some(hasDeletes));
      if (isDone) return;
      const job = this.#startMerge(cheapestRun(slots, Math.max(1, slots.length - maxSegments + 1)));
      this.#queue.finish(job);
    }
  }

  /** Drops all work and closes the segments. */
  close(): void {
    this.#queue.clear();
    this.segments.close();
    this.#head = new Head(this.#options.context);
    this.#frozen = undefined;
    this.#parts = undefined;
  }

  #delete(id: string): boolean {
    const place = this.find(id);
    if (place === undefined) return false;
    const slot = this.segments.slots[place.part];
    if (slot !== undefined) slot.segment.delete(place.ordinal);
    else if (this.parts[place.part] === this.#head) this.#head.delete(place.ordinal);
    else this.#frozen?.delete(place.ordinal);
    this.#unpaidBytes += DELETE_BYTES;
    if (++this.#deletes % DELETES_TO_LOOK === 0) this.#startMerges();
    return true;
  }

  /** Lets what was written pay for the work behind it, and freezes a full head. */
  #advance(): void {
    const bytes = this.#unpaidBytes;
    this.#unpaidBytes = 0;
    this.#startFlush();
    this.#queue.pay(bytes);
    if (this.#isFull()) this.#freeze();
  }

  #isFull(): boolean {
    const { endOrdinal, weight } = this.#head;
    const { headBytes } = this.#options;
    const headDocuments = Math.min(this.#options.headDocuments, MAX_HEAD_DOCUMENTS);
    if (endOrdinal >= headDocuments * this.#headShare || weight >= headBytes * this.#headShare) return true;
    if (endOrdinal < SMALL_HEAD || this.#frozen !== undefined) return false;
    if (this.#head.liveCount < endOrdinal * SPARSE_SHARE) return true;
    return this.#searchedDocuments > endOrdinal * SEARCHES_TO_FLUSH;
  }

  #freeze(): void {
    this.finishFlush();
    this.#frozen = this.#head;
    const share = Math.min(1, this.#headShare * HEAD_GROWTH);
    this.#head = new Head(
      this.#options.context,
      scaledSize(this.#frozen.size, (share / this.#headShare) * SIZE_MARGIN),
    );
    this.#headShare = share;
    this.#searchedDocuments = 0;
    this.#parts = undefined;
    this.#startFlush();
  }

  /** Does at once what is left of the flush under way. */
  finishFlush(): void {
    this.#startFlush();
    if (this.#flushJob !== undefined) this.#queue.finish(this.#flushJob);
  }

  /** Begins to write the frozen head out, unless that is under way. */
  #startFlush(): void {
    const head = this.#frozen;
    if (head === undefined || this.#flushJob !== undefined) return;
    this.#flushJob = { work: this.#flush(head), unitsPerByte: this.#flushUnits * FLUSH_MARGIN };
    this.#queue.add(this.#flushJob);
  }

  *#flush(head: Head): Slices {
    let units = 0;
    try {
      const segment =
        head.liveCount === 0 ? undefined : yield* measured(this.#factory.ofHead(head), (u) => (units = u));
      this.#frozen = undefined;
      this.#parts = undefined;
      if (segment !== undefined) this.segments.add(segment, undefined);
      this.#tellFlushed({ state: 'done', segment });
      if (segment === undefined) return;
      this.written.flushes++;
      this.written.flushedBytes += segment.hotBytes;
      this.#flushUnits = units / head.weight;
      this.#segmentBytes = segment.hotBytes / head.weight;
    } finally {
      this.#flushJob = undefined;
      this.#tellFlushed({ state: 'failed' });
    }
    this.#startMerges();
  }

  #tellFlushed(flush: MomentFlush): void {
    const tell = this.#onFlushed;
    this.#onFlushed = undefined;
    tell?.(flush);
  }

  #startMerges(): void {
    for (const slot of this.segments.slots) {
      if (slot.isBusy || slot.segment.liveCount > 0) continue;
      this.segments.replace([slot], undefined);
      this.#parts = undefined;
    }
    for (let run = this.#pickMerge(); run !== undefined; run = this.#pickMerge()) this.#startMerge(run);
  }

  #pickMerge(factor = this.#options.merge.factor): MergeRun | undefined {
    const candidates = this.segments.slots.map(({ segment, isBusy }) => ({
      bytes: segment.hotBytes,
      docCount: segment.endOrdinal,
      liveCount: segment.liveCount,
      isBusy,
    }));
    return pickMerge(candidates, { ...this.#options.merge, factor });
  }

  #startMerge({ from, to }: MergeRun): Job {
    const slots = this.segments.slots.slice(from, to);
    for (const slot of slots) slot.isBusy = true;
    const unitsPerByte = this.#mergeUnits * this.#segmentBytes * MERGE_MARGIN;
    const job = { work: this.#merge(slots), unitsPerByte };
    this.#queue.add(job);
    return job;
  }

  *#merge(slots: readonly SegmentSlot[]): Slices {
    let units = 0;
    try {
      const segment = yield* measured(this.#factory.ofSegments(slots.map((slot) => slot.segment)), (u) => (units = u));
      this.segments.replace(slots, segment);
      this.#parts = undefined;
      this.written.merges++;
      this.written.mergedBytes += segment.hotBytes;
      this.#mergeUnits = units / segment.hotBytes;
    } finally {
      for (const slot of slots) slot.isBusy = false;
    }
    this.#startMerges();
  }
}

/** Does work and tells at its end what it cost. */
function* measured<T>(work: Slices<T>, tell: (units: number) => void): Slices<T> {
  let units = 0;
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) {
      tell(units);
      return step.value;
    }
    units += step.value;
    yield step.value;
  }
}

function hasDeletes({ segment }: SegmentSlot): boolean {
  return segment.liveCount < segment.endOrdinal;
}

/** The run of `length` segments that has the fewest bytes. */
function cheapestRun(slots: readonly SegmentSlot[], length: number): MergeRun {
  const bytesOf = (from: number): number =>
    slots.slice(from, from + length).reduce((sum, { segment }) => sum + segment.hotBytes, 0);
  let from = 0;
  for (let at = 1; at + length <= slots.length; at++) if (bytesOf(at) < bytesOf(from)) from = at;
  return { from, to: from + length };
}
