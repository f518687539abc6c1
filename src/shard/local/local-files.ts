/**
 * The files of one copy, in its folder: a store for the engine, whose files survive. What the last saved state names stays
 * until another one is saved, whatever the engine removes meanwhile, so that a crash at any moment leaves a whole state.
 */
import type { ActorFiles } from '../../actor/definition.ts';
import { type Disk, isDiskTrouble } from '../../disk/disk.ts';
import { asCoppiceError, CoppiceError } from '../../errors.ts';
import { claimedHash, type HeldFile, openHeld, UNFINISHED } from './held-file.ts';
import { LocalWriter } from './local-writer.ts';

/** Bytes that are copied at once. */
const PIECE_BYTES = 512 * 1024;

/** Where the files are, and who wants to know of the disk. */
export type LocalFilesOptions = {
  readonly disk: Disk;
  readonly folder: string;
  /** Random: no file of this folder was ever named with it. */
  readonly incarnation: string;
  /** The disk did not take something: no room, or no service. */
  readonly onTrouble: (error: unknown) => void;
};

type Writer = ReturnType<ActorFiles['create']>;
type Reader = ReturnType<ActorFiles['open']>;

/** The files of a copy. */
export class LocalFiles implements ActorFiles {
  readonly #options: LocalFilesOptions;
  /** By the names that the actor gave. */
  #files = new Map<string, HeldFile>();
  /** What must stay on the disk: the files of the saved state, and of those being saved. */
  #pinned: ReadonlySet<HeldFile> = new Set();
  readonly #writing = new Set<string>();
  #count = 0;
  /** While the disk takes nothing, it is not asked. */
  #triesDisk = true;

  constructor(options: LocalFilesOptions) {
    this.#options = options;
  }

  create(name: string): Writer {
    if (this.#files.has(name)) throw new Error(`there is a file \`${name}\` already`);
    const writer = this.begin();
    return {
      get size() {
        return writer.size;
      },
      write: (bytes) => writer.write(bytes),
      finish: () => {
        if (this.#files.has(name)) throw new Error(`there is a file \`${name}\` already`);
        this.#files.set(name, writer.finish());
      },
      abort: () => writer.abort(),
    };
  }

  open(name: string): Reader {
    return this.read(this.held(name), name);
  }

  names(): readonly string[] {
    return [...this.#files.keys()].sort();
  }

  remove(name: string): void {
    const held = this.#files.get(name);
    if (held === undefined) return;
    this.#files.delete(name);
    this.#drop(held);
  }

  /** Nothing to do yet: a state is synced when it is saved, and counts for nothing before. */
  sync(names: readonly string[]): void {
    for (const name of names) this.held(name);
  }

  /** The file of a name. Throws CoppiceError `CORRUPT_SEGMENT` if there is none. */
  held(name: string): HeldFile {
    const held = this.#files.get(name);
    if (held === undefined) throw new CoppiceError('CORRUPT_SEGMENT', `there is no file \`${name}\``);
    return held;
  }

  /** Opens a file by what is held. */
  read(held: HeldFile, name: string): Reader {
    return openHeld(this.#options.disk, this.#options.folder, held, name);
  }

  /** Begins a file without a name. Who finishes it holds it by `adopt`, or pins it. */
  begin(): LocalWriter {
    const { disk, folder, incarnation, onTrouble } = this.#options;
    const tag = `${incarnation}.${this.#count++}`;
    this.#writing.add(tag);
    return new LocalWriter({
      disk,
      folder,
      tag,
      triesDisk: this.#triesDisk,
      onTrouble: (error) => {
        this.#triesDisk = false;
        onTrouble(error);
      },
      onEnd: () => this.#writing.delete(tag),
    });
  }

  /** Makes these the files of the copy, by name, in place of all others. */
  adopt(files: ReadonlyMap<string, HeldFile>): void {
    this.#files = new Map(files);
  }

  /** Keeps these files on the disk, whatever becomes of their names; and no longer those pinned before. */
  pin(files: Iterable<HeldFile>): void {
    this.#pinned = new Set(files);
  }

  /** Keeps these, too. */
  pinAlso(files: Iterable<HeldFile>): void {
    this.#pinned = new Set([...this.#pinned, ...files]);
  }

  /** Removes what is neither pinned, named nor being written, nor to be kept by name: of former lives and states. */
  clear(keep: string): void {
    const { disk, folder } = this.#options;
    const used = new Set([keep]);
    for (const { place } of [...this.#pinned, ...this.#files.values()]) if (place.kind === 'disk') used.add(place.file);
    for (const { name } of disk.list(folder)) {
      const isBeingWritten = name.endsWith(UNFINISHED) && this.#writing.has(name.slice(0, -UNFINISHED.length));
      if (!used.has(name) && !isBeingWritten) this.#remove(name);
    }
  }

  /** Files on the disk whose names claim a content: to be checked. */
  claims(): readonly HeldFile[] {
    const { disk, folder } = this.#options;
    return disk.list(folder).flatMap(({ name, sizeBytes }): HeldFile[] => {
      const sha256 = claimedHash(name);
      if (sha256 === undefined) return [];
      return [{ sha256, sizeBytes, place: { kind: 'disk', file: name }, isSynced: false, isSuspect: false }];
    });
  }

  /** Bytes that are in memory because the disk did not take them. */
  get spilledBytes(): number {
    let bytes = 0;
    for (const { place, sizeBytes } of this.#files.values()) if (place.kind === 'memory') bytes += sizeBytes;
    return bytes;
  }

  /** Tries the disk again: moves there what is in memory. Throws what the disk throws if it still takes nothing. */
  unspill(): void {
    for (const [name, held] of this.#files) if (held.place.kind === 'memory') this.rewrite(held, name);
    this.#triesDisk = true;
  }

  /** Writes a file anew, under another name. Throws what the disk throws, and then all is as before. */
  rewrite(held: HeldFile, name: string): void {
    const { disk, folder, incarnation } = this.#options;
    let trouble: unknown;
    const tag = `${incarnation}.${this.#count++}`;
    const onTrouble = (error: unknown): void => {
      trouble = error;
    };
    const writer = new LocalWriter({ disk, folder, tag, triesDisk: true, onTrouble, onEnd: () => {} });
    const from = this.read(held, name);
    try {
      for (let at = 0; at < held.sizeBytes && trouble === undefined; at += PIECE_BYTES) {
        const piece = new Uint8Array(Math.min(PIECE_BYTES, held.sizeBytes - at));
        from.read(at, piece);
        writer.write(piece);
      }
      if (trouble === undefined) {
        const written = writer.finish();
        if (trouble === undefined) return this.#replace(held, written, name);
      }
    } finally {
      from.close();
      writer.abort();
    }
    throw asCoppiceError(trouble);
  }

  #replace(held: HeldFile, written: HeldFile, name: string): void {
    if (written.sha256 !== held.sha256)
      throw new CoppiceError('CORRUPT_SEGMENT', `file \`${name}\` is not what was written`);
    // The saved state may name the old one: it goes when the next state is saved.
    held.place = written.place;
    held.isSynced = false;
    held.isSuspect = false;
  }

  #drop(held: HeldFile): void {
    if (held.place.kind === 'disk' && !this.#pinned.has(held)) this.#remove(held.place.file);
  }

  /** A file that stays because the disk fails only takes room; the next clearing finds it. */
  #remove(file: string): void {
    const { disk, folder, onTrouble } = this.#options;
    try {
      disk.remove(`${folder}/${file}`);
    } catch (error) {
      if (!isDiskTrouble(error)) throw error;
      onTrouble(error);
    }
  }
}
