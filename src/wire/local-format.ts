/**
 * The file that says which files in a copy's folder make which state of its shard:
 *
 * | bytes | what |
 * | --- | --- |
 * | 8 | `COPLOCAL` |
 * | 4 | format version, 1, little-endian |
 * | 4 | length of what follows before the checksum |
 * | … | MessagePack of a `LocalManifest` |
 * | 32 | SHA-256 of all bytes before |
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { asCoppiceError, CoppiceError } from '../errors.ts';
import { decode, encode } from './codec.ts';

const MAGIC = 'COPLOCAL';
const FORMAT_VERSION = 1;
const HEAD_BYTES = 16;
const HASH_BYTES = 32;

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const LocalFileRecord = v.object({
  /** Its name to the actor. */
  name: v.pipe(v.string(), v.minLength(1)),
  /** Its name in the folder. */
  file: v.pipe(v.string(), v.regex(/^[\w@.-]+$/)),
  sizeBytes: Count,
  sha256: Hash,
});
/** A file of a saved state. */
export type LocalFileRecord = v.InferOutput<typeof LocalFileRecord>;

const LocalManifest = v.object({
  group: v.string(),
  generation: v.string(),
  shard: Count,
  /** The last record that is in the state, and the highest term in the log up to it. */
  seq: Count,
  id: v.string(),
  term: Count,
  /** The runtime's share, as in a checkpoint. */
  runtime: LocalFileRecord,
  /** The actor's files. */
  files: v.array(LocalFileRecord),
});
/** A saved state. */
export type LocalManifest = v.InferOutput<typeof LocalManifest>;

/** Encodes a manifest, with its checksum. */
export function encodeLocalManifest(manifest: LocalManifest): Uint8Array {
  const body = encode(manifest, 'msgpack');
  const bytes = Buffer.alloc(HEAD_BYTES + body.length + HASH_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  bytes.writeUInt32LE(body.length, 12);
  bytes.set(body, HEAD_BYTES);
  bytes.set(sha256(bytes.subarray(0, HEAD_BYTES + body.length)), HEAD_BYTES + body.length);
  return new Uint8Array(bytes);
}

/**
 * Decodes a manifest.
 *
 * @throws CoppiceError `UNSUPPORTED_FORMAT` if another version wrote it, `CORRUPT_BLOB` if it is damaged.
 */
export function decodeLocalManifest(data: Uint8Array): LocalManifest {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length < HEAD_BYTES + HASH_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC)
    throw damaged('it is no list of local files');
  const version = bytes.readUInt32LE(8);
  if (version !== FORMAT_VERSION)
    throw new CoppiceError(
      'UNSUPPORTED_FORMAT',
      `local files are of format ${version}, and this version of Coppice reads format ${FORMAT_VERSION}`,
      { details: { format: version, supported: FORMAT_VERSION } },
    );
  const end = HEAD_BYTES + bytes.readUInt32LE(12);
  if (end + HASH_BYTES !== bytes.length) throw damaged(`it has ${bytes.length} bytes`);
  if (!sha256(bytes.subarray(0, end)).equals(bytes.subarray(end))) throw damaged('its checksum is wrong');
  return read(bytes.subarray(HEAD_BYTES, end));
}

function read(body: Uint8Array): LocalManifest {
  let value: unknown;
  try {
    value = decode(body, 'msgpack');
  } catch (error) {
    throw damaged(asCoppiceError(error).message);
  }
  const result = v.safeParse(LocalManifest, value);
  if (!result.success) throw damaged(v.summarize(result.issues));
  return result.output;
}

function damaged(problem: string): CoppiceError {
  return new CoppiceError('CORRUPT_BLOB', `the list of local files is damaged: ${problem}`);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
