/**
 * Brings a checkpoint into a copy's folder. A file that is there already, under whatever name and of whatever life of the
 * copy, is used if its bytes have the digest: then the depot is asked for the rest only.
 */
import { corruptBlob } from '../../bus/depot.ts';
import { asCoppiceError } from '../../errors.ts';
import { hashOfDepotName, type ManifestFile, type RuntimeShare } from '../../wire/checkpoint-format.ts';
import type { CheckpointMark } from '../../wire/log-record.ts';
import { collect, readChecked, readCheckpointManifest, readCheckpointShare, type Where } from '../checkpoint-files.ts';
import type { HeldFile } from './held-file.ts';
import { type HeldFiles, type LocalState, RUNTIME_FILE } from './local-state.ts';

/** What fetching needs. */
export type FetchOptions = Where & {
  readonly local: LocalState;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  /** Told of a file here that is not what its name claims. */
  readonly onDoubt: (reason: string) => void;
};

/** A checkpoint with its files here, and how many bytes came from the depot. */
export type FetchedCheckpoint = {
  readonly held: HeldFiles;
  readonly share: RuntimeShare;
  readonly fetchedBytes: number;
};

/**
 * Fetches what is missing of a checkpoint.
 *
 * @throws CoppiceError `NOT_FOUND`, `CORRUPT_BLOB`, `UNSUPPORTED_FORMAT` if it cannot be used, what the depot throws, or
 *   the signal's reason.
 */
export async function fetchCheckpoint(mark: CheckpointMark, options: FetchOptions): Promise<FetchedCheckpoint> {
  const { local, onProgress } = options;
  const manifest = await readCheckpointManifest(mark, options);
  const wanted = [{ ...manifest.runtime, name: RUNTIME_FILE }, ...manifest.files];
  const totalBytes = wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const here = local.files.claims();
  const held = new Map<string, HeldFile>();
  let doneBytes = 0;
  let fetchedBytes = 0;
  for (const file of wanted) {
    const found = await findHere(file, here, options);
    if (found === undefined) fetchedBytes += file.sizeBytes;
    const before = doneBytes;
    held.set(file.name, found ?? (await fetchFile(file, options, (bytes) => onProgress(before + bytes, totalBytes))));
    onProgress((doneBytes += file.sizeBytes), totalBytes);
  }
  const runtime = held.get(RUNTIME_FILE);
  if (runtime === undefined) throw new Error('a checkpoint without the share of the runtime');
  const share = readCheckpointShare(await collect(local.pieces(runtime, RUNTIME_FILE)), manifest);
  return { held, share, fetchedBytes };
}

/** Undefined if no file here has the digest. */
async function findHere(
  file: ManifestFile,
  here: readonly HeldFile[],
  { local, signal, onDoubt }: FetchOptions,
): Promise<HeldFile | undefined> {
  const sha256 = hashOfDepotName(file.blob);
  if (sha256 === undefined) return undefined;
  for (const candidate of here) {
    if (candidate.sha256 !== sha256 || candidate.sizeBytes !== file.sizeBytes) continue;
    try {
      await local.check(candidate, file.name, signal);
      return candidate;
    } catch (error) {
      signal.throwIfAborted();
      onDoubt(asCoppiceError(error).message);
    }
  }
  return undefined;
}

async function fetchFile(
  { blob, sizeBytes }: ManifestFile,
  options: FetchOptions,
  onBytes: (bytes: number) => void,
): Promise<HeldFile> {
  const writer = options.local.files.begin();
  try {
    for await (const bytes of readChecked(blob, sizeBytes, options)) {
      writer.write(bytes);
      onBytes(writer.size);
    }
    const held = writer.finish();
    if (held.sha256 !== hashOfDepotName(blob)) throw corruptBlob(blob, 'it came with another checksum');
    return held;
  } catch (error) {
    writer.abort();
    throw error;
  }
}
