/**
 * Brings one shard of a snapshot into the cluster's own depot, as the first checkpoint of a new life of a group: copies
 * stand on it as on any other checkpoint. Every file is checked on its way, and read back.
 */
import type { Depot } from '../bus/depot.ts';
import type { Clock } from '../env.ts';
import { CoppiceError, isCoppiceError } from '../errors.ts';
import { checkBlob, collect, hashOf, readChecked } from '../shard/checkpoint-files.ts';
import { paced } from '../shard/paced.ts';
import {
  decodeRuntimeShare,
  depotName,
  encodeManifest,
  encodeRuntimeShare,
  hashOfDepotName,
  type ManifestFile,
} from '../wire/checkpoint-format.ts';
import type { CheckpointMark } from '../wire/log-record.ts';
import { type ShardSnapshot, type SnapshotFile } from '../wire/snapshot-format.ts';

/** From where to where. */
export type CopyOptions = {
  readonly from: Depot;
  readonly to: Depot;
  /** Of the group that is made. */
  readonly generation: string;
  /** Of the first record of its log. */
  readonly term: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly bytesPerSecond: number;
  readonly onBytes: (bytes: number) => void;
};

/** A shard as its new log begins: with the record that follows `prevId` of `mark.seq`. */
export type CopiedShard = { readonly shard: number; readonly mark: CheckpointMark; readonly prevId: string };

/**
 * Copies a shard.
 *
 * @throws CoppiceError `CORRUPT_BLOB` that names the file that is missing or damaged, `UNSUPPORTED_FORMAT`, what the depots
 *   throw, or the signal's reason.
 */
export async function copyShard(snapshot: ShardSnapshot, options: CopyOptions): Promise<CopiedShard> {
  const { generation } = options;
  const { shard, seq, runtime } = snapshot;
  const share = decodeRuntimeShare(
    await naming(runtime, async () => collect(readChecked(runtime.blob, runtime.sizeBytes, source(options)))),
  );
  options.onBytes(runtime.sizeBytes);
  if (share.seq !== seq || share.shard !== shard)
    throw new CoppiceError('CORRUPT_BLOB', `\`${runtime.blob}\` is the share of another shard`, {
      details: { blob: runtime.blob },
    });
  const files: ManifestFile[] = [];
  for (const file of snapshot.files) files.push(await copyFile(file, snapshot, options));
  // Where in the log it stands stays, and the count of operations.
  const own = encodeRuntimeShare({ ...share, generation });
  const stored = await storeBytes('_runtime', own, snapshot, options);
  const manifest = encodeManifest({ generation, shard, seq, runtime: stored, files });
  const { blob: name } = await storeBytes('_manifest', manifest, snapshot, options);
  const blobs = [...new Set([stored, ...files].map(({ blob }) => blob))];
  return { shard, mark: { seq, name, files: blobs }, prevId: share.id };
}

async function copyFile(file: SnapshotFile, of: ShardSnapshot, options: CopyOptions): Promise<ManifestFile> {
  const { to, clock, signal, bytesPerSecond, onBytes } = options;
  const { name, blob: from, sizeBytes } = file;
  const sha256 = hashOfDepotName(from);
  if (sha256 === undefined)
    throw new CoppiceError('UNSUPPORTED_FORMAT', `\`${from}\` is no file of a snapshot`, { details: { blob: from } });
  const blob = nameIn(options, of, sha256);
  await naming(file, async () => {
    const bytes = readOnce(from, sizeBytes, options);
    await putNew(to, blob, paced(bytes, { bytesPerSecond, clock, signal, onBytes }), signal);
  });
  await checkBlob(blob, sizeBytes, { depot: to, signal });
  return { name, blob, sizeBytes };
}

function readOnce(blob: string, sizeBytes: number, options: CopyOptions): AsyncIterable<Uint8Array> {
  return readChecked(blob, sizeBytes, source(options));
}

async function storeBytes(
  name: string,
  bytes: Uint8Array,
  of: ShardSnapshot,
  options: CopyOptions,
): Promise<ManifestFile> {
  const { to, signal } = options;
  const file = { name, sizeBytes: bytes.length, read: () => bytes };
  const blob = nameIn(options, of, await hashOf(file, options));
  await putNew(to, blob, bytes, signal);
  await checkBlob(blob, bytes.length, { depot: to, signal });
  return { name, blob, sizeBytes: bytes.length };
}

/** Two files of a shard may be equal. */
async function putNew(to: Depot, blob: string, bytes: Parameters<Depot['put']>[1], signal: AbortSignal): Promise<void> {
  try {
    await to.put(blob, bytes, { signal });
  } catch (error) {
    if (!isCoppiceError(error, 'CONFLICT')) throw error;
  }
}

function nameIn({ generation, term }: CopyOptions, { shard, seq }: ShardSnapshot, sha256: string): string {
  return depotName({ generation, shard, sha256, term, seq });
}

function source({ from, signal }: CopyOptions): { readonly depot: Depot; readonly signal: AbortSignal } {
  return { depot: from, signal };
}

/** A file that is missing from a snapshot is damage, and told by its name. */
async function naming<Result>({ name, blob }: SnapshotFile, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isCoppiceError(error, 'NOT_FOUND'))
      throw new CoppiceError('CORRUPT_BLOB', `the snapshot lacks its file \`${blob}\` (\`${name}\`)`, {
        cause: error,
        details: { blob },
      });
    throw error;
  }
}
