/**
 * What a copy has saved of its state on its leaf's disk. A manifest names the files, with their checksums, and the record of
 * the log that the state stands at. It is replaced whole, after all of its files are synced; a file is never believed by
 * its name (protocol.md, "Checkpoint, purge, restore": retired names never come back, old local files pass the chain check).
 */
import type { CheckpointFile, RestoreSource } from '../../actor/definition.ts';
import type { LocalOptions } from '../../cluster/local-options.ts';
import { type Env, pause } from '../../env.ts';
import { CoppiceError, isCoppiceError } from '../../errors.ts';
import {
  decodeLocalManifest,
  encodeLocalManifest,
  type LocalFileRecord,
  type LocalManifest,
} from '../../wire/local-format.ts';
import type { CopySpec } from '../copy-spec.ts';
import type { CapturedState } from '../shard-state.ts';
import { encodeShareInSlices } from '../write-out.ts';
import { type HeldFile, UNFINISHED } from './held-file.ts';
import { LocalFiles } from './local-files.ts';

/** Name of the manifest, and of the runtime's share among the files. */
const MANIFEST = 'state';
export const RUNTIME_FILE = '_runtime';
/** The thread is left to others after reading so many bytes. */
const SLICE_BYTES = 2 * 1024 * 1024;
const PIECE_BYTES = 512 * 1024;

/** What a saved state needs. */
export type LocalStateOptions = {
  readonly spec: CopySpec;
  readonly local: LocalOptions;
  readonly env: Env;
  readonly onTrouble: (error: unknown) => void;
};

/** Files by name, of which one is the runtime's share. */
export type HeldFiles = ReadonlyMap<string, HeldFile>;

/** The saved state of one copy. */
export class LocalState {
  readonly files: LocalFiles;
  readonly #options: LocalStateOptions;
  readonly #folder: string;
  readonly #incarnation: string;
  #saves = 0;
  #saving: Promise<void> = Promise.resolve();
  /** What is being saved, or waits for its turn. */
  readonly #captured = new Set<HeldFiles>();
  /** Told apart by it: what was captured before all was forgotten is not saved any more. */
  #epoch = 0;

  constructor(options: LocalStateOptions) {
    const { local, spec, env, onTrouble } = options;
    this.#options = options;
    this.#folder = copyFolder(local.folder, spec);
    this.#incarnation = env.random.id();
    const { disk } = local;
    this.files = new LocalFiles({ disk, folder: this.#folder, incarnation: this.#incarnation, onTrouble });
  }

  /** Makes the folder. Throws what the disk throws. */
  open(): void {
    this.#options.local.disk.makeFolder(this.#folder);
  }

  /**
   * What was saved last; undefined if nothing was. Its files are still to be checked.
   *
   * @throws CoppiceError `UNSUPPORTED_FORMAT`, `CORRUPT_BLOB` if it is damaged or another copy's, what the disk throws.
   */
  manifest(): LocalManifest | undefined {
    const bytes = this.#readManifest();
    if (bytes === undefined) return undefined;
    const manifest = decodeLocalManifest(bytes);
    const { group, shard } = this.#options.spec;
    if (manifest.generation === group.generation && manifest.shard === shard) return manifest;
    throw new CoppiceError(
      'CORRUPT_BLOB',
      `the local files are of shard ${manifest.shard} of generation ${manifest.generation}`,
    );
  }

  /**
   * Reads and checks every file of a manifest, and makes them the files of the copy.
   *
   * @param onProgress Told the bytes read so far, and all there are.
   * @throws CoppiceError `CORRUPT_BLOB`, `CORRUPT_SEGMENT`, what the disk throws, or the signal's reason.
   */
  async load(
    manifest: LocalManifest,
    signal: AbortSignal,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<HeldFiles> {
    const records = [manifest.runtime, ...manifest.files];
    const totalBytes = records.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const held = new Map<string, HeldFile>();
    let doneBytes = 0;
    for (const { name, file, sizeBytes, sha256 } of records) {
      const one: HeldFile = { sha256, sizeBytes, place: { kind: 'disk', file }, isSynced: true, isSuspect: false };
      await this.check(one, name, signal, (bytes) => onProgress((doneBytes += bytes), totalBytes));
      held.set(name, one);
    }
    this.files.pin(held.values());
    this.files.adopt(held);
    return held;
  }

  /**
   * Reads a file to its end.
   *
   * @throws CoppiceError `CORRUPT_BLOB` or `NOT_FOUND` if it is not what it is said to be, what the disk throws, or the
   *   signal's reason.
   */
  async check(
    { place, sha256, sizeBytes }: HeldFile,
    name: string,
    signal: AbortSignal,
    onBytes: (bytes: number) => void = () => {},
  ): Promise<void> {
    if (place.kind === 'memory') return;
    const found = await this.#options.local.disk.digest(`${this.#folder}/${place.file}`, { signal, onBytes });
    if (found.sizeBytes !== sizeBytes)
      throw new CoppiceError('CORRUPT_BLOB', `local file \`${name}\` has ${found.sizeBytes} bytes, not ${sizeBytes}`);
    if (found.sha256 !== sha256)
      throw new CoppiceError(
        'CORRUPT_BLOB',
        `local file \`${name}\` is damaged: its SHA-256 is ${found.sha256}, not ${sha256}`,
      );
  }

  /** Checks all files that the actor has. Throws CoppiceError `CORRUPT_SEGMENT` if one is damaged. */
  async checkAll(signal: AbortSignal): Promise<void> {
    for (const name of this.files.names()) {
      try {
        await this.check(this.files.held(name), name, signal);
      } catch (cause) {
        // It may have been removed meanwhile, and another of its name may be there.
        if (!isCoppiceError(cause, 'CORRUPT_BLOB')) continue;
        throw new CoppiceError('CORRUPT_SEGMENT', cause.message, { cause });
      }
    }
  }

  /** The bytes of a file; the thread is left to others now and then. */
  async *pieces(held: HeldFile, name: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const reader = this.files.read(held, name);
    try {
      if (reader.size !== held.sizeBytes)
        throw new CoppiceError(
          'CORRUPT_BLOB',
          `local file \`${name}\` has ${reader.size} bytes, not ${held.sizeBytes}`,
        );
      for (let at = 0; at < held.sizeBytes; at += PIECE_BYTES) {
        const piece = new Uint8Array(Math.min(PIECE_BYTES, held.sizeBytes - at));
        reader.read(at, piece);
        yield piece;
        if ((at + PIECE_BYTES) % SLICE_BYTES === 0) await pause(this.#options.env.clock, 0, signal);
      }
    } finally {
      reader.close();
    }
  }

  /** The files as an actor restores from them. */
  source(held: HeldFiles): RestoreSource {
    const names = [...held].filter(([name]) => name !== RUNTIME_FILE);
    return {
      files: names.map(([name, { sizeBytes }]) => ({ name, sizeBytes })),
      read: (name) => {
        const one = held.get(name);
        if (one === undefined) throw new CoppiceError('NOT_FOUND', `there is no file \`${name}\` to restore from`);
        return this.pieces(one, name);
      },
    };
  }

  /**
   * Saves a captured state in place of the one before. One after the other; it is there when this resolves.
   *
   * @throws CoppiceError what the disk throws; then the state before is still there.
   */
  async save({ share, actor }: CapturedState): Promise<void> {
    const held = new Map<string, HeldFile>();
    // What the actor keeps must be noted before it goes on: it may remove it at any time.
    for (const file of actor.files) if (file.kept === true) held.set(file.name, this.files.held(file.name));
    await this.#inTurn(held, async (epoch) => {
      const runtime = await encodeShareInSlices(share, this.#options.env.clock);
      held.set(RUNTIME_FILE, await this.#write({ name: RUNTIME_FILE, sizeBytes: runtime.length, read: () => runtime }));
      for (const file of actor.files) if (file.kept !== true) held.set(file.name, await this.#write(file));
      await this.#commit(held, share, epoch);
    });
  }

  /** Saves files that are here already, as the state that they are. */
  async keep(held: HeldFiles, at: Pick<LocalManifest, 'seq' | 'id' | 'term'>): Promise<void> {
    await this.#inTurn(held, async (epoch) => this.#commit(held, at, epoch));
  }

  /** Forgets what was saved. Its files stay until another state is saved: they may be a part of that. */
  forget(): void {
    this.#epoch += 1;
    // What it names stays pinned: after a loss of power the list may be back.
    this.#options.local.disk.remove(`${this.#folder}/${MANIFEST}`);
  }

  /** Touches the disk no more, but for what is under way: another may use the folder. */
  retire(): void {
    this.#epoch += 1;
  }

  /** Removes all of it. */
  remove(): void {
    this.#epoch += 1;
    this.#options.local.disk.remove(this.#folder);
  }

  /** One after the other; the files captured stay meanwhile. */
  async #inTurn(captured: HeldFiles, work: (epoch: number) => Promise<void>): Promise<void> {
    const epoch = this.#epoch;
    this.#captured.add(captured);
    this.files.pinAlso(captured.values());
    const turn = this.#saving.then(async () => work(epoch)).finally(() => this.#captured.delete(captured));
    this.#saving = turn.catch(() => {}); // whoever asked for this turn is told: the next one only waits for its end
    return turn;
  }

  async #write(file: CheckpointFile): Promise<HeldFile> {
    const writer = this.files.begin();
    try {
      const source = file.read();
      for await (const bytes of source instanceof Uint8Array ? [source] : source) writer.write(bytes);
      return writer.finish();
    } catch (error) {
      writer.abort();
      throw error;
    }
  }

  /** Files first, then what names them, then what is not named any more. */
  async #commit(
    held: HeldFiles,
    { seq, id, term }: Pick<LocalManifest, 'seq' | 'id' | 'term'>,
    epoch: number,
  ): Promise<void> {
    const { disk } = this.#options.local;
    const records = new Map<string, LocalFileRecord>();
    for (const [name, file] of held) records.set(name, await this.#persist(name, file));
    await disk.sync(this.#folder);
    const runtime = records.get(RUNTIME_FILE);
    if (runtime === undefined) throw new Error('a state without the share of the runtime');
    const { group, shard } = this.#options.spec;
    const files = [...records.values()].filter((record) => record !== runtime);
    const manifest = { group: group.name, generation: group.generation, shard, seq, id, term, runtime, files };
    await this.#writeManifest(encodeLocalManifest(manifest), epoch);
    if (epoch !== this.#epoch) return;
    this.files.pin([held, ...this.#captured].flatMap((files) => [...files.values()]));
    this.files.clear(MANIFEST);
  }

  /** Makes sure that a file is on the disk. One whose sync failed may have lost anything: it is written anew. */
  async #persist(name: string, held: HeldFile): Promise<LocalFileRecord> {
    if (held.place.kind === 'memory' || held.isSuspect) this.files.rewrite(held, name);
    if (held.place.kind === 'memory') throw new Error(`file \`${name}\` did not come to the disk`);
    const { file } = held.place;
    if (!held.isSynced) {
      held.isSuspect = true;
      await this.#options.local.disk.sync(`${this.#folder}/${file}`);
      held.isSuspect = false;
      held.isSynced = true;
    }
    return { name, file, sizeBytes: held.sizeBytes, sha256: held.sha256 };
  }

  async #writeManifest(bytes: Uint8Array, epoch: number): Promise<void> {
    const { disk } = this.#options.local;
    const unfinished = `${this.#folder}/${MANIFEST}.${this.#incarnation}.${this.#saves++}${UNFINISHED}`;
    const writer = disk.create(unfinished);
    try {
      writer.write(bytes);
    } finally {
      writer.close();
    }
    await disk.sync(unfinished);
    if (epoch !== this.#epoch) throw new CoppiceError('CANCELLED', 'the local files were given up meanwhile');
    disk.rename(unfinished, `${this.#folder}/${MANIFEST}`);
    await disk.sync(this.#folder);
  }

  #readManifest(): Uint8Array | undefined {
    try {
      const file = this.#options.local.disk.open(`${this.#folder}/${MANIFEST}`);
      try {
        const bytes = new Uint8Array(file.size);
        return bytes.subarray(0, file.read(0, bytes));
      } finally {
        file.close();
      }
    } catch (error) {
      if (isCoppiceError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }
}

/** The folder of a copy within that of all leaves. */
export function copyFolder(folder: string, { group, shard, leaf }: CopySpec): string {
  return `${folder}/${leaf}/${group.name}.${group.generation}.${shard}`;
}
