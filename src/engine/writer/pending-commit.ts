/**
 * A commit of one moment, written in slices: what it holds is fixed when it begins, and writes, deletes and merges that
 * come while it is written change nothing in it.
 */
import { CoppiceError } from '../../errors.ts';
import type { CommitLog, StartedCommit } from './commit-log.ts';
import type { MomentFlush, ShardWriter } from './shard-writer.ts';

/** What a commit is made with. */
export type PendingCommitOptions = {
  readonly commits: CommitLog;
  readonly writer: ShardWriter;
  readonly state: StartedCommit['state'];
  /** Told the files once they are complete, before any other commit can be made. */
  readonly onFiles: (files: readonly string[]) => void;
};

/** A commit that is under way. */
export class PendingCommit {
  readonly #options: PendingCommitOptions;
  #started: StartedCommit;
  #flush: MomentFlush['state'] = 'running';
  #isDone = false;
  /** What went wrong, for whoever works on it next. */
  #failure: { readonly error: unknown } | undefined;

  constructor(options: PendingCommitOptions) {
    const { commits, writer, state } = options;
    this.#options = options;
    writer.finishFlush();
    this.#started = commits.begin(writer.segments, state);
    writer.beginFlush((flush) => this.#take(flush));
  }

  /**
   * Works until the commit is the last one, or `shouldStop` is true, which is asked after each slice. Returns whether
   * there is more to do. Throws what writing throws; the commit has failed then, and the former one stays the last.
   */
  step(shouldStop: () => boolean): boolean {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isDone) return false;
    try {
      while (this.#flush === 'running') {
        this.#options.writer.stepFlush();
        if (shouldStop()) return true;
      }
      this.#end();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
    return false;
  }

  /** Does at once what is left to do. Throws as `step` does. */
  finish(): void {
    this.step(() => false);
  }

  /** The same, since another commit begins; a failure is thrown by the next `step`. */
  yield(): void {
    try {
      this.finish();
    } catch (error) {
      this.#failure = { error };
    }
  }

  /** Gives it up, since the engine is closed. */
  cancel(): void {
    if (!this.#isDone) this.#failure ??= { error: new CoppiceError('CANCELLED', 'the engine was closed') };
  }

  /** It is known at once, since a merge might do away with the segment before the commit is finished. */
  #take(flush: MomentFlush): void {
    const { commits, writer } = this.#options;
    this.#flush = flush.state;
    if (flush.state === 'done' && flush.segment !== undefined)
      this.#started = commits.add(writer.segments, this.#started, flush.segment);
  }

  #end(): void {
    if (this.#flush !== 'done') throw new Error('what the commit was to hold could not be written');
    const { commits, writer, onFiles } = this.#options;
    commits.finish(writer.segments, this.#started, writer.nextNumber);
    this.#isDone = true;
    onFiles(commits.files);
  }
}
