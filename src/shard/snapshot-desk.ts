/**
 * The jobs of one copy for snapshots: begun by the first question about one, ended when nobody asks any more or the copy
 * stops serving.
 */
import type { Cancel, Clock } from '../env.ts';
import { CoppiceError } from '../errors.ts';
import { parseShardRequest, type ShardAnswer } from '../wire/snapshot-messages.ts';
import { SnapshotJob, type SnapshotJobOptions } from './snapshot-job.ts';

/** A question waits so long for news. */
const LOOK_MS = 500;
/** A job that nobody has asked for in this time is given up. */
const FORGOTTEN_MS = 30_000;
/** Each keeps the files of a state from going, and reads and writes. */
const MAX_JOBS = 2;

/** What the desk needs of its copy. */
export type SnapshotDeskOptions = Omit<SnapshotJobOptions, 'request' | 'depots'> & {
  readonly clock: Clock;
  readonly depots: SnapshotJobOptions['depots'] | undefined;
};

type Entry = { readonly job: SnapshotJob; forget: Cancel };

/** Takes a copy's jobs. */
export class SnapshotDesk {
  readonly #options: SnapshotDeskOptions;
  readonly #jobs = new Map<string, Entry>();

  constructor(options: SnapshotDeskOptions) {
    this.#options = options;
  }

  /**
   * Begins a job, or asks for news of it.
   *
   * @throws CoppiceError `BAD_REQUEST`, `OVERLOADED`, or `PREFLIGHT_FAILED` if depots cannot be reached from here.
   */
  async answer(body: unknown): Promise<ShardAnswer> {
    const request = parseShardRequest(body);
    const { depots } = this.#options;
    if (depots === undefined) throw new CoppiceError('PREFLIGHT_FAILED', 'the leaf of this copy has no depot');
    if (request.cancel === true) return this.#cancel(request.id);
    const entry = this.#jobs.get(request.id) ?? this.#begin({ ...this.#options, depots, request });
    this.#forgetLater(request.id, entry);
    const { job } = entry;
    if (request.known !== undefined) job.supply(request.known);
    await job.change(LOOK_MS);
    return job.answer;
  }

  /** Ends all jobs, and resolves when nothing of them runs any more; those asked for later begin anew. */
  async close(): Promise<void> {
    const jobs = [...this.#jobs];
    for (const [id, entry] of jobs)
      this.#end(id, entry, new CoppiceError('SHARD_UNAVAILABLE', 'this copy stops serving'));
    await Promise.all(jobs.map(async ([, { job }]) => job.ended));
  }

  #cancel(id: string): ShardAnswer {
    const reason = new CoppiceError('CANCELLED', 'the snapshot was given up');
    const entry = this.#jobs.get(id);
    if (entry !== undefined) this.#end(id, entry, reason);
    return { state: 'failed', error: reason.toWire() };
  }

  #begin(options: SnapshotJobOptions): Entry {
    const running = [...this.#jobs.values()].filter(({ job }) => !job.isOver);
    if (running.length >= MAX_JOBS)
      throw new CoppiceError('OVERLOADED', `shard ${options.shard} is in ${MAX_JOBS} snapshots at once already`);
    const entry = { job: new SnapshotJob(options), forget: () => {} };
    this.#jobs.set(options.request.id, entry);
    return entry;
  }

  #forgetLater(id: string, entry: Entry): void {
    entry.forget();
    entry.forget = this.#options.clock.after(FORGOTTEN_MS, () =>
      this.#end(id, entry, new CoppiceError('CANCELLED', 'nobody has asked for this part of the snapshot any more')),
    );
  }

  #end(id: string, entry: Entry, reason: CoppiceError): void {
    entry.forget();
    entry.job.stop(reason);
    this.#jobs.delete(id);
  }
}
