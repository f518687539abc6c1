/** Loads what a copy has saved: every file is read and checked, and the runtime's share must be that of the manifest. */
import { corruptBlob } from '../../bus/depot.ts';
import { decodeRuntimeShare, type RuntimeShare } from '../../wire/checkpoint-format.ts';
import type { LocalManifest } from '../../wire/local-format.ts';
import { collect } from '../checkpoint-files.ts';
import { type HeldFiles, type LocalState, RUNTIME_FILE } from './local-state.ts';

/**
 * Loads a saved state; its files are the copy's then.
 *
 * @throws CoppiceError `CORRUPT_BLOB`, `CORRUPT_SEGMENT`, `UNSUPPORTED_FORMAT`, what the disk throws, or the signal's reason.
 */
export async function loadSaved(
  saved: LocalState,
  manifest: LocalManifest,
  signal: AbortSignal,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<{ readonly held: HeldFiles; readonly share: RuntimeShare }> {
  const held = await saved.load(manifest, signal, onProgress);
  const runtime = held.get(RUNTIME_FILE);
  if (runtime === undefined) throw corruptBlob(RUNTIME_FILE, 'it is missing');
  const share = decodeRuntimeShare(await collect(saved.pieces(runtime, RUNTIME_FILE)));
  const { generation, shard, seq, id } = manifest;
  if (share.generation === generation && share.shard === shard && share.seq === seq && share.id === id)
    return { held, share };
  throw corruptBlob(RUNTIME_FILE, 'it is the share of another state');
}
