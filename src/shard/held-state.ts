/**
 * The state that a copy holds at the moment: none yet, a sound one, or one in which a record was applied by half, which
 * answers nobody until it is discarded.
 */
import type { ActorDefinition, ActorFiles } from '../actor/definition.ts';
import type { LogEntry } from '../bus/log.ts';
import type { ClusterContext } from '../cluster/context.ts';
import type { WorkMarks } from '../cluster/work-marks.ts';
import type { Reporter } from '../env.ts';
import { asCoppiceError, CoppiceError } from '../errors.ts';
import { type CopySpec, copyPlace } from './copy-spec.ts';
import { type ApplyVerdict, ShardState } from './shard-state.ts';

const NO_STATS = { docCount: 0, sizeBytes: 0 };

/** Holds a copy's state. */
export class HeldState {
  readonly #spec: CopySpec;
  readonly #definition: ActorDefinition;
  readonly #report: Reporter;
  readonly #marks: WorkMarks;
  #state: ShardState | undefined;
  #isSound = false;
  #statsFailed = false;

  constructor(spec: CopySpec, definition: ActorDefinition, context: Pick<ClusterContext, 'report' | 'marksOf'>) {
    this.#spec = spec;
    this.#definition = definition;
    this.#report = context.report;
    this.#marks = context.marksOf(copyPlace(spec));
  }

  /** Builds an empty state, which may keep its files in `files`. Throws what the actor's `init` throws. */
  build(files?: ActorFiles): void {
    const { group, shard } = this.#spec;
    if (this.#definition.kind === 'stateless') return;
    const { generation, settings } = group;
    this.#marks.begin('open');
    this.adopt(new ShardState({ definition: this.#definition, generation, shard, settings, files }));
    this.#marks.end();
  }

  /** Holds a state that was built elsewhere. */
  adopt(state: ShardState): void {
    this.#state = state;
    this.#isSound = true;
  }

  /** The state, if every record was applied to it whole. */
  get sound(): ShardState | undefined {
    return this.#isSound ? this.#state : undefined;
  }

  /** The state, where there must be one. Throws CoppiceError `SHARD_UNAVAILABLE`. */
  get loaded(): ShardState {
    const { sound } = this;
    if (sound !== undefined) return sound;
    const { group, shard } = this.#spec;
    throw new CoppiceError('SHARD_UNAVAILABLE', `shard ${shard} of \`${group.name}\` is not loaded here`);
  }

  /** Log sequence of the last record applied; 0 if none. */
  get appliedSeq(): number {
    return this.#state?.appliedSeq ?? 0;
  }

  /** Highest term seen in the log. */
  get term(): number {
    return this.#state?.term ?? 0;
  }

  /** Applies a record; what it throws leaves the state unsound. Undefined if there is none to apply it to. */
  apply(entry: LogEntry): ApplyVerdict | undefined {
    try {
      return this.sound?.apply(entry, this.#marks);
    } catch (error) {
      this.#isSound = false;
      throw error;
    } finally {
      this.#marks.end();
    }
  }

  /** Lets the actor do work that waits for idle time; tells whether there is more. */
  maintain(shouldStop: () => boolean): boolean {
    this.#marks.begin('maintain');
    try {
      return this.sound?.maintain(shouldStop) ?? false;
    } finally {
      this.#marks.end();
    }
  }

  /** Size figures. Those that the actor's code cannot give must not stop the pulse. */
  stats(): { readonly docCount: number; readonly sizeBytes: number } {
    try {
      return this.#state?.stats() ?? NO_STATS;
    } catch (error) {
      const { group, shard } = this.#spec;
      const fields = { group: group.name, shard, error: asCoppiceError(error).message };
      if (!this.#statsFailed) this.#report('error', 'actor failed to tell its size', fields);
      this.#statsFailed = true;
      return NO_STATS;
    }
  }

  discard(): void {
    this.#state?.close();
    this.#state = undefined;
    this.#isSound = false;
  }
}
