/** The commits of an index: what was committed last, which files that needs, and how the next commit is written. */
import type { RegionPool } from '../memory/region.ts';
import { openSegment, type Segment } from '../segment/segment.ts';
import type { Store } from '../store/store.ts';
import { type Commit, commitName, newestCommit, readCommit, writeCommit } from './commit-file.ts';
import type { SegmentList, SegmentSlot } from './segment-list.ts';

/** A commit that is under way. */
export type StartedCommit = {
  readonly number: number;
  readonly state: Pick<Commit, 'schema' | 'analysis'>;
  readonly segments: Commit['segments'];
  /** Files of its segments. */
  readonly files: readonly string[];
};

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
    this.#keep(segments, filesOf(segments.slots));
    const kept = new Set(this.#files);
    for (const name of store.names()) if (OWN_FILE.test(name) && !kept.has(name)) store.remove(name);
  }

  /**
   * Begins a commit of the segments as they are now: what is deleted is written down, and their files stay. Only one is
   * under way at a time; `finish` makes it the last one.
   */
  begin(segments: SegmentList, state: Pick<Commit, 'schema' | 'analysis'>): StartedCommit {
    // What a commit that failed has left may be found by the next `openEngine`: its files stay as they are.
    const number = ++this.#attempt;
    for (const slot of segments.slots) this.#saveDeletes(segments, slot, number);
    const listed = segments.slots.map(({ segment, live }) => ({
      file: segment.fileName,
      number: segment.number,
      ...(live === undefined ? {} : { live: live.file }),
    }));
    const files = filesOf(segments.slots);
    segments.addCommitting([...files, commitName(number)]);
    return { number, state, segments: listed, files };
  }

  /** Adds a segment that was being written when the commit began, with all documents that were live then. */
  add(segments: SegmentList, started: StartedCommit, { fileName: file, number }: Segment): StartedCommit {
    segments.addCommitting([file]);
    return { ...started, segments: [...started.segments, { file, number }], files: [...started.files, file] };
  }

  /** Makes a commit the last one; then removes the files that only the former one needs. */
  finish(segments: SegmentList, started: StartedCommit, nextNumber: number): void {
    const { number, state, files } = started;
    const commit = { ...state, segments: started.segments, nextNumber };
    const known = new Set(this.#files);
    this.#store.sync(files.filter((file) => !known.has(file)));
    writeCommit(this.#store, number, commit);
    this.#store.sync([commitName(number)]);
    this.#number = number;
    this.#last = commit;
    this.#keep(segments, files);
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

  #keep(segments: SegmentList, files: readonly string[]): void {
    this.#files = this.#last === undefined ? [] : [...files, commitName(this.#number)];
    segments.setCommitted(this.#files);
  }
}

function filesOf(slots: readonly SegmentSlot[]): readonly string[] {
  return slots.flatMap(({ segment, live }) => [segment.fileName, ...(live === undefined ? [] : [live.file])]);
}
