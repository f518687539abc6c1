/**
 * The write path of one reign of a primary (protocol.md, "Write"): commands are decided in order on state plus what
 * is pending, collected into batches, and appended one batch at a time. Nothing is answered before it is in the log.
 */
import type { CommitLimits } from '../cluster/commit-limits.ts';
import { asCoppiceError, CoppiceError } from '../errors.ts';
import type { CheckpointMark } from '../wire/log-record.ts';
import type { CommandOutcome } from '../wire/messages.ts';
import { type Batch, emptyBatch, WaitingCommands } from './batch.ts';
import { CommandQueue, type QueuedCommand } from './command-queue.ts';
import { type Command, Decider, type DeciderOptions, RECORD_OVERHEAD_BYTES } from './decider.ts';
import type { PoisonError } from './failed-operations.ts';
import { ReignLog, type ReignLogOptions } from './reign-log.ts';
import type { AppliedRecord } from './shard-state.ts';

const MAX_PENDING_OPERATIONS = 20_000;
/** What MessagePack adds to a name. */
const NAME_OVERHEAD_BYTES = 3;

/** What a reign needs. */
export type CommitterOptions = DeciderOptions &
  ReignLogOptions & {
    /** Bounds of a batch, so that a large one does not delay everyone. */
    readonly limits: CommitLimits;
    /** Applies a record of our own once it is acknowledged; the copy tells its waiters, and us, by `onApplied`. */
    readonly applyOwn: (entry: { seq: number; id: string; data: Uint8Array }) => void;
    /** Somebody else appended: this reign is over. */
    readonly onFenced: () => void;
    /** The log cannot be written any more; the copy must be discarded or closed. */
    readonly onFailure: (error: CoppiceError) => void;
  };

type InFlight = { readonly batch: Batch; readonly recordId: string; readonly note?: PendingNote };
/** A record without operations, which says something of checkpoints. */
type Note = { readonly kind: 'checkpoint' | 'retire'; readonly mark: CheckpointMark };
type PendingNote = Note & { readonly done: (error?: CoppiceError) => void };

/** One reign. `stop` ends it; what is in flight then stays unknown until the tail tells. */
export class Committer {
  readonly #options: CommitterOptions;
  readonly #decider: Decider;
  readonly #log: ReignLog;
  readonly #queue: CommandQueue;
  readonly #notes: PendingNote[] = [];
  readonly #pending = new WaitingCommands();
  readonly #drained: (() => void)[] = [];
  #inFlight: InFlight | undefined;
  #next: Batch = emptyBatch();
  #freed: (() => void) | undefined;
  #taking = true;
  #over = false;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#decider = new Decider(options);
    this.#log = new ReignLog(options);
    this.#queue = new CommandQueue({
      decide: (item) => this.#take(item),
      asAnswer: (error) => this.#decider.asAnswer(error),
      afterEach: () => this.#afterEach(),
      onIdle: () => {
        this.#flushIfFree();
        this.#tellDrained();
      },
      onFailure: (error) => options.onFailure(error),
    });
  }

  /** Commands taken and not yet answered. */
  get pendingCount(): number {
    const notes = this.#notes.length + (this.#inFlight?.note === undefined ? 0 : 1);
    return this.#queue.size + this.#pending.size + notes;
  }

  /**
   * Takes a command. Resolves when its record, or its rejection, is in the log and applied here.
   *
   * @throws CoppiceError what no state could accept (400), `OVERLOADED`, `OUTCOME_UNKNOWN`, or `NOT_PRIMARY` when the
   *   reign ended without it.
   */
  async submit(command: Command): Promise<CommandOutcome> {
    if (!this.#taking) throw notPrimary(this.#options);
    if (this.pendingCount >= MAX_PENDING_OPERATIONS) {
      throw new CoppiceError(
        'OVERLOADED',
        `shard ${this.#options.shard} of \`${this.#options.group}\` has ${this.pendingCount} commands waiting`,
      );
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({
        command,
        waiter: (outcome) => (outcome instanceof CoppiceError ? reject(outcome) : resolve(outcome)),
      });
    });
  }

  /**
   * Appends a record about checkpoints, fenced like any other. Resolves when it is in the log and applied here.
   *
   * @throws CoppiceError `NOT_PRIMARY` if it was not appended, `SHARD_UNAVAILABLE` if nobody can tell,
   *   `PAYLOAD_TOO_LARGE` for more files than a record can name.
   */
  async append(note: Note): Promise<void> {
    if (!this.#taking) throw notPrimary(this.#options);
    checkRoom(note.mark, this.#options.maxRecordBytes);
    await new Promise<void>((resolve, reject) => {
      this.#notes.push({ ...note, done: (error) => (error === undefined ? resolve() : reject(error)) });
      this.#flushIfFree();
    });
  }

  /** The copy applied a record, of ours or another's; answers those who waited for it. */
  onApplied(record: AppliedRecord): void {
    for (const [id, outcome] of record.outcomes) this.#settle(id, outcome);
    const lostTo = this.#inFlight !== undefined && record.kind === 'term' && record.term > this.#options.term;
    if (lostTo && record.id !== this.#inFlight?.recordId) this.#failPending(notPrimary(this.#options));
    if (this.#inFlight?.recordId !== record.id) return;
    this.#inFlight.note?.done();
    if (this.#over) this.#inFlight = undefined;
  }

  /** Stops taking commands, and resolves when everything taken has been answered. */
  async drain(): Promise<void> {
    this.#taking = false;
    if (this.pendingCount === 0) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /**
   * Ends the reign. Commands not yet sent fail with `NOT_PRIMARY`; those of a batch in flight wait for their
   * acknowledgement or the tail: the fence lets the batch in only if nobody else has written.
   */
  stop(): void {
    if (this.#over) return;
    this.#taking = false;
    this.#over = true;
    const inFlight = new Set(this.#inFlight?.batch.ids);
    this.#queue.end(notPrimary(this.#options));
    for (const id of this.#pending.ids()) if (!inFlight.has(id)) this.#settle(id, notPrimary(this.#options));
    for (const { done } of this.#notes.splice(0)) done(notPrimary(this.#options));
    this.#next = emptyBatch();
    this.#tellFreed();
    this.#tellDrained();
  }

  /** Whether nobody was told yet of a record's operations, since this reign has just appended it. */
  isUntold(recordId: string): boolean {
    return !this.#over && this.#inFlight?.recordId === recordId;
  }

  /**
   * Ends the reign over its last record, which cannot be applied: its operation is skipped, by a record that follows at
   * once. Nobody was told that it is done, and by the fence nobody has led the shard past it.
   *
   * @returns Whether the log has it now; if not, whoever leads next will see.
   */
  async skip(poison: PoisonError, recordId: string): Promise<boolean> {
    const { seq, place, operation } = poison;
    const message = `\`${this.#options.group}\` failed to apply the command: ${poison.message}`;
    const details = { record: seq, operation: place };
    const error = new CoppiceError('ACTOR_FAILED', message, { details }).toWire();
    this.stop();
    const outcome = await this.#log.skip({ seq, place, error }, recordId);
    if (outcome.kind === 'appended') this.#settle(operation, { ok: false, error, seq: outcome.seq });
    this.#giveUp();
    return outcome.kind === 'appended';
  }

  /** Gives up on what the tail has not told yet, since the copy is closing or starts over. */
  abandon(): void {
    this.stop();
    this.#log.giveUp();
    this.#giveUp();
  }

  /** Leaves what is in flight to a retry, which the next primary can answer. */
  #giveUp(): void {
    const { group, shard } = this.#options;
    // Not `NOT_PRIMARY`, which says that nothing was written.
    this.#failPending(
      new CoppiceError(
        'SHARD_UNAVAILABLE',
        `shard ${shard} of \`${group}\` cannot tell yet what became of the command`,
      ),
    );
  }

  /** A batch that is full, or has been open for long enough, goes on its way. */
  #afterEach(): Promise<void> | undefined {
    if (this.#isFull()) return this.#flushWhenFree();
    if (this.#isDue()) this.#flushIfFree();
    return undefined;
  }

  #isFull(): boolean {
    const { records, bytes } = this.#options.limits;
    return this.#next.sizeBytes >= bytes || this.#next.ids.length >= records;
  }

  #isDue(): boolean {
    const { env, limits } = this.#options;
    return this.#next.ids.length > 0 && env.clock.nowMs() - this.#next.openedMs >= limits.ms;
  }

  /** Answers a command, or puts it into a batch. Throws what no state could accept. */
  async #take({ command, waiter }: QueuedCommand): Promise<void> {
    const known = this.#decider.known(command);
    if (known !== undefined) return waiter(known);
    if (this.#pending.join(command.id, waiter)) return;
    const prepared = this.#decider.prepare(command);
    const agreed = this.#decider.agree(prepared);
    if (agreed !== undefined) {
      await agreed;
      if (this.#over) throw notPrimary(this.#options);
    }
    if (!this.#decider.decide(prepared, { next: this.#next, inFlight: this.#inFlight })) {
      await this.#flushWhenFree();
      if (this.#over) throw notPrimary(this.#options);
      this.#decider.decide(prepared, { next: this.#next, inFlight: this.#inFlight });
    }
    this.#pending.add(command.id, waiter);
  }

  #flushIfFree(): void {
    if (this.#inFlight !== undefined || this.#over) return;
    const note = this.#notes.shift();
    if (note === undefined && this.#next.operations.length === 0) return;
    const recordId = this.#options.nextRecordId();
    const batch = note === undefined ? this.#next : emptyBatch();
    if (note === undefined) this.#next = emptyBatch();
    const inFlight = note === undefined ? { batch, recordId } : { batch, recordId, note };
    this.#inFlight = inFlight;
    this.#append(inFlight).catch((error: unknown) => {
      if (this.#over) this.#giveUp();
      else this.#options.onFailure(asCoppiceError(error));
    });
  }

  async #flushWhenFree(): Promise<void> {
    do {
      if (this.#inFlight !== undefined && !this.#over) await new Promise<void>((resolve) => (this.#freed = resolve));
      this.#flushIfFree();
      // A note goes first: the batch is still there, and has no more room than before.
    } while (this.#next.operations.length > 0 && !this.#over);
  }

  /** Rules 2 to 5 of "Write". */
  async #append({ batch, recordId, note }: InFlight): Promise<void> {
    const outcome = await this.#log.append(recordId, {
      kind: note?.kind ?? 'batch',
      ...(note === undefined ? {} : { mark: note.mark }),
      operations: batch.operations,
    });
    if (outcome.kind === 'fenced') {
      if (this.#over) this.#giveUp();
      else this.#options.onFenced();
      return;
    }
    // Given up meanwhile: the state that this record followed is gone, and what stands there now gets it by the tail.
    if (this.#inFlight?.recordId !== recordId) return;
    this.#log.advance(outcome.seq, recordId);
    this.#options.applyOwn({ seq: outcome.seq, id: recordId, data: outcome.data });
    this.#inFlight = undefined;
    if (!this.#tellFreed()) this.#flushIfFree();
    this.#tellDrained();
  }

  /** Wakes whoever waits for the batch in flight; false if nobody does. */
  #tellFreed(): boolean {
    const freed = this.#freed;
    this.#freed = undefined;
    freed?.();
    return freed !== undefined;
  }

  #settle(id: string, outcome: CommandOutcome | CoppiceError): void {
    if (this.#pending.settle(id, outcome)) this.#tellDrained();
  }

  #failPending(error: CoppiceError): void {
    this.#inFlight?.note?.done(error);
    this.#inFlight = undefined;
    for (const id of this.#pending.ids()) this.#settle(id, error);
    this.#tellFreed();
  }

  #tellDrained(): void {
    if (this.pendingCount > 0 || this.#taking) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

function notPrimary(options: { readonly group: string; readonly shard: number }): CoppiceError {
  return new CoppiceError(
    'NOT_PRIMARY',
    `this copy of shard ${options.shard} of \`${options.group}\` is not its primary`,
  );
}

/** What the log cannot take would end the reign, and the next one in the same way. */
function checkRoom({ files }: CheckpointMark, maxRecordBytes: number): void {
  const bytes = files.reduce((sum, file) => sum + file.length + NAME_OVERHEAD_BYTES, 0);
  if (bytes + RECORD_OVERHEAD_BYTES <= maxRecordBytes) return;
  const message = `names of ${files.length} files do not fit into a record of the log, which takes ${maxRecordBytes} bytes`;
  throw new CoppiceError('PAYLOAD_TOO_LARGE', message);
}
