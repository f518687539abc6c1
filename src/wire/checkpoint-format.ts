/**
 * The two files that the runtime adds to a checkpoint, in MessagePack: the manifest, which says what belongs to it, and
 * the runtime's share of the state, which says where in the log it stands.
 *
 * A file in the depot is called `generation/shard/hash@term.seq` (protocol.md, "Checkpoint, purge, restore", rule 5):
 * the SHA-256 of its bytes, and the term and log sequence of the checkpoint that first had it.
 */
import * as v from 'valibot';
import { CoppiceError } from '../errors.ts';
import { decode, encode } from './codec.ts';
import type { CheckpointMark, SkipMark } from './log-record.ts';
import type { CommandOutcome } from './messages.ts';

const FORMAT_VERSION = 1;

/** MessagePack: the first byte of a map of 15 fields. */
const LARGEST_FIX_MAP = 0x8f;
/** The first byte of a list with a count of 32 bits; shorter lists have shorter headers. */
const LIST_32 = 0xdd;
const FIX_LIST_LENGTH = 16;
const LIST_16_BYTES = 3;
const OPERATIONS_AT_ONCE = 512;

/** A file of a checkpoint: its name to the actor, its name in the depot, and its size in bytes. */
export type ManifestFile = { readonly name: string; readonly blob: string; readonly sizeBytes: number };

/** What belongs to a checkpoint. */
export type Manifest = {
  readonly generation: string;
  readonly shard: number;
  /** Log sequence of the last record that is in it. */
  readonly seq: number;
  /** The runtime's share. */
  readonly runtime: ManifestFile;
  /** The actor's files. */
  readonly files: readonly ManifestFile[];
};

/** The runtime's share of a shard's state. */
export type RuntimeShare = {
  readonly generation: string;
  readonly shard: number;
  /** The last record applied. */
  readonly seq: number;
  readonly id: string;
  readonly term: number;
  /** The number that the next operation gets. */
  readonly nextSeqNo: number;
  /** Highest log sequence of the operations forgotten. */
  readonly floor: number;
  /** Remembered operations with their outcomes, oldest first. */
  readonly operations: readonly (readonly [string, CommandOutcome])[];
  /** Checkpoints committed and not retired, oldest first. */
  readonly checkpoints: readonly CheckpointMark[];
  /** Sequence of the newest checkpoint record; 0 without any. */
  readonly checkpointRecordSeq: number;
  /** Sequence of the newest skip record; absent without any. */
  readonly skipRecordSeq?: number;
  /** Fingerprint of the operations that failed to be applied; absent if none did. */
  readonly failures?: number;
  /** Operations skipped: how many, and the last ones, oldest first. */
  readonly skipped?: { readonly count: number; readonly last: readonly SkipMark[] };
};

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Name = v.pipe(v.string(), v.minLength(1));
const FileBytes = v.object({ name: Name, blob: Name, sizeBytes: Count });
const ManifestBytes = v.object({
  v: v.literal(FORMAT_VERSION),
  generation: v.string(),
  shard: Count,
  seq: Count,
  runtime: FileBytes,
  files: v.array(FileBytes),
});
const ErrorBytes = v.object({
  code: v.string(),
  message: v.string(),
  details: v.exactOptional(v.record(v.string(), v.unknown())),
});
const OutcomeBytes = v.union([
  v.object({ ok: v.literal(true), value: v.exactOptional(v.unknown()), seq: Count }),
  v.object({ ok: v.literal(false), error: ErrorBytes, seq: Count }),
]);
const ShareBytes = v.object({
  v: v.literal(FORMAT_VERSION),
  generation: v.string(),
  shard: Count,
  seq: Count,
  id: v.string(),
  term: Count,
  nextSeqNo: Count,
  floor: Count,
  operations: v.array(v.tuple([v.string(), OutcomeBytes])),
  checkpoints: v.array(v.object({ seq: Count, name: v.string(), files: v.array(v.string()) })),
  checkpointRecordSeq: Count,
  skipRecordSeq: v.exactOptional(Count),
  failures: v.exactOptional(Count),
  skipped: v.exactOptional(
    v.object({ count: Count, last: v.array(v.object({ seq: Count, place: Count, error: ErrorBytes })) }),
  ),
});

/** Encodes a manifest. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return encode({ v: FORMAT_VERSION, ...manifest }, 'msgpack');
}

/** Decodes a manifest. Throws CoppiceError `UNSUPPORTED_FORMAT`. */
export function decodeManifest(data: Uint8Array): Manifest {
  return read(ManifestBytes, data, 'manifest of a checkpoint');
}

/** Encodes the runtime's share. */
export function encodeRuntimeShare(share: RuntimeShare): Uint8Array {
  const slices = runtimeShareSlices(share);
  for (;;) {
    const step = slices.next();
    if (step.done === true) return step.value;
  }
}

/** The same in slices of a millisecond or so: a full window of operations takes some fifty. */
export function* runtimeShareSlices({ operations, ...rest }: RuntimeShare): Generator<void, Uint8Array> {
  const map = encode({ v: FORMAT_VERSION, ...rest }, 'msgpack');
  // The first byte of a map of up to 15 fields has their number; the list of operations is one more.
  const first = map[0] ?? 0;
  if (first >= LARGEST_FIX_MAP) throw new Error('the share of the runtime has too many fields for a small map');
  map[0] = first + 1;
  const pieces = [map, encode('operations', 'msgpack'), listHeader(operations.length)];
  for (let from = 0; from < operations.length; from += OPERATIONS_AT_ONCE) {
    const some = operations.slice(from, from + OPERATIONS_AT_ONCE);
    pieces.push(encode(some, 'msgpack').subarray(some.length < FIX_LIST_LENGTH ? 1 : LIST_16_BYTES));
    yield;
  }
  return new Uint8Array(Buffer.concat(pieces));
}

/** Decodes the runtime's share. Throws CoppiceError `UNSUPPORTED_FORMAT`. */
export function decodeRuntimeShare(data: Uint8Array): RuntimeShare {
  return read(ShareBytes, data, "runtime's share of a checkpoint");
}

/** What all files of a shard begin with in the depot. */
export function depotPrefix(generation: string, shard: number): string {
  return `${generation}/${shard}/`;
}

/** The name of a file in the depot. `sha256` is in hexadecimal digits. */
export function depotName(of: {
  generation: string;
  shard: number;
  sha256: string;
  term: number;
  seq: number;
}): string {
  return `${depotPrefix(of.generation, of.shard)}${of.sha256}@${of.term}.${of.seq}`;
}

/** The SHA-256 that the name of a file in the depot promises, of a checkpoint or a snapshot; undefined for other names. */
export function hashOfDepotName(name: string): string | undefined {
  return /\/([0-9a-f]{64})(?:@\d+\.\d+)?$/.exec(name)?.[1];
}

function listHeader(length: number): Uint8Array {
  const header = new Uint8Array(5);
  header[0] = LIST_32;
  new DataView(header.buffer).setUint32(1, length);
  return header;
}

function read<Schema extends v.GenericSchema>(schema: Schema, data: Uint8Array, what: string): v.InferOutput<Schema> {
  const value = decode(data, 'msgpack');
  const version = typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined;
  if (typeof version === 'number' && version !== FORMAT_VERSION)
    throw new CoppiceError(
      'UNSUPPORTED_FORMAT',
      `${what} is of format ${version}, and this version of Coppice reads format ${FORMAT_VERSION}`,
      { details: { format: version, supported: FORMAT_VERSION } },
    );
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new CoppiceError(
    'UNSUPPORTED_FORMAT',
    `${what} is not of format ${FORMAT_VERSION}: ${v.summarize(result.issues)}`,
  );
}
