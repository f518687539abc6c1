/**
 * Saves the state of a copy on its leaf's disk, now and then: primaries and replicas alike, so that a leaf that comes back
 * needs the end of the log only. A save that fails costs nothing but a longer replay.
 */
import type { LocalOptions } from '../../cluster/local-options.ts';
import type { Cancel, Clock, Reporter } from '../../env.ts';
import { asCoppiceError, CoppiceError } from '../../errors.ts';
import type { RuntimeShare } from '../../wire/checkpoint-format.ts';
import { Backlog } from '../backlog.ts';
import type { CopySpec } from '../copy-spec.ts';
import type { AppliedRecord, CapturedState, ShardState } from '../shard-state.ts';
import { captureInSlices } from '../write-out.ts';
import type { HeldFiles, LocalState } from './local-state.ts';

const LOOK_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** What saving needs of the copy. */
export type LocalSaverOptions = {
  readonly clock: Clock;
  readonly report: Reporter;
  readonly spec: CopySpec;
  readonly local: LocalOptions;
  readonly saved: LocalState;
  readonly state: () => ShardState | undefined;
  /** Whether the disk takes nothing at the moment. */
  readonly isInTrouble: () => boolean;
  /** The disk did not take it. */
  readonly onTrouble: (error: unknown) => void;
};

/** Saves one copy. */
export class LocalSaver {
  readonly #options: LocalSaverOptions;
  readonly #backlog: Backlog;
  #abort = new AbortController();
  #look: Cancel | undefined;
  #running: Promise<void> | undefined;
  #savedSeq = 0;

  constructor(options: LocalSaverOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.clock, options.local, { maxRetryMs: MAX_RETRY_MS });
  }

  /** Log sequence of the last record in what is saved; 0 without any. */
  get savedSeq(): number {
    return this.#savedSeq;
  }

  /** Begins to look whether a save is due; what is saved at the moment stands at `savedSeq`. */
  start(savedSeq: number): void {
    this.#backlog.clear();
    this.#backlog.forgive();
    this.#savedSeq = savedSeq;
    this.#abort = new AbortController();
    this.#lookLater();
  }

  /** Takes note of a record that was applied. */
  noteApplied({ sizeBytes }: AppliedRecord): void {
    this.#backlog.add(sizeBytes);
  }

  /** The state is given up: what is being saved may come to its end. */
  stop(): void {
    this.#look?.();
    this.#look = undefined;
    this.#abort.abort(new CoppiceError('CANCELLED', 'the copy gives its state up'));
  }

  /** Saves what somebody has captured. Never rejects. */
  async save(captured: CapturedState): Promise<void> {
    await this.#track(captured.share.seq, async () => this.#options.saved.save(captured));
  }

  /** Saves files of a checkpoint that were fetched. Never rejects. */
  async keep(held: HeldFiles, at: RuntimeShare): Promise<void> {
    await this.#track(at.seq, async () => this.#options.saved.keep(held, at));
  }

  /** What was applied up to this moment is saved by `work`, if it does not fail. */
  async #track(seq: number, work: () => Promise<void>): Promise<void> {
    const { clock, report, local } = this.#options;
    const [share, startMs] = [this.#backlog.share, clock.nowMs()];
    try {
      await work();
      this.#savedSeq = seq;
      this.#backlog.clear(share);
      this.#backlog.succeed(local.minIntervalMs);
      report('debug', 'state saved', { ...this.#place(), seq, tookMs: clock.nowMs() - startMs });
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /** Saves what was applied since the last time, before the copy closes. Never rejects. */
  async saveLast(): Promise<void> {
    await this.#running;
    if (this.#backlog.isEmpty || this.#options.isInTrouble()) return;
    await this.#saveNow();
  }

  #noteFailure(error: unknown): void {
    const { report, onTrouble } = this.#options;
    this.#backlog.fail();
    const fault = asCoppiceError(error);
    if (fault.code !== 'CANCELLED') report('warn', 'state not saved', { ...this.#place(), error: fault.message });
    onTrouble(error);
  }

  #lookLater(): void {
    this.#look?.();
    this.#look = this.#options.clock.after(LOOK_MS, () => {
      this.#lookLater();
      if (this.#running !== undefined || this.#options.isInTrouble() || !this.#backlog.isDue()) return;
      this.#running = this.#run(this.#abort.signal).finally(() => (this.#running = undefined));
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, state } = this.#options;
    const loaded = (): ShardState => {
      const found = state();
      if (found === undefined) throw new CoppiceError('CANCELLED', 'the copy has no state');
      return found;
    };
    await this.#save(async () => captureInSlices({ clock, state: loaded }, signal));
  }

  async #saveNow(): Promise<void> {
    await this.#save(async () => this.#options.state()?.capture());
  }

  async #save(capture: () => Promise<CapturedState | undefined>): Promise<void> {
    let captured: CapturedState | undefined;
    try {
      captured = await capture();
    } catch (error) {
      return this.#noteFailure(error);
    }
    if (captured === undefined) return;
    try {
      await this.save(captured);
    } finally {
      captured.actor.release();
    }
  }

  #place(): Readonly<Record<string, unknown>> {
    return { group: this.#options.spec.group.name, shard: this.#options.spec.shard };
  }
}
