/**
 * Folders and files as copies use them, so that a test can put another disk in the place of the machine's: one that is
 * full, slow, torn by a crash, or rotten. Paths are absolute, with `/` between their steps.
 */
import { isCoppiceError } from '../errors.ts';

/** A file being written, from its start to its end. */
export interface DiskWriter {
  /** Appends all of it, or throws; then some of it may have been written. */
  write(bytes: Uint8Array): void;
  /** Twice is harmless. */
  close(): void;
}

/** A file that is being read; it can be, even once it is removed. */
export interface DiskFile {
  readonly size: number;
  /** Reads from `offset` on; gives how many bytes there were, fewer than fit into `into` only at the file's end. */
  read(offset: number, into: Uint8Array): number;
  /** Twice is harmless. */
  close(): void;
}

/** What lies in a folder. */
export type DiskEntry = { readonly name: string; readonly isFolder: boolean; readonly sizeBytes: number };

/**
 * A disk. What is written survives the process at once, and a loss of power once it is synced: a file's bytes with the
 * file, names that were made, changed or removed with their folder.
 *
 * Everything throws CoppiceError: `STORAGE_FULL` where there is no room, `NOT_FOUND`, `STORAGE_FAILED` for all else.
 */
export interface Disk {
  /** Makes a folder, and those above it. One that is there is no error. */
  makeFolder(path: string): void;
  /** What lies in a folder, in no order; nothing if there is no such folder. */
  list(folder: string): readonly DiskEntry[];
  /** Begins a file. One of that name is an error, and so is a folder that is gone, both `STORAGE_FAILED`. */
  create(path: string): DiskWriter;
  open(path: string): DiskFile;
  /** Gives a file another name in its folder, in place of one that has it; `STORAGE_FAILED` without such a file. */
  rename(from: string, to: string): void;
  /** Removes a file, or a folder with all that is in it. None is no error. */
  remove(path: string): void;
  /**
   * Reads a file to its end.
   *
   * @param onBytes Told of bytes as they are read.
   * @returns Its SHA-256 in hexadecimal digits, and its size.
   * @throws Also the signal's reason.
   */
  digest(
    path: string,
    options: { readonly signal?: AbortSignal; readonly onBytes?: (bytes: number) => void },
  ): Promise<{ readonly sha256: string; readonly sizeBytes: number }>;
  /** Makes a file's bytes, or a folder's names, survive a loss of power. */
  sync(path: string): Promise<void>;
  /**
   * Takes a folder for this process.
   *
   * @returns What gives it back; calling it twice is harmless.
   * @throws CoppiceError `STORE_IN_USE` if a live process has it.
   */
  lock(folder: string): () => void;
}

/** Whether an error says that the disk did not do what it was asked for: no room, or no service. */
export function isDiskTrouble(error: unknown): boolean {
  return isCoppiceError(error, 'STORAGE_FULL') || isCoppiceError(error, 'STORAGE_FAILED');
}
