/**
 * Follows the shard's log for one copy: hands over records from where the state stands, knows how far there is to go,
 * and checks after each reconnect that the log still holds what was applied (protocol.md, rule 6 of the log).
 */
import type { Log, LogEntry, Tail } from '../bus/log.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { isCoppiceError } from '../errors.ts';
import type { GroupRecord } from '../wire/records.ts';
import type { ShardState } from './shard-state.ts';

/** A group is marked before its log is deleted; the news of the mark may take so long. */
const DELETION_NEWS_MS = 500;

/** What the follower needs of its copy. */
export type LogFollowerOptions = {
  readonly context: ClusterContext;
  readonly log: Log;
  readonly group: GroupRecord;
  readonly shard: number;
  readonly state: () => ShardState | undefined;
  readonly onEntry: (entry: LogEntry) => void;
  /** The end of the log, as it was when following began, is known. */
  readonly onTarget: () => void;
  /** The log lost what was applied here. */
  readonly onRolledBack: (reason: string) => void;
  /** The group was deleted. */
  readonly onGone: () => void;
  readonly onError: (error: unknown) => void;
};

/** Follows one shard's log. */
export class LogFollower {
  readonly #options: LogFollowerOptions;
  readonly #stopListening: () => void;
  #tail: Tail | undefined;
  #run = 0;
  #targetSeq = 0;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    let down = false;
    this.#stopListening = options.context.bus.link.onChange((up) => {
      if (up && down) this.#verifyPlace();
      down = !up;
    });
  }

  /** Sequence of the last record when following began; 0 before that is known. */
  get targetSeq(): number {
    return this.#targetSeq;
  }

  /** Begins to follow from where the state stands. */
  start(): void {
    const { log, shard } = this.#options;
    const run = ++this.#run;
    const onError = (error: unknown): void => {
      if (run === this.#run) this.fail(error);
    };
    const begin = (lastSeq: number): void => {
      const fromSeq = (this.#options.state()?.appliedSeq ?? 0) + 1;
      this.#targetSeq = lastSeq;
      this.#tail = log.tail(shard, fromSeq, {
        onError,
        onEntry: (entry) => {
          if (run === this.#run) this.#options.onEntry(entry);
        },
      });
      this.#options.onTarget();
    };
    log
      .last(shard)
      .then((last) => {
        if (run === this.#run) begin(last?.seq ?? 0);
      })
      .catch(onError);
  }

  /** Hands over no further record. */
  stop(): void {
    this.#run++;
    this.#tail?.close();
    this.#tail = undefined;
  }

  /** Forgets where it was going, with the state that went there. */
  reset(): void {
    this.#targetSeq = 0;
  }

  close(): void {
    this.stop();
    this.#stopListening();
  }

  /** Sorts out an error of the log: the group's deletion, a log that is not the one applied, or trouble. */
  fail(error: unknown): void {
    const { onError } = this.#options;
    if (!isCoppiceError(error, 'STALE_GENERATION')) return onError(error);
    this.#judgeGone(error.message).catch(onError);
  }

  async #judgeGone(reason: string): Promise<void> {
    const { context, group, onGone, onRolledBack } = this.#options;
    const isDeleted = (): boolean => context.view.group(group.name)?.generation !== group.generation;
    if (await context.view.until(isDeleted, DELETION_NEWS_MS)) onGone();
    else onRolledBack(reason);
  }

  #verifyPlace(): void {
    const { context, onRolledBack } = this.#options;
    const state = this.#options.state();
    if (state === undefined || state.appliedSeq === 0) return;
    const { appliedSeq, appliedId } = state;
    const isStale = (): boolean => this.#options.state() !== state;
    this.#heldInstead(appliedSeq, appliedId)
      .then((held) => {
        if (isStale() || held === undefined) return;
        onRolledBack(`record ${appliedSeq} (${appliedId}) was applied, but the log holds ${held} there`);
      })
      .catch((error: unknown) => {
        if (isStale()) return;
        if (!isCoppiceError(error, 'DISCONNECTED')) this.fail(error);
        else if (context.bus.link.up) this.#verifyPlace();
      });
  }

  /**
   * What the log holds where a record was applied; undefined if that record, or nobody knows yet. A purge takes records
   * away, too: where later ones are left, they tell by what they continue (rule 4 of the log).
   */
  async #heldInstead(seq: number, id: string): Promise<string | undefined> {
    const { log, shard } = this.#options;
    const entry = await log.read(shard, seq);
    if (entry !== undefined) return entry.id === id ? undefined : entry.id;
    const last = await log.last(shard);
    return last !== undefined && last.seq > seq ? undefined : 'none';
  }
}
