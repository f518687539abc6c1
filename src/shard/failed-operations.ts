/**
 * Operations that a shard could not apply: which errors make an operation fail on every copy alike, which are this copy's
 * own trouble, and what was skipped (protocol.md, "Apply").
 */
import { type CoppiceError, type ErrorCode, isCoppiceError } from '../errors.ts';
import type { RuntimeShare } from '../wire/checkpoint-format.ts';
import type { SkipMark } from '../wire/log-record.ts';

/** Skipped operations that are remembered whole; of older ones only the number is. */
const SKIPS_KEPT = 64;
const CANCELLED_STATUS = 499;
const OWN_TROUBLES: ReadonlySet<ErrorCode> = new Set([
  'CORRUPT_BLOB',
  'CORRUPT_SEGMENT',
  'DISCONNECTED',
  'OUT_OF_MEMORY',
  'OVERLOADED',
  'STORAGE_FAILED',
  'STORAGE_FULL',
  'STORE_IN_USE',
]);
const FNV_PRIME = 0x01000193;

/** An operation that threw something which is neither an answer to its caller nor this copy's own trouble. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
  readonly seq: number;
  readonly place: number;
  /** Id of the operation. */
  readonly operation: string;

  constructor(at: { seq: number; place: number; operation: string }, cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super(`operation ${at.place} of record ${at.seq} cannot be applied: ${message}`, { cause });
    this.seq = at.seq;
    this.place = at.place;
    this.operation = at.operation;
  }
}

/** Whether an error that `apply` threw follows from state and record alone, so that every copy throws it. */
export function isDeterministic(error: unknown): error is CoppiceError {
  return isCoppiceError(error) && !error.retryable && error.status < CANCELLED_STATUS;
}

/** Whether an error tells of memory, disk or another trouble of this process, which another copy need not have. */
export function isOwnTrouble(error: unknown): boolean {
  if (isCoppiceError(error)) return OWN_TROUBLES.has(error.code);
  if (!(error instanceof Error)) return false;
  // Errors of the system name the call that failed; memory that is not there is a RangeError.
  return 'syscall' in error || /allocation failed|out of memory/i.test(error.message);
}

/** What has failed on one copy. A function of the log, like the state. */
export class FailedOperations {
  #fingerprint: number;
  #skipped: { readonly count: number; readonly last: readonly SkipMark[] };
  /** What the log is known to skip further on. */
  readonly #ahead = new Map<string, SkipMark>();

  constructor(share?: Pick<RuntimeShare, 'failures' | 'skipped'>) {
    this.#fingerprint = share?.failures ?? 0;
    this.#skipped = share?.skipped ?? { count: 0, last: [] };
  }

  /** Tells two copies apart on which different operations failed; 32 bits. */
  get fingerprint(): number {
    return this.#fingerprint;
  }

  /** Operations skipped: how many, and the last ones, oldest first. */
  get skipped(): { readonly count: number; readonly last: readonly SkipMark[] } {
    return this.#skipped;
  }

  /** Learns of a decision that stands further on in the log. */
  expect(mark: SkipMark): void {
    this.#ahead.set(keyOf(mark), mark);
  }

  /** The decision to skip an operation, if there is one. */
  decisionOn(at: { seq: number; place: number }): SkipMark | undefined {
    return this.#ahead.size === 0 ? undefined : this.#ahead.get(keyOf(at));
  }

  /** Whether an operation was skipped here. */
  hasSkipped(at: { seq: number; place: number }): boolean {
    return this.#skipped.last.some(({ seq, place }) => seq === at.seq && place === at.place);
  }

  /** An operation failed. */
  noteFailed({ seq, place }: { seq: number; place: number }): void {
    const mixed = Math.imul((this.#fingerprint ^ seq) >>> 0, FNV_PRIME) ^ place;
    this.#fingerprint = Math.imul(mixed >>> 0, FNV_PRIME) >>> 0;
  }

  /** An operation was skipped. */
  noteSkipped(mark: SkipMark): void {
    this.noteFailed(mark);
    const { count, last } = this.#skipped;
    this.#skipped = { count: count + 1, last: [...last, mark].slice(-SKIPS_KEPT) };
  }
}

function keyOf({ seq, place }: { seq: number; place: number }): string {
  return `${seq}/${place}`;
}
