/** Elasticsearch's answers to writes and to reads by id, from what shards gave back. */

import type { Explanation } from '../engine/index.ts';
import { type CoppiceError, ERRORS } from '../errors.ts';
import type { FoundDocument, ShardExplanation } from './partials.ts';
import type { Token } from './request/common.ts';
import type { WriteOp } from './request/write-request.ts';
import { compact } from './shape.ts';
import type { WriteResult } from './write.ts';

/**
 * What became of a write on the copies of its shard: of `total` copies `successful` ones are known to have applied it,
 * and `failed` ones were asked and did not say so in time. Copies that do not serve are neither.
 */
export type ShardsOutcome = {
  readonly total: number;
  readonly successful: number;
  readonly failed: number;
  readonly failures?: readonly {
    readonly _index: string;
    readonly _shard: number;
    readonly _node: string;
    readonly reason: ErrorReason;
  }[];
};

/** The answer to a write. */
export type WriteAnswer = {
  readonly _index: string;
  readonly _id: string;
  readonly _version: number;
  readonly result: WriteResult['result'];
  readonly _shards: ShardsOutcome;
  readonly _seq_no: number;
  readonly _primary_term: number;
  readonly token?: Token;
};

/** An error as answers carry it. */
export type ErrorReason = { readonly type: string; readonly reason: string } & Readonly<Record<string, unknown>>;

/** An item of a bulk answer, keyed by its action. */
export type BulkAnswerItem = Readonly<Partial<Record<WriteOp, Readonly<Record<string, unknown>>>>>;

/**
 * What a write's answer needs beside its result. `copies` is the number of copies of the shard, the primary included;
 * `shards` what became of them, where that was asked.
 */
export type WriteContext = {
  readonly index: string;
  readonly copies: number;
  readonly token?: Token;
  readonly shards?: ShardsOutcome | undefined;
};

/** The answer to a write. Unless asked, `_shards.successful` is 1: the primary applied it, and the log keeps it for the others. */
export function writeAnswer(
  { _id, _version, result, _seq_no, _primary_term }: WriteResult,
  { index, copies, token, shards }: WriteContext,
): WriteAnswer {
  const _shards = shards ?? { total: copies, successful: 1, failed: 0 };
  return compact({ _index: index, _id, _version, result, _shards, _seq_no, _primary_term, token });
}

/** HTTP-like status of a write. */
export function writeStatus({ result }: Pick<WriteResult, 'result'>): number {
  if (result === 'created') return 201;
  return result === 'not_found' ? 404 : 200;
}

/** The answer to `get`. */
export function getAnswer(found: FoundDocument, index: string): FoundDocument & { readonly _index: string } {
  return { _index: index, ...found };
}

/** HTTP-like status of `get`. */
export function getStatus({ found }: FoundDocument): number {
  return found ? 200 : 404;
}

/** The answer to `explain`; without an explanation there is no such document. */
export type ExplainAnswer = {
  readonly _index: string;
  readonly _id: string;
  readonly matched: boolean;
  readonly explanation?: Explanation;
};

/** The answer to `explain`. */
export function explainAnswer(
  { index, id }: { readonly index: string; readonly id: string },
  { matched, explanation }: ShardExplanation,
): ExplainAnswer {
  return compact({ _index: index, _id: id, matched, explanation });
}

/** One document of `mget`; one whose shard failed carries the error. */
export function multiGetDocument(
  item: { readonly id: string; readonly index: string },
  found: FoundDocument | CoppiceError,
): Readonly<Record<string, unknown>> {
  return isError(found)
    ? { _index: item.index, _id: item.id, error: errorReason(found) }
    : getAnswer(found, item.index);
}

/** A bulk item that was written. */
export function bulkItem(op: WriteOp, result: WriteResult, context: Omit<WriteContext, 'token'>): BulkAnswerItem {
  return { [op]: { ...writeAnswer(result, context), status: writeStatus(result) } };
}

/** A bulk item that failed. */
export function bulkError(
  op: WriteOp,
  error: CoppiceError,
  { index, id }: { readonly index?: string | undefined; readonly id?: string | undefined },
): BulkAnswerItem {
  return { [op]: { _index: index ?? null, _id: id ?? null, status: error.status, error: errorReason(error) } };
}

/** The answer to a bulk request; items in the order of its operations. */
export function bulkAnswer(
  items: readonly BulkAnswerItem[],
  { tookMs, token }: { readonly tookMs: number; readonly token?: Token },
): Readonly<Record<string, unknown>> {
  const errors = items.some((item) => Object.values(item).some((answer) => Object.hasOwn(answer, 'error')));
  return compact({ took: tookMs, errors, items, token });
}

/** An error as answers carry it. */
export function errorReason({ code, message, details }: CoppiceError): ErrorReason {
  return { ...details, type: ERRORS[code].type, reason: message };
}

/** The answer to a request that failed. */
export function errorAnswer(error: CoppiceError): { readonly error: ErrorReason; readonly status: number } {
  return { error: errorReason(error), status: error.status };
}

function isError(value: FoundDocument | CoppiceError): value is CoppiceError {
  return value instanceof Error;
}
