/**
 * Records that one copy cannot get past. It tries each a few times, from a state built anew, and looks into the log
 * whether it is to be skipped. One that every copy fails at, and that nobody is past, is skipped by a record in the log;
 * no copy skips by itself, since it would not hold what the others do (protocol.md, "Apply").
 */
import type { Log, LogEntry } from '../bus/log.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { pause } from '../env.ts';
import { CoppiceError } from '../errors.ts';
import { decodeLogRecord, encodeLogRecord } from '../wire/log-record.ts';
import type { CopyStatus } from '../wire/records.ts';
import type { CopySpec } from './copy-spec.ts';
import type { PoisonError } from './failed-operations.ts';
import { type LoggedSkip, pointersAfter, skipsIn } from './log-pointers.ts';
import type { ShardState } from './shard-state.ts';

/** Tries before a copy asks for a skip. */
const MOST_TRIES = 3;
const LOOK_MS = 500;
/** After so long without a decision the record is tried once more: another copy may have got past it. */
const PATIENCE_MS = 30_000;
/** Records looked through between the one that fails and the end of the log: terms of reigns that came to nothing. */
const MOST_TERMS = 1_000;

/** An operation that this copy fails at. */
export type Suspect = { readonly seq: number; readonly place: number; readonly tries: number; readonly reason: string };

/** What the watch needs of its copy. */
export type PoisonWatchOptions = {
  readonly context: ClusterContext;
  readonly spec: CopySpec;
  readonly log: Log;
  readonly nextRecordId: () => string;
  /** The operation over which the copy's threads have died. */
  readonly suspect?: Suspect | undefined;
  /** Skips an operation of the last record of this copy's reign; undefined if it has none, or another record is the last. */
  readonly skip: (error: PoisonError, recordId: string) => Promise<boolean> | undefined;
  /** It is skipped: the state, which may have been changed by half, must be built anew. */
  readonly onSkipped: (reason: string) => void;
  readonly onFailure: (error: unknown) => void;
};

type Heard = CopyStatus & { readonly leaf: string };

/** Watches over what one copy cannot apply. */
export class PoisonWatch {
  readonly #options: PoisonWatchOptions;
  #suspect: Suspect | undefined;
  /** What the log skips, as far as was learned. */
  readonly #skips: LoggedSkip[] = [];
  /** Where the newest of them stands. */
  #skipRecordSeq = 0;

  constructor(options: PoisonWatchOptions) {
    this.#options = options;
    this.#suspect = options.suspect;
  }

  /**
   * An operation could not be applied. One of this copy's own reign is skipped at once; of another's, its primary decides,
   * or all copies together.
   */
  meet(error: PoisonError, recordId: string): void {
    const { skip, onSkipped, onFailure, context, spec } = this.#options;
    const skipped = skip(error, recordId);
    if (skipped === undefined) {
      this.#noteFailure(error);
      return onFailure(error);
    }
    context.report('error', 'actor failed to apply', {
      group: spec.group.name,
      shard: spec.shard,
      record: error.seq,
      operation: error.place,
      error: error.message,
      stack: error.cause instanceof Error ? error.cause.stack : undefined,
    });
    skipped.then(
      (isDone) => (isDone ? onSkipped(`${error.message}: it is skipped`) : onFailure(error)),
      () => onFailure(error),
    );
  }

  /** What the pulse tells of it. */
  status(): Pick<CopyStatus, 'poison'> {
    if (this.#suspect === undefined) return {};
    const { seq, place, tries, reason } = this.#suspect;
    return { poison: { seq, place, tries, reason } };
  }

  /** The copy has applied a record: what it failed at before is behind it. */
  noteApplied(seq: number): void {
    if (this.#suspect !== undefined && seq >= this.#suspect.seq) this.#suspect = undefined;
  }

  /**
   * Resolves when a state may be built: it learns what the log skips, and waits for a decision on what this copy has failed
   * at too often.
   *
   * @throws CoppiceError `STALE_GENERATION`, `DISCONNECTED`, the signal's reason.
   */
  async ready(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.context.env;
    const untilMs = clock.nowMs() + PATIENCE_MS;
    await this.#learn();
    while ((await this.#isUndecided()) && !this.#isAnotherPast()) {
      signal.throwIfAborted();
      if (clock.nowMs() >= untilMs) return this.#tryOnceMore();
      await this.#decideIfAllFail(signal);
      await this.#learn();
      if ((await this.#isUndecided()) && !this.#isAnotherPast()) await pause(clock, LOOK_MS, signal);
    }
  }

  /**
   * Tells a new state what the log skips further on.
   *
   * @throws CoppiceError `CORRUPT_BLOB` for a state that has applied what was skipped only later: no other copy holds it.
   */
  tell(state: ShardState): void {
    for (const { recordSeq, mark } of this.#skips) {
      const { seq, place } = mark;
      if (seq > state.appliedSeq) state.failed.expect(mark);
      else if (recordSeq > state.appliedSeq && !state.failed.hasSkipped(mark))
        throw new CoppiceError('CORRUPT_BLOB', `operation ${place} of record ${seq} was applied here, and is skipped`);
    }
  }

  #noteFailure({ seq, place, message }: PoisonError): void {
    const again = this.#suspect?.seq === seq && this.#suspect.place === place;
    this.#suspect = { seq, place, tries: again ? (this.#suspect?.tries ?? 0) + 1 : 1, reason: message };
  }

  async #learn(): Promise<void> {
    const { log, spec } = this.#options;
    const found = await skipsIn(log, spec.shard, this.#skipRecordSeq);
    this.#skips.push(...found);
    this.#skipRecordSeq = found[0]?.recordSeq ?? this.#skipRecordSeq;
  }

  /** Whether this copy has failed too often at a record that is still there and not skipped. */
  async #isUndecided(): Promise<boolean> {
    const suspect = this.#suspect;
    if (suspect === undefined || suspect.tries < MOST_TRIES) return false;
    if (this.#skips.some(({ mark }) => mark.seq === suspect.seq && mark.place === suspect.place)) return false;
    const { log, spec } = this.#options;
    const isThere = (await log.read(spec.shard, suspect.seq)) !== undefined;
    if (!isThere) this.#suspect = undefined;
    return isThere;
  }

  /** Another copy holds the record: there is nothing to decide, and this one must manage, too. */
  #isAnotherPast(): boolean {
    const seq = this.#suspect?.seq ?? 0;
    return this.#heard().some((copy) => copy.seq >= seq);
  }

  /** The copies of the shard, as their leaves told last. */
  #heard(): readonly Heard[] {
    const { context, spec } = this.#options;
    const { name, generation } = spec.group;
    return context.membership.copiesOf({ name, generation }).filter(({ shard }) => shard === spec.shard);
  }

  #tryOnceMore(): void {
    if (this.#suspect !== undefined) this.#suspect = { ...this.#suspect, tries: MOST_TRIES - 1 };
  }

  /** The first of the placed copies writes, so that they do not all; should it hang, another follows after a while. */
  async #decideIfAllFail(signal: AbortSignal): Promise<void> {
    const suspect = this.#suspect;
    if (suspect === undefined || !this.#allFailAt(suspect)) return;
    const { context, spec, log, nextRecordId } = this.#options;
    const last = await log.last(spec.shard);
    if (last === undefined || !(await this.#nobodyIsPast(suspect.seq, last))) return;
    const message = `\`${spec.group.name}\` failed to apply the command on every copy: ${suspect.reason}`;
    const error = new CoppiceError('ACTOR_FAILED', message, {
      details: { record: suspect.seq, operation: suspect.place },
    }).toWire();
    const data = encodeLogRecord({
      kind: 'skip',
      generation: spec.group.generation,
      term: decodeLogRecord(last.data).term,
      prevSeq: last.seq,
      prevId: last.id,
      ...pointersAfter(last),
      skip: { seq: suspect.seq, place: suspect.place, error },
      operations: [],
    });
    const outcome = await log.append(spec.shard, { id: nextRecordId(), data, expectedSeq: last.seq }, signal);
    if (outcome.kind === 'appended')
      context.report('warn', 'a record that every copy fails at is skipped', {
        group: spec.group.name,
        shard: spec.shard,
        record: suspect.seq,
        operation: suspect.place,
        reason: suspect.reason,
      });
  }

  /** Whether all copies that placement wants have been heard to fail at it, none has got past it, and nobody else leads. */
  #allFailAt({ seq, place }: Suspect): boolean {
    const { context, spec } = this.#options;
    const placed = context.view.placement(spec.group)?.shards.find(({ shard }) => shard === spec.shard);
    if (placed === undefined) return false;
    const leaves = [...placed.copies, ...(placed.move === undefined ? [] : [placed.move.to])];
    const heard = this.#heard();
    const fails = ({ poison }: Heard): boolean =>
      poison !== undefined && poison.seq === seq && poison.place === place && poison.tries >= MOST_TRIES;
    const owner = context.view.lease(spec.group, spec.shard)?.value.owner ?? '';
    return (
      leaves.every((leaf) => heard.some((copy) => copy.leaf === leaf && fails(copy))) &&
      heard.every((copy) => copy.seq < seq) &&
      (owner === '' || leaves.includes(owner))
    );
  }

  /** Whether the log holds nothing after the record but terms and skips: else somebody applied it, and went on. */
  async #nobodyIsPast(seq: number, last: LogEntry): Promise<boolean> {
    const { log, spec } = this.#options;
    let entry: LogEntry | undefined = last;
    for (let looked = 0; looked < MOST_TERMS && entry !== undefined; looked++) {
      if (entry.seq === seq) return true;
      const { kind, prevSeq } = decodeLogRecord(entry.data);
      if (kind !== 'term' && kind !== 'skip') return false;
      entry = await log.read(spec.shard, prevSeq);
    }
    return false;
  }
}
