/**
 * What one copy knows: the actor's state, and the runtime's share of it (place in the log, term, operation counter,
 * remembered operations). It is a function of the log alone: every copy that applied the same records holds the same.
 */
import type { ActorCheckpoint, ActorFiles, StatefulDefinition } from '../actor/definition.ts';
import { NO_MARKS, type WorkMarks } from '../cluster/work-marks.ts';
import { CoppiceError } from '../errors.ts';
import type { RuntimeShare } from '../wire/checkpoint-format.ts';
import {
  type CheckpointMark,
  decodeLogRecord,
  decodeOperation,
  type LoggedOperation,
  type LogRecord,
} from '../wire/log-record.ts';
import type { CommandOutcome } from '../wire/messages.ts';
import { FailedOperations, isDeterministic, isOwnTrouble, PoisonError } from './failed-operations.ts';
import { OperationWindow } from './operation-window.ts';

/** A record as it was applied. */
export type AppliedRecord = {
  readonly seq: number;
  readonly id: string;
  readonly kind: LogRecord['kind'];
  readonly term: number;
  readonly sizeBytes: number;
  /** Outcomes of a batch by operation id, in order. */
  readonly outcomes: ReadonlyMap<string, CommandOutcome>;
};

/** How a record from the log met the state. */
export type ApplyVerdict =
  | { readonly kind: 'applied'; readonly record: AppliedRecord }
  /** Seen before: a duplicate delivery. */
  | { readonly kind: 'duplicate' }
  /**
   * Records between it and the last one applied are missing here: the state must be discarded. `differs`: so must what was
   * saved of it, since it holds what no other copy does.
   */
  | { readonly kind: 'broken'; readonly reason: string; readonly differs?: boolean }
  /** It stands where the log held what was applied: the log lost records. */
  | { readonly kind: 'rolledBack'; readonly reason: string };

/** A state at one moment: the actor's files, and the runtime's share. */
export type CapturedState = { readonly share: RuntimeShare; readonly actor: ActorCheckpoint };

/** One copy's state. */
export class ShardState {
  readonly #definition: StatefulDefinition;
  readonly #generation: string;
  readonly #window: OperationWindow;
  #user: unknown;
  #appliedSeq = 0;
  #appliedId = '';
  #term = 0;
  #nextSeqNo = 0;
  #checkpoints: readonly CheckpointMark[] = [];
  #checkpointRecordSeq = 0;
  #skipRecordSeq = 0;
  readonly #failed: FailedOperations;
  readonly #shard: number;

  /** @param options `restored`: what a checkpoint holds; without it the state is fresh. */
  constructor(options: {
    definition: StatefulDefinition;
    generation: string;
    shard: number;
    settings: unknown;
    windowOperations?: number;
    /** For a fresh state: where the actor may keep files. */
    files?: ActorFiles | undefined;
    restored?: { readonly user: unknown; readonly share: RuntimeShare };
  }) {
    const { definition, generation, shard, settings, windowOperations, files, restored } = options;
    this.#definition = definition;
    this.#generation = generation;
    this.#shard = shard;
    this.#window = new OperationWindow(windowOperations, restored?.share);
    const initContext = { shard, settings, ...(files === undefined ? {} : { files }) };
    this.#failed = new FailedOperations(restored?.share);
    this.#user = restored === undefined ? definition.init(initContext) : restored.user;
    if (restored === undefined) return;
    const { share } = restored;
    this.#appliedSeq = share.seq;
    this.#appliedId = share.id;
    this.#term = share.term;
    this.#nextSeqNo = share.nextSeqNo;
    this.#checkpoints = share.checkpoints;
    this.#checkpointRecordSeq = share.checkpointRecordSeq;
    this.#skipRecordSeq = share.skipRecordSeq ?? 0;
  }

  /** The actor's own state. */
  get user(): unknown {
    return this.#user;
  }

  /** Log sequence of the last record applied; 0 if none. */
  get appliedSeq(): number {
    return this.#appliedSeq;
  }

  /** Id of the last record applied; empty if none. */
  get appliedId(): string {
    return this.#appliedId;
  }

  /** Highest term seen in the log. */
  get term(): number {
    return this.#term;
  }

  /** The number that the next operation gets. */
  get nextSeqNo(): number {
    return this.#nextSeqNo;
  }

  get window(): OperationWindow {
    return this.#window;
  }

  /** Checkpoints that are committed and not retired, oldest first. */
  get checkpoints(): readonly CheckpointMark[] {
    return this.#checkpoints;
  }

  /** Log sequence of the newest checkpoint record; 0 if there is none. */
  get checkpointRecordSeq(): number {
    return this.#checkpointRecordSeq;
  }

  /** Log sequence of the newest skip record; 0 if there is none. */
  get skipRecordSeq(): number {
    return this.#skipRecordSeq;
  }

  /** Operations that failed to be applied. */
  get failed(): FailedOperations {
    return this.#failed;
  }

  /** Lets the actor end in slices what a capture would wait for; tells whether there is more. */
  prepareCapture(shouldStop: () => boolean): boolean {
    return this.#definition.prepareCheckpoint?.(this.#user, shouldStop) ?? false;
  }

  /** Captures the state as it is now; undefined if the actor cannot. Whoever asked releases it. */
  capture(): CapturedState | undefined {
    const actor = this.#definition.checkpoint?.(this.#user);
    if (actor === undefined) return undefined;
    const share = {
      generation: this.#generation,
      shard: this.#shard,
      seq: this.#appliedSeq,
      id: this.#appliedId,
      term: this.#term,
      nextSeqNo: this.#nextSeqNo,
      floor: this.#window.floor,
      operations: this.#window.entries(),
      checkpoints: this.#checkpoints,
      checkpointRecordSeq: this.#checkpointRecordSeq,
      skipRecordSeq: this.#skipRecordSeq,
      failures: this.#failed.fingerprint,
      skipped: this.#failed.skipped,
    };
    return { share, actor };
  }

  /**
   * Applies the next record of the log. A typed error of the actor's `apply` marks that operation as failed, on every
   * copy alike; anything else it throws is thrown on, and this copy must be discarded. An operation that the log is known
   * to skip counts as failed without being tried.
   *
   * @throws PoisonError for an operation that can be passed only by a logged skip, if it fails on every copy.
   */
  apply(entry: { seq: number; id: string; data: Uint8Array }, marks: WorkMarks = NO_MARKS): ApplyVerdict {
    if (entry.seq <= this.#appliedSeq) return { kind: 'duplicate' };
    const record = decodeLogRecord(entry.data);
    const broken = this.#chainBreak(record, entry.seq);
    if (broken !== undefined) return broken;
    const outcomes = new Map<string, CommandOutcome>();
    for (const [place, bytes] of record.operations.entries()) {
      const operation = decodeOperation(bytes);
      const outcome = this.#outcomeOf(operation, { seq: entry.seq, place, term: record.term }, marks);
      outcomes.set(operation.id, outcome);
      this.#window.remember(operation.id, outcome);
    }
    this.#noteCheckpoint(record, entry.seq);
    if (record.kind === 'skip') this.#skipRecordSeq = entry.seq;
    this.#appliedSeq = entry.seq;
    this.#appliedId = entry.id;
    this.#term = Math.max(this.#term, record.term);
    return {
      kind: 'applied',
      record: {
        seq: entry.seq,
        id: entry.id,
        kind: record.kind,
        term: record.term,
        sizeBytes: entry.data.length,
        outcomes,
      },
    };
  }

  /** Size figures of the actor's state. */
  stats(): { readonly docCount: number; readonly sizeBytes: number } {
    return this.#definition.stats?.(this.#user) ?? { docCount: 0, sizeBytes: 0 };
  }

  /** Lets the actor do work that waits for idle time; tells whether there is more. */
  maintain(shouldStop: () => boolean): boolean {
    return this.#definition.maintain?.(this.#user, shouldStop) ?? false;
  }

  close(): void {
    this.#definition.close?.(this.#user);
    this.#user = undefined;
  }

  /** A checkpoint exists when the log says so, and until it says otherwise. */
  #noteCheckpoint({ kind, mark }: LogRecord, seq: number): void {
    if (mark === undefined) return;
    if (kind === 'retire') {
      this.#checkpoints = this.#checkpoints.filter(({ name }) => name !== mark.name);
      return;
    }
    this.#checkpoints = [...this.#checkpoints, mark];
    this.#checkpointRecordSeq = seq;
  }

  /**
   * Rule 4 of the log. The fence let the record in because `prevSeq` was the subject's last: had the log still held a
   * later one that was applied here, it would have been refused.
   */
  #chainBreak(record: LogRecord, seq: number): ApplyVerdict | undefined {
    const { failures, skip } = record;
    if (record.generation !== this.#generation)
      return { kind: 'broken', reason: `record ${seq} is of generation ${record.generation}, not ${this.#generation}` };
    if (record.prevSeq === this.#appliedSeq && record.prevId === this.#appliedId) {
      // What was applied here is not what whoever wrote the record holds: this copy must not go on with it.
      if (failures !== undefined && failures !== this.#failed.fingerprint)
        return {
          kind: 'broken',
          reason: `record ${seq} was written where other operations had failed than here`,
          differs: true,
        };
      if (skip !== undefined && !this.#failed.hasSkipped(skip))
        return { kind: 'broken', reason: `record ${seq} skips operation ${skip.place} of record ${skip.seq}` };
      return undefined;
    }
    return {
      kind: record.prevSeq > this.#appliedSeq ? 'broken' : 'rolledBack',
      reason: `record ${seq} follows ${record.prevSeq} (${record.prevId}), but ${this.#appliedSeq} (${this.#appliedId}) was applied last`,
    };
  }

  #outcomeOf(
    operation: LoggedOperation,
    at: { seq: number; place: number; term: number },
    marks: WorkMarks,
  ): CommandOutcome {
    if ('error' in operation) return { ok: false, error: operation.error, seq: at.seq };
    const seqNo = this.#nextSeqNo++;
    const skip = this.#failed.decisionOn(at);
    if (skip !== undefined) {
      this.#failed.noteSkipped(skip);
      return { ok: false, error: skip.error, seq: at.seq };
    }
    marks.begin('apply', at);
    try {
      return { ok: true, value: this.#definition.apply(this.#user, operation.record, { ...at, seqNo }), seq: at.seq };
    } catch (error) {
      if (isOwnTrouble(error)) throw ownTrouble(error, at);
      if (!isDeterministic(error)) throw new PoisonError({ ...at, operation: operation.id }, error);
      this.#failed.noteFailed(at);
      return { ok: false, error: error.toWire(), seq: at.seq };
    }
  }
}

/** Not an outcome of the operation: the copy restores, and applies it again. */
function ownTrouble(error: unknown, { seq, place }: { seq: number; place: number }): CoppiceError {
  const message = error instanceof Error ? error.message : String(error);
  return new CoppiceError('INTERNAL', `operation ${place} of record ${seq} was not applied here: ${message}`, {
    cause: error,
  });
}
