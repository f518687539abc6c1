/**
 * Every failure that a caller can meet, in one table: its HTTP-like status, the public type name, and whether
 * another try or another copy may succeed. Errors cross the wire as `{code, message, details}` inside the cluster.
 */

/** What a code means to callers. `type` is the name at the public API; `retryable` means another copy may succeed. */
export type ErrorTraits = { readonly status: number; readonly type: string; readonly retryable: boolean };

/** All codes that may cross the wire. */
export const ERRORS = {
  BAD_REQUEST: { status: 400, type: 'illegal_argument_exception', retryable: false },
  PARSING_FAILED: { status: 400, type: 'parsing_exception', retryable: false },
  MAPPING_FAILED: { status: 400, type: 'document_parsing_exception', retryable: false },
  LIMIT_EXCEEDED: { status: 400, type: 'search_limit_exception', retryable: false },
  CORRUPT_BLOB: { status: 500, type: 'corrupt_blob_exception', retryable: true },
  CORRUPT_SEGMENT: { status: 500, type: 'corrupt_segment_exception', retryable: true },
  INVALID_NAME: { status: 400, type: 'invalid_index_name_exception', retryable: false },
  ALREADY_EXISTS: { status: 400, type: 'resource_already_exists_exception', retryable: false },
  UNKNOWN_ACTION: { status: 400, type: 'unknown_action_exception', retryable: false },
  GROUP_NOT_FOUND: { status: 404, type: 'index_not_found_exception', retryable: false },
  UNKNOWN_ENDPOINT: { status: 404, type: 'unknown_endpoint_exception', retryable: false },
  DOCUMENT_MISSING: { status: 404, type: 'document_missing_exception', retryable: false },
  NOT_FOUND: { status: 404, type: 'resource_not_found_exception', retryable: false },
  SNAPSHOT_NOT_FOUND: { status: 404, type: 'snapshot_missing_exception', retryable: false },
  CONFLICT: { status: 409, type: 'version_conflict_engine_exception', retryable: false },
  PAYLOAD_TOO_LARGE: { status: 413, type: 'payload_too_large_exception', retryable: false },
  OUT_OF_MEMORY: { status: 503, type: 'circuit_breaking_exception', retryable: true },
  OVERLOADED: { status: 429, type: 'rejected_execution_exception', retryable: true },
  CANCELLED: { status: 499, type: 'task_cancelled_exception', retryable: false },
  INTERNAL: { status: 500, type: 'internal_exception', retryable: false },
  ACTOR_FAILED: { status: 500, type: 'actor_exception', retryable: false },
  UNSUPPORTED_FORMAT: { status: 500, type: 'unsupported_format_exception', retryable: false },
  SNAPSHOT_FAILED: { status: 500, type: 'snapshot_exception', retryable: false },
  NO_RESPONDERS: { status: 503, type: 'no_responders_exception', retryable: true },
  SHARD_UNAVAILABLE: { status: 503, type: 'no_shard_available_action_exception', retryable: true },
  SEARCH_INCOMPLETE: { status: 503, type: 'search_phase_execution_exception', retryable: true },
  NOT_PRIMARY: { status: 503, type: 'not_primary_exception', retryable: true },
  STALE_GENERATION: { status: 503, type: 'stale_generation_exception', retryable: true },
  WRONG_SLOT: { status: 503, type: 'wrong_slot_exception', retryable: true },
  STAMP_REQUIRED: { status: 503, type: 'stamp_required_exception', retryable: true },
  LOG_ROLLED_BACK: { status: 503, type: 'log_rolled_back_exception', retryable: true },
  DISCONNECTED: { status: 503, type: 'disconnected_exception', retryable: true },
  STORE_IN_USE: { status: 503, type: 'store_in_use_exception', retryable: false },
  PREFLIGHT_FAILED: { status: 503, type: 'preflight_exception', retryable: false },
  STORAGE_FAILED: { status: 503, type: 'storage_failed_exception', retryable: true },
  STORAGE_FULL: { status: 507, type: 'storage_full_exception', retryable: false },
  DEADLINE_EXCEEDED: { status: 504, type: 'timeout_exception', retryable: true },
  OUTCOME_UNKNOWN: { status: 504, type: 'outcome_unknown_exception', retryable: false },
} as const satisfies Record<string, ErrorTraits>;

/** A code of the table. */
export type ErrorCode = keyof typeof ERRORS;

/** Data that goes with an error; JSON-safe. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An error as it travels inside the cluster. */
export type WireError = { readonly code: string; readonly message: string; readonly details?: ErrorDetails };

/** The one error class. Branch on `code`: `instanceof` does not survive a wire. */
export class CoppiceError extends Error {
  override readonly name = 'CoppiceError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails | undefined } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  /** HTTP-like status of the code. */
  get status(): number {
    return ERRORS[this.code].status;
  }

  /** Whether another copy or a later try may succeed. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  /** The form that crosses the wire; stacks stay at home. */
  toWire(): WireError {
    return this.details === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, details: this.details };
  }
}

/** Narrows an unknown throwable to a CoppiceError, of one code if given. */
export function isCoppiceError(error: unknown, code?: ErrorCode): error is CoppiceError {
  return error instanceof CoppiceError && (code === undefined || error.code === code);
}

/** Turns anything thrown into a CoppiceError; what is not one becomes `INTERNAL`, with the original as cause. */
export function asCoppiceError(error: unknown): CoppiceError {
  if (error instanceof CoppiceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new CoppiceError('INTERNAL', message, { cause: error });
}

/** Rebuilds an error received from a peer. An unknown code, of a newer peer, becomes `INTERNAL`. */
export function errorFromWire(wire: WireError): CoppiceError {
  const options = { details: wire.details };
  if (Object.hasOwn(ERRORS, wire.code)) return new CoppiceError(wire.code as ErrorCode, wire.message, options);
  return new CoppiceError('INTERNAL', `${wire.code}: ${wire.message}`, options);
}
