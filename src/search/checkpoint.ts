/**
 * Checkpoints of a search shard: the files of the engine's commit, and `search.json` with the mappings and the latest
 * deletes, which the engine does not keep.
 */
import type { ActorCheckpoint, CheckpointFile, InitContext, RestoreSource } from '../actor/definition.ts';
import { createMemoryStore, type Store } from '../engine/index.ts';
import { CoppiceError } from '../errors.ts';
import type { Mappings } from './mapping.ts';
import { initialAnalysis, SearchState, storeOf, type Tombstone } from './state.ts';

const FORMAT = 1;
const STATE_FILE = 'search.json';
const PIECE_BYTES = 512 * 1024;

/** What `search.json` holds. */
type Kept = {
  readonly format: number;
  readonly mappings: Mappings;
  readonly tombstones: readonly (readonly [string, Tombstone])[];
};

/**
 * Captures a shard as it is now. What is in the engine's head is written out by `work`, in slices. Files stay readable until
 * `release`, whatever the engine does with their names meanwhile.
 */
export function captureSearch(state: SearchState): ActorCheckpoint {
  let opened: readonly OpenedFile[] = [];
  let isReleased = false;
  const commit = state.engine.beginCommit((names) => {
    if (!isReleased) opened = names.map((name) => openFile(state.store, name, state.keepsFiles));
  });
  const kept: Kept = { format: FORMAT, mappings: state.mappings, tombstones: state.tombstones() };
  const bytes = new TextEncoder().encode(JSON.stringify(kept));
  return {
    get files() {
      commit.finish();
      return [{ name: STATE_FILE, sizeBytes: bytes.length, read: () => bytes }, ...opened];
    },
    work: (shouldStop) => commit.step(shouldStop),
    release: () => {
      isReleased = true;
      for (const { close } of opened) close();
    },
  };
}

/**
 * Builds a shard from what was captured.
 *
 * @throws CoppiceError `UNSUPPORTED_FORMAT` if a newer version wrote it, `CORRUPT_SEGMENT` if the engine refuses a file.
 */
export async function restoreSearch(
  source: RestoreSource,
  { settings, files }: Pick<InitContext, 'settings' | 'files'>,
): Promise<SearchState> {
  const store = files === undefined ? createMemoryStore() : storeOf(files);
  let kept: Kept | undefined;
  for (const { name } of source.files) {
    if (name === STATE_FILE) kept = await readKept(source);
    else if (files === undefined) await copyInto(store, name, source);
  }
  if (kept === undefined) throw new CoppiceError('UNSUPPORTED_FORMAT', `the checkpoint has no \`${STATE_FILE}\``);
  const { mappings, tombstones } = kept;
  return new SearchState(mappings, initialAnalysis(settings), { store, tombstones, keepsFiles: files !== undefined });
}

type OpenedFile = CheckpointFile & { readonly close: () => void };

function openFile(store: Store, name: string, kept: boolean): OpenedFile {
  const file = store.open(name);
  async function* read(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < file.size; at += PIECE_BYTES) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, file.size - at));
      file.read(at, piece);
      yield piece;
    }
  }
  return { name, sizeBytes: file.size, kept, read, close: () => file.close() };
}

async function copyInto(store: Store, name: string, source: RestoreSource): Promise<void> {
  const writer = store.create(name);
  try {
    for await (const piece of source.read(name)) writer.write(piece);
    writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
}

async function readKept(source: RestoreSource): Promise<Kept> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source.read(STATE_FILE)) pieces.push(piece);
  const kept: Kept = JSON.parse(Buffer.concat(pieces).toString());
  if (kept.format === FORMAT) return kept;
  throw new CoppiceError('UNSUPPORTED_FORMAT', `\`${STATE_FILE}\` is of format ${kept.format}, known is ${FORMAT}`);
}
