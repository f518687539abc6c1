/**
 * The bytes of a log record (protocol.md, rules of the log). A record is a MessagePack map:
 *
 * | key | value |
 * | --- | --- |
 * | `v` | format version, 1 |
 * | `k` | kind: `batch`, `term`, `checkpoint`, `retire` or `skip` |
 * | `g` | generation of the group |
 * | `t` | term of the primary that wrote it |
 * | `ps`, `pi` | sequence and id of the record before it on its subject; 0 and `''` for the first |
 * | `cs` | sequence of the newest `checkpoint` record before it; absent if there is none |
 * | `ss` | sequence of the newest `skip` record before it; absent if there is none |
 * | `fh` | fingerprint of the operations that had failed when it was written; absent in records of kinds `term` and `skip` |
 * | `sk` | of a skip record: `{s: sequence of the record that is meant, p: place of the operation in it, e: error}` |
 * | `cp` | of a checkpoint or retire record: `{s: S, n: name of the manifest, f: names of the files}` |
 * | `ops` | of a batch: one MessagePack byte string per operation, `{i: operation id, r: record}` or `{i, e: error}` |
 */
import * as v from 'valibot';
import { asCoppiceError, CoppiceError, type WireError } from '../errors.ts';
import { decode, encode } from './codec.ts';

const FORMAT_VERSION = 1;

/** One operation in a batch: an accepted record, or a rejection that depended on state. */
export type LoggedOperation =
  | { readonly id: string; readonly record: unknown }
  | { readonly id: string; readonly error: WireError };

/**
 * What a `checkpoint` record commits, or a `retire` record takes back, by names in the depot. A checkpoint that is
 * retired goes with the files that no other one needs; with an empty `name` only files go, which no checkpoint has.
 */
export type CheckpointMark = {
  /** Log sequence of the last record that the checkpoint holds; 0 without a `name`. */
  readonly seq: number;
  /** Name of the manifest. */
  readonly name: string;
  readonly files: readonly string[];
};

/**
 * What a `skip` record decides: an operation that could not be applied counts as failed, with this error, on every copy
 * alike (protocol.md, "Apply").
 */
export type SkipMark = {
  /** Log sequence of its record. */
  readonly seq: number;
  /** Its place in that record. */
  readonly place: number;
  readonly error: WireError;
};

/** A record read from the log; operations are still encoded. */
export type LogRecord = {
  readonly kind: 'batch' | 'term' | 'checkpoint' | 'retire' | 'skip';
  readonly generation: string;
  readonly term: number;
  readonly prevSeq: number;
  readonly prevId: string;
  /** Sequence of the newest checkpoint record before this one, so that a copy finds it from the log's end. */
  readonly checkpointSeq?: number;
  /** Sequence of the newest skip record before this one, so that a copy knows what to skip before it comes to it. */
  readonly skipSeq?: number;
  /**
   * Fingerprint of all operations that had failed to be applied, where the record was written: a copy on which others have
   * failed does not hold the same.
   */
  readonly failures?: number;
  /** Of a checkpoint or retire record. */
  readonly mark?: CheckpointMark;
  /** Of a skip record. */
  readonly skip?: SkipMark;
  readonly operations: readonly Uint8Array[];
};

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const ErrorBytes = v.object({
  code: v.string(),
  message: v.string(),
  details: v.exactOptional(v.record(v.string(), v.unknown())),
});
const RecordBytes = v.object({
  v: v.literal(FORMAT_VERSION),
  k: v.picklist(['batch', 'term', 'checkpoint', 'retire', 'skip']),
  g: v.string(),
  t: Count,
  ps: Count,
  pi: v.string(),
  cs: v.exactOptional(Count),
  ss: v.exactOptional(Count),
  fh: v.exactOptional(Count),
  sk: v.exactOptional(v.object({ s: Count, p: Count, e: ErrorBytes })),
  cp: v.exactOptional(v.object({ s: Count, n: v.string(), f: v.array(v.string()) })),
  ops: v.array(v.instance(Uint8Array)),
});
const OperationBytes = v.object({
  i: v.string(),
  r: v.exactOptional(v.unknown()),
  e: v.exactOptional(ErrorBytes),
});

/** Encodes a record. */
export function encodeLogRecord(record: LogRecord): Uint8Array {
  const { kind, generation, term, prevSeq, prevId, checkpointSeq, skipSeq, failures, mark, skip, operations } = record;
  const place = { v: FORMAT_VERSION, k: kind, g: generation, t: term, ps: prevSeq, pi: prevId };
  const cp = mark === undefined ? undefined : { s: mark.seq, n: mark.name, f: mark.files };
  const sk = skip === undefined ? undefined : { s: skip.seq, p: skip.place, e: skip.error };
  return encode({ ...place, cs: checkpointSeq, ss: skipSeq, fh: failures, cp, sk, ops: operations }, 'msgpack');
}

/**
 * Decodes a record.
 *
 * @throws CoppiceError `UNSUPPORTED_FORMAT` for another version or a damaged record.
 */
export function decodeLogRecord(data: Uint8Array): LogRecord {
  const value = unpack(data, 'log record');
  const version = typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined;
  if (typeof version === 'number' && version !== FORMAT_VERSION)
    throw new CoppiceError(
      'UNSUPPORTED_FORMAT',
      `log record is of format ${version}, and this version of Coppice reads format ${FORMAT_VERSION}`,
      { details: { format: version, supported: FORMAT_VERSION } },
    );
  const result = v.safeParse(RecordBytes, value);
  if (!result.success)
    throw new CoppiceError(
      'UNSUPPORTED_FORMAT',
      `log record is not of format ${FORMAT_VERSION}: ${v.summarize(result.issues)}`,
    );
  const { k, g, t, ps, pi, cs, ss, fh, cp, sk, ops } = result.output;
  if ((k === 'checkpoint' || k === 'retire') !== (cp !== undefined))
    throw new CoppiceError('UNSUPPORTED_FORMAT', `log record of kind ${k} ${cp ? 'names' : 'lacks'} a checkpoint`);
  if ((k === 'skip') !== (sk !== undefined))
    throw new CoppiceError('UNSUPPORTED_FORMAT', `log record of kind ${k} ${sk ? 'names' : 'lacks'} what to skip`);
  return {
    kind: k,
    generation: g,
    term: t,
    prevSeq: ps,
    prevId: pi,
    ...(cs === undefined ? {} : { checkpointSeq: cs }),
    ...(ss === undefined ? {} : { skipSeq: ss }),
    ...(fh === undefined ? {} : { failures: fh }),
    ...(sk === undefined ? {} : { skip: { seq: sk.s, place: sk.p, error: sk.e } }),
    ...(cp === undefined ? {} : { mark: { seq: cp.s, name: cp.n, files: cp.f } }),
    operations: ops,
  };
}

/** Encodes one operation of a batch. */
export function encodeOperation(operation: LoggedOperation): Uint8Array {
  return 'error' in operation
    ? encode({ i: operation.id, e: operation.error }, 'msgpack')
    : encode({ i: operation.id, r: operation.record }, 'msgpack');
}

/** Decodes one operation of a batch. Throws `UNSUPPORTED_FORMAT`. */
export function decodeOperation(data: Uint8Array): LoggedOperation {
  const result = v.safeParse(OperationBytes, unpack(data, 'logged operation'));
  if (!result.success)
    throw new CoppiceError('UNSUPPORTED_FORMAT', `logged operation is not readable: ${v.summarize(result.issues)}`);
  const { i, r, e } = result.output;
  return e === undefined ? { id: i, record: r } : { id: i, error: e };
}

function unpack(data: Uint8Array, what: string): unknown {
  try {
    return decode(data, 'msgpack');
  } catch (error) {
    throw new CoppiceError('UNSUPPORTED_FORMAT', `${what} is not readable: ${asCoppiceError(error).message}`, {
      cause: error,
    });
  }
}
