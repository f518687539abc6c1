/** What a failed command says: one readable line with a hint, an exit code, and for `--json` the error as the API has it. */
import { asCoppiceError, type ErrorCode, isCoppiceError } from '../../src/errors.ts';
import { errorAnswer } from '../../src/search/answers.ts';
import { UsageError } from '../exit-codes.ts';

/** Advice for some of the errors. */
export type Hints = Partial<Record<ErrorCode, string>>;

const HINTS: Hints = {
  GROUP_NOT_FOUND: 'see `coppice index list`, or create it with `coppice index create NAME`',
  ALREADY_EXISTS: 'see it with `coppice index get NAME`, or delete it first with `coppice index delete NAME`',
  SHARD_UNAVAILABLE: 'see `coppice status`: some shard has no copy that serves',
  SEARCH_INCOMPLETE: 'see `coppice status`: some shard has no copy that serves',
  NO_RESPONDERS: 'see `coppice status`: some shard has no copy that serves',
  OVERLOADED: 'the cluster is busy: try again in a moment',
  DEADLINE_EXCEEDED: 'see `coppice status` for copies that lag or are missing',
  OUTCOME_UNKNOWN: 'read the document to see whether the write was done',
  PAYLOAD_TOO_LARGE: 'split it, or raise max_payload in the configuration of nats-server',
};

/** The line for a failure. `hint` replaces the code's own where one knows more. */
export function failureLine(error: unknown, hint?: string): string {
  const message = error instanceof UsageError ? error.message : asCoppiceError(error).message;
  const own = error instanceof UsageError ? error.hint : hintOf(error, HINTS);
  const advice = hint ?? own;
  return `coppice: ${oneLine(message)}${advice === undefined ? '' : ` (${advice})`}\n`;
}

/** The advice for an error, if there is some. */
export function hintOf(error: unknown, hints: Hints): string | undefined {
  return isCoppiceError(error) ? hints[error.code] : undefined;
}

/** The failure for machines, in the shape of the public API. */
export function failureAnswer(error: unknown): unknown {
  if (error instanceof UsageError) return { error: { type: 'usage_error', reason: error.message }, status: 400 };
  return errorAnswer(asCoppiceError(error));
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
