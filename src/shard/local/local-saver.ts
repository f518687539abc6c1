/**
 * Saves the state of a copy on its leaf's disk, now and then: primaries and replicas alike, so that a leaf that comes back
 * needs the end of the log only. A save that fails costs nothing but a longer replay.
 */
import type { LocalOptions } from '../../cluster/local-options.ts';
import type { Cancel, Clock, Reporter } from '../../env.ts';
import { asCoppiceError, CoppiceError } from '../../errors.ts';
import type { RuntimeShare } from '../../wire/checkpoint-format.ts';
import type { CopySpec } from '../copy-spec.ts';
import type { AppliedRecord, CapturedState, ShardState } from '../shard-state.ts';
import { captureInSlices } from '../write-out.ts';
import type { HeldFiles, LocalState } from './local-state.ts';

const LOOK_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
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
  #abort = new AbortController();
  #look: Cancel | undefined;
  #running: Promise<void> | undefined;
  #records = 0;
  #bytes = 0;
  #sinceMs: number;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #savedSeq = 0;

  constructor(options: LocalSaverOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.nowMs();
  }

  /** Log sequence of the last record in what is saved; 0 without any. */
  get savedSeq(): number {
    return this.#savedSeq;
  }

  /** Begins to look whether a save is due; what is saved at the moment stands at `savedSeq`. */
  start(savedSeq: number): void {
    this.#records = 0;
    this.#bytes = 0;
    this.#noteSaved(savedSeq);
    this.#abort = new AbortController();
    this.#lookLater();
  }

  /** Takes note of a record that was applied. */
  noteApplied({ sizeBytes }: AppliedRecord): void {
    this.#records += 1;
    this.#bytes += sizeBytes;
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
    const [records, bytes, startMs] = [this.#records, this.#bytes, clock.nowMs()];
    try {
      await work();
      this.#noteSaved(seq);
      this.#records = Math.max(0, this.#records - records);
      this.#bytes = Math.max(0, this.#bytes - bytes);
      this.#notBeforeMs = clock.nowMs() + local.minIntervalMs;
      report('debug', 'state saved', { ...this.#place(), seq, tookMs: clock.nowMs() - startMs });
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /** Saves what was applied since the last time, before the copy closes. Never rejects. */
  async saveLast(): Promise<void> {
    await this.#running;
    if (this.#records === 0 || this.#options.isInTrouble()) return;
    await this.#saveNow();
  }

  #noteSaved(seq: number): void {
    this.#savedSeq = seq;
    this.#sinceMs = this.#options.clock.nowMs();
    this.#failures = 0;
  }

  #noteFailure(error: unknown): void {
    const { clock, report, onTrouble } = this.#options;
    this.#notBeforeMs = clock.nowMs() + Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    const fault = asCoppiceError(error);
    if (fault.code !== 'CANCELLED') report('warn', 'state not saved', { ...this.#place(), error: fault.message });
    onTrouble(error);
  }

  #lookLater(): void {
    this.#look?.();
    this.#look = this.#options.clock.after(LOOK_MS, () => {
      this.#lookLater();
      if (this.#running !== undefined || !this.#isDue()) return;
      this.#running = this.#run(this.#abort.signal).finally(() => (this.#running = undefined));
    });
  }

  #isDue(): boolean {
    const { clock, local, isInTrouble } = this.#options;
    const nowMs = clock.nowMs();
    if (this.#records === 0 || nowMs < this.#notBeforeMs || isInTrouble()) return false;
    return this.#records >= local.records || this.#bytes >= local.bytes || nowMs - this.#sinceMs >= local.intervalMs;
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
