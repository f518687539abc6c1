/**
 * What lets a copy come back, and others after it: files on the leaf's disk, checkpoints in the depot, and the way from
 * them to a state. A copy of an actor that can be captured has what its leaf offers of the two; any other replays its log.
 */
import type { StatefulDefinition } from '../actor/definition.ts';
import type { Log } from '../bus/log.ts';
import type { ClusterContext } from '../cluster/context.ts';
import type { CoppiceError } from '../errors.ts';
import { depotPrefix } from '../wire/checkpoint-format.ts';
import type { CopyStatus } from '../wire/records.ts';
import { Checkpointer, type CheckpointerOptions } from './checkpointer.ts';
import type { CopySpec } from './copy-spec.ts';
import type { HeldState } from './held-state.ts';
import { LocalCopy, type LocalCopyOptions } from './local/local-copy.ts';
import { ReplayMeter } from './replay-meter.ts';
import { Restorer } from './restorer.ts';
import type { AppliedRecord, ShardState } from './shard-state.ts';

/** What it needs of the copy. */
export type RecoveryOptions = Pick<LocalCopyOptions, 'onEvent' | 'onDisk' | 'onError'> & {
  readonly context: ClusterContext;
  readonly spec: CopySpec;
  readonly definition: StatefulDefinition;
  readonly log: Log;
  readonly state: HeldState;
  readonly append: CheckpointerOptions['append'];
};

/** The recovery of one copy. */
export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #local: LocalCopy | undefined;
  readonly #restorer: Restorer;
  readonly #checkpointer: Checkpointer | undefined;
  readonly #replay: ReplayMeter;

  constructor(options: RecoveryOptions) {
    const { context, spec, definition, log } = options;
    const { checkpoints, env, report } = context;
    this.#options = options;
    this.#replay = new ReplayMeter(env.clock);
    this.#local = createLocal(options);
    const local = this.#local;
    const readable = definition.restore === undefined ? undefined : checkpoints;
    this.#restorer = new Restorer({ env, spec, definition, log, report, local, checkpoints: readable });
    this.#checkpointer = createCheckpointer(options, local);
  }

  /** Makes the folder of local files, if the disk lets it. */
  open(): void {
    this.#local?.open();
  }

  /**
   * Builds the best state there is: of local files, of a checkpoint, or an empty one.
   *
   * @param accept Throws CoppiceError `CORRUPT_BLOB` for a state that must not be used.
   *
   * @throws CoppiceError `LOG_ROLLED_BACK`, `STALE_GENERATION`, `DISCONNECTED`, what depot or actor throw, the signal's reason.
   */
  async restore(accept: (state: ShardState) => void, signal: AbortSignal): Promise<void> {
    const { state } = this.#options;
    const restored = await this.#restorer.restore(accept, signal);
    if (signal.aborted) restored?.close();
    signal.throwIfAborted();
    if (restored !== undefined) return state.adopt(restored);
    state.build(this.#local?.emptied());
    accept(state.loaded);
    this.#local?.start(0);
  }

  /** Why the newest checkpoint was not restored the last time; undefined if it was, or there is none. */
  get failure(): string | undefined {
    return this.#restorer.failure;
  }

  /** Why no command is accepted; undefined while all is well. */
  get refusal(): CoppiceError | undefined {
    return this.#local?.refusal;
  }

  /** The log is followed from where the state stands. */
  startReplay(): void {
    this.#replay.start(this.#options.state.appliedSeq);
  }

  /** Takes note of a record; tells whether the log should not be followed for the moment. */
  noteApplied(record: AppliedRecord): boolean {
    this.#checkpointer?.noteApplied(record);
    this.#replay.note(record);
    return this.#local?.noteApplied(record) ?? false;
  }

  /** The copy failed with what it had. */
  noteFailure(error: unknown): void {
    this.#local?.noteFailure(error);
  }

  /** What is saved on the leaf's disk holds what no other copy does. */
  discardSaved(reason: string): void {
    this.#local?.discard(reason);
  }

  /** A reign has begun: checkpoints are taken. */
  startLeading(term: number): void {
    this.#checkpointer?.start(term);
  }

  /** The reign has ended. Resolves when no checkpoint is being taken any more. */
  async stopLeading(): Promise<void> {
    await this.#checkpointer?.stop();
  }

  /** The state is given up. */
  discard(): void {
    this.#local?.stop();
    this.#checkpointer?.forget();
  }

  /** Whether the state is saved on the leaf's disk before the copy ends. */
  get savesLast(): boolean {
    return this.#local !== undefined;
  }

  /** Saves what was applied since the last time. Never rejects. */
  async saveLast(): Promise<void> {
    await this.#local?.saveLast();
  }

  /** Ends; what is on the disk stays. */
  close(): void {
    this.#local?.close({ remove: false });
  }

  /** Removes all that was kept of the shard: its group is gone. Another of its name has another generation's. */
  async removeAll(): Promise<void> {
    this.#local?.close({ remove: true });
    const { context, spec } = this.#options;
    const depot = context.checkpoints?.depot;
    if (depot === undefined || this.#checkpointer === undefined) return;
    await this.#checkpointer.stop();
    const names = await depot.list(depotPrefix(spec.group.generation, spec.shard));
    for (const name of names) await depot.delete(name);
  }

  /** What the pulse tells; `targetSeq` is the log's end while it is replayed, else undefined. */
  status(targetSeq: number | undefined): Partial<CopyStatus> {
    const restore = this.#restorer.progress;
    const { context, state } = this.#options;
    const newest = state.sound?.checkpoints.at(-1);
    const failure = this.#checkpointer?.failure ?? context.checkpoints?.depotFailure?.();
    const fails = this.#checkpointer !== undefined && failure !== undefined;
    return {
      ...(restore === undefined ? {} : { restore }),
      ...(targetSeq === undefined ? {} : { replay: this.#replay.progress(targetSeq) }),
      ...(newest === undefined ? {} : { checkpointSeq: newest.seq }),
      ...(fails ? { checkpointFailure: failure } : {}),
      ...this.#local?.status(),
    };
  }
}

function createLocal({
  context,
  spec,
  definition,
  state,
  onEvent,
  onDisk,
  onError,
}: RecoveryOptions): LocalCopy | undefined {
  const { local, env, report } = context;
  if (local === undefined || definition.checkpoint === undefined || definition.restore === undefined) return undefined;
  return new LocalCopy({ spec, local, env, report, state: () => state.sound, onEvent, onDisk, onError });
}

function createCheckpointer(
  { context, spec, definition, log, state, append }: RecoveryOptions,
  local: LocalCopy | undefined,
): Checkpointer | undefined {
  const { checkpoints, env, report } = context;
  if (checkpoints === undefined || definition.checkpoint === undefined) return undefined;
  const onLocal: Pick<CheckpointerOptions, 'onCaptured' | 'onDamage' | 'hashOf'> =
    local === undefined
      ? {}
      : {
          onCaptured: async (captured) => local.save(captured),
          onDamage: () => local.checkFiles(),
          hashOf: (name) => local.hashOf(name),
        };
  const { clock } = env;
  return new Checkpointer({ spec, checkpoints, log, report, clock, state: () => state.loaded, append, ...onLocal });
}
