/** The commits of an index: what was committed last, which files that needs, and how the next commit is written. */
import type { AnalysisSettings } from '../analysis/analyzer.ts';
import type { Schema } from '../engine.ts';
import type { RegionPool } from '../memory/region.ts';
import { openSegment } from '../segment/segment.ts';
import type { Store } from '../store/store.ts';
import { type Commit, commitName, newestCommit, readCommit, writeCommit } from './commit-file.ts';
import type { SegmentList, SegmentSlot } from './segment-list.ts';

/** Files that an engine makes. */
const OWN_FILE = /^(segment|commit)-\d/;

/** The last commit of a store. */
export class CommitLog {
  readonly #store: Store;
  #number: number;
  /** Number of the newest commit that was begun. */
  #attempt: number;
  #last: Commit | undefined;
  #files: readonly string[] = [];

  /** @throws CoppiceError `CORRUPT_SEGMENT` if the newest commit is damaged. */
  constructor(store: Store) {
    this.#store = store;
    const number = newestCommit(store);
    this.#number = number ?? 0;
    this.#attempt = this.#number;
    this.#last = number === undefined ? undefined : readCommit(store, number);
  }

  /** What was committed last. */
  get last(): Commit | undefined {
    return this.#last;
  }

  /** Files of the last commit. They do not change, and stay until the next one. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** Opens the segments of the last commit, and removes what a crash has left behind. */
  load(segments: SegmentList, regions: RegionPool): void {
    const store = this.#store;
    try {
      for (const { file, number, live } of this.#last?.segments ?? []) {
        const segment = openSegment({ store, regions, name: file, number });
        if (live !== undefined) segment.loadLive(live);
        segments.add(segment, live === undefined ? undefined : { file: live, generation: segment.generation });
      }
    } catch (error) {
      segments.close();
      throw error;
    }
    this.#keep(segments);
    const kept = new Set(this.#files);
    for (const name of store.names()) if (OWN_FILE.test(name) && !kept.has(name)) store.remove(name);
  }

  /** Commits segments as they are now; then removes the files that only the former commit needs. */
  commit(
    segments: SegmentList,
    state: { readonly schema: Schema; readonly analysis: AnalysisSettings; readonly nextNumber: number },
  ): void {
    // What a commit that failed has left may be found by the next `openEngine`: its files stay as they are.
    const number = ++this.#attempt;
    for (const slot of segments.slots) this.#saveDeletes(segments, slot, number);
    const listed = segments.slots.map(({ segment, live }) => ({
      file: segment.fileName,
      number: segment.number,
      ...(live === undefined ? {} : { live: live.file }),
    }));
    const commit = { ...state, segments: listed };
    const known = new Set(this.#files);
    this.#store.sync(filesOf(segments.slots).filter((file) => !known.has(file)));
    segments.addCommitting([...filesOf(segments.slots), commitName(number)]);
    writeCommit(this.#store, number, commit);
    this.#store.sync([commitName(number)]);
    this.#number = number;
    this.#last = commit;
    this.#keep(segments);
  }

  /** Writes down which documents of a segment are deleted, unless that was done before. */
  #saveDeletes(segments: SegmentList, slot: SegmentSlot, commitNumber: number): void {
    const { segment } = slot;
    if (segment.liveCount === segment.endOrdinal || slot.live?.generation === segment.generation) return;
    const file = `${segment.fileName}-${commitNumber}.live`;
    segments.addCommitting([file]);
    segment.saveLive(file);
    slot.live = { file, generation: segment.generation };
  }

  #keep(segments: SegmentList): void {
    this.#files = this.#last === undefined ? [] : [...filesOf(segments.slots), commitName(this.#number)];
    segments.setCommitted(this.#files);
  }
}

function filesOf(slots: readonly SegmentSlot[]): readonly string[] {
  return slots.flatMap(({ segment, live }) => [segment.fileName, ...(live === undefined ? [] : [live.file])]);
}
