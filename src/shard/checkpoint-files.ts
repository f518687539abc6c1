/**
 * A checkpoint on its way into the depot and out of it. Names are `generation/shard/hash@term.seq`; what is read or
 * reused is checked against the hash in its name (protocol.md, "Checkpoint, purge, restore", rules 1 and 5).
 */
import { createHash } from 'node:crypto';
import type { CheckpointFile, RestoreSource, StatefulDefinition } from '../actor/definition.ts';
import { corruptBlob, type Depot } from '../bus/depot.ts';
import { type Clock, pause } from '../env.ts';
import { CoppiceError, isCoppiceError } from '../errors.ts';
import {
  decodeManifest,
  decodeRuntimeShare,
  depotName,
  encodeManifest,
  hashOfDepotName,
  type Manifest,
  type ManifestFile,
  type RuntimeShare,
} from '../wire/checkpoint-format.ts';
import type { CheckpointMark } from '../wire/log-record.ts';
import { type CapturedState, ShardState } from './shard-state.ts';
import { encodeShareInSlices } from './write-out.ts';

/** The thread is left to others after hashing so many bytes. */
const HASH_BYTES = 2 * 1024 * 1024;

/** Where files are read from. */
type Place = { readonly depot: Depot; readonly signal: AbortSignal };
/** The same, and for which shard. */
export type Where = Place & { readonly generation: string; readonly shard: number };

/**
 * What storing needs. `reusable`: names of files of committed checkpoints that are not retired. `hashes`: SHA-256 of files
 * of the actor by name, as far as they are known.
 */
export type StoreOptions = Where & {
  readonly clock: Clock;
  readonly term: number;
  readonly reusable: readonly string[];
  readonly hashes?: ReadonlyMap<string, string>;
};

/** What loading needs. `onProgress` is told the bytes read so far, and all there are. */
export type LoadOptions = Where & {
  readonly definition: StatefulDefinition;
  readonly settings: unknown;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
};

/**
 * Stores a captured state: uploads the files that are not there, reads back and checks every one, then writes the
 * manifest. It is no checkpoint before the log says so.
 *
 * @throws CoppiceError what the depot throws, `CORRUPT_BLOB` if a file does not come back as it went, or the signal's reason.
 */
export async function storeCheckpoint(captured: CapturedState, options: StoreOptions): Promise<CheckpointMark> {
  const { share, actor } = captured;
  const { generation, shard } = options;
  const runtimeBytes = await encodeShareInSlices(share, options.clock, options.signal);
  const runtime = { name: '_runtime', sizeBytes: runtimeBytes.length, read: () => runtimeBytes };
  const stored: ManifestFile[] = [];
  for (const file of [runtime, ...actor.files]) stored.push(await storeFile(file, share.seq, options));
  const [first, ...files] = stored;
  if (first === undefined) throw new Error('a checkpoint without the share of the runtime');
  const bytes = encodeManifest({ generation, shard, seq: share.seq, runtime: first, files });
  const manifest = { name: '_manifest', sizeBytes: bytes.length, read: () => bytes };
  const { blob: name } = await storeFile(manifest, share.seq, { ...options, reusable: [] });
  return { seq: share.seq, name, files: [...new Set(stored.map(({ blob }) => blob))] };
}

/**
 * Builds the state of a checkpoint, all of whose files must be there and sound.
 *
 * @throws CoppiceError `NOT_FOUND`, `CORRUPT_BLOB`, `UNSUPPORTED_FORMAT`, what the actor's `restore` throws, or the
 *   signal's reason.
 */
export async function loadCheckpoint(mark: CheckpointMark, options: LoadOptions): Promise<ShardState> {
  const { generation, shard, definition, settings, signal } = options;
  if (definition.restore === undefined) throw new Error(`\`${definition.name}\` cannot restore a checkpoint`);
  const manifest = await readCheckpointManifest(mark, options);
  const reader = new FileReader(manifest, options);
  const share = readCheckpointShare(await collect(reader.read(manifest.runtime)), manifest);
  const user = await definition.restore(reader, { shard, settings });
  try {
    await reader.finish();
    signal.throwIfAborted();
  } catch (error) {
    definition.close?.(user);
    throw error;
  }
  return new ShardState({ definition, generation, shard, settings, restored: { user, share } });
}

/** The manifest of a checkpoint, if it is its. Throws as `loadCheckpoint` does. */
export async function readCheckpointManifest(mark: CheckpointMark, where: Where): Promise<Manifest> {
  const manifest = decodeManifest(await collect(readChecked(mark.name, undefined, where)));
  checkManifest(manifest, mark, where);
  return manifest;
}

/** The runtime's share in a checkpoint, if it is its. Throws CoppiceError `CORRUPT_BLOB` or `UNSUPPORTED_FORMAT`. */
export function readCheckpointShare(bytes: Uint8Array, manifest: Manifest): RuntimeShare {
  const share = decodeRuntimeShare(bytes);
  if (share.seq === manifest.seq && share.generation === manifest.generation && share.shard === manifest.shard)
    return share;
  throw corruptBlob(manifest.runtime.blob, 'it is the share of another checkpoint');
}

/** Reads files of one checkpoint, and knows which were read to their ends. */
class FileReader implements RestoreSource {
  readonly files: RestoreSource['files'];
  readonly #options: LoadOptions;
  readonly #manifest: Manifest;
  readonly #totalBytes: number;
  readonly #whole = new Set<string>();
  #doneBytes = 0;

  constructor(manifest: Manifest, options: LoadOptions) {
    this.#options = options;
    this.#manifest = manifest;
    this.files = manifest.files.map(({ name, sizeBytes }) => ({ name, sizeBytes }));
    this.#totalBytes = [manifest.runtime, ...manifest.files].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  async *read(which: string | ManifestFile): AsyncGenerator<Uint8Array> {
    const file = typeof which === 'string' ? this.#manifest.files.find(({ name }) => name === which) : which;
    if (file === undefined) throw new CoppiceError('NOT_FOUND', `the checkpoint has no such file`);
    const { onProgress } = this.#options;
    for await (const bytes of readChecked(file.blob, file.sizeBytes, this.#options)) {
      yield bytes;
      this.#doneBytes = Math.min(this.#totalBytes, this.#doneBytes + bytes.length);
      onProgress(this.#doneBytes, this.#totalBytes);
    }
    this.#whole.add(file.name);
  }

  /** Checks what the actor did not read to its end: all files must be sound. */
  async finish(): Promise<void> {
    for (const file of this.#manifest.files) {
      if (!this.#whole.has(file.name)) await checkBlob(file.blob, file.sizeBytes, this.#options);
    }
  }
}

async function storeFile(file: CheckpointFile, seq: number, options: StoreOptions): Promise<ManifestFile> {
  const { depot, generation, shard, term, signal, reusable } = options;
  const { name, sizeBytes } = file;
  const sha256 = options.hashes?.get(name) ?? (await hashOf(file, options));
  const known = reusable.find((blob) => hashOfDepotName(blob) === sha256);
  if (known !== undefined && (await isSound(known, sizeBytes, options))) return { name, blob: known, sizeBytes };
  const blob = depotName({ generation, shard, sha256, term, seq });
  try {
    await depot.put(blob, file.read(), { signal });
  } catch (error) {
    // An earlier attempt at the same place of the log, or an equal file: reading it back tells.
    if (!isCoppiceError(error, 'CONFLICT')) throw error;
  }
  await checkBlob(blob, sizeBytes, options);
  return { name, blob, sizeBytes };
}

/**
 * The SHA-256 of a file's bytes, in hexadecimal digits; the thread is left to others now and then.
 *
 * @throws CoppiceError `ACTOR_FAILED` if it has another size than it says, or the signal's reason.
 */
export async function hashOf(
  file: CheckpointFile,
  { clock, signal }: Pick<StoreOptions, 'clock' | 'signal'>,
): Promise<string> {
  const hash = createHash('sha256');
  const source = file.read();
  let sizeBytes = 0;
  let sinceBytes = 0;
  for await (const bytes of source instanceof Uint8Array ? [source] : source) {
    hash.update(bytes);
    sizeBytes += bytes.length;
    sinceBytes += bytes.length;
    if (sinceBytes < HASH_BYTES) continue;
    sinceBytes = 0;
    await pause(clock, 0, signal);
  }
  if (sizeBytes !== file.sizeBytes)
    throw new CoppiceError(
      'ACTOR_FAILED',
      `checkpoint file \`${file.name}\` has ${sizeBytes} bytes, not ${file.sizeBytes}`,
    );
  return hash.digest('hex');
}

/** Whether a file can be used again. */
async function isSound(blob: string, sizeBytes: number, where: Place): Promise<boolean> {
  try {
    await checkBlob(blob, sizeBytes, where);
    return true;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

/** Whether an error says that a checkpoint is not what it was: another one may still be. */
export function isDamage(error: unknown): boolean {
  return (['NOT_FOUND', 'CORRUPT_BLOB', 'CORRUPT_SEGMENT', 'UNSUPPORTED_FORMAT', 'PARSING_FAILED'] as const).some(
    (code) => isCoppiceError(error, code),
  );
}

/** Reads a file to its end. Throws CoppiceError `NOT_FOUND`, or `CORRUPT_BLOB` if it is not what its name promises. */
export async function checkBlob(blob: string, sizeBytes: number, where: Place): Promise<void> {
  const pieces = readChecked(blob, sizeBytes, where);
  while ((await pieces.next()).done !== true);
}

/** Reads a file; the depot checks the bytes by the checksum it has kept, which must be the one in the name. */
export async function* readChecked(
  blob: string,
  sizeBytes: number | undefined,
  { depot, signal }: Place,
): AsyncGenerator<Uint8Array> {
  const stat = await depot.stat(blob, { signal });
  if (stat.sha256 !== hashOfDepotName(blob)) throw corruptBlob(blob, 'it does not have the checksum in its name');
  if (sizeBytes !== undefined && stat.sizeBytes !== sizeBytes)
    throw corruptBlob(blob, `it has ${stat.sizeBytes} bytes in place of ${sizeBytes}`);
  yield* depot.get(blob, { signal });
}

/** Puts pieces together. */
export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return new Uint8Array(Buffer.concat(all));
}

function checkManifest(manifest: Manifest, mark: CheckpointMark, { generation, shard }: Where): void {
  const listed = new Set(mark.files);
  const isWhole = [manifest.runtime, ...manifest.files].every(({ blob }) => listed.has(blob));
  if (isWhole && manifest.seq === mark.seq && manifest.generation === generation && manifest.shard === shard) return;
  throw corruptBlob(mark.name, 'it is the manifest of another checkpoint');
}
