/** Where the files of an index live: a folder, or memory. Names are plain file names. */

/** A file being written, from its start to its end. */
export interface StoreWriter {
  /** Bytes written so far. */
  readonly size: number;
  /** Appends; the bytes may be changed afterwards. */
  write(bytes: Uint8Array): void;
  /** Gives the file its name. Until then it cannot be opened, and a crash leaves nothing behind that is taken for it. */
  finish(): void;
  /** Drops what was written. */
  abort(): void;
}

/** A file that is complete. */
export interface StoreFile {
  readonly size: number;
  /**
   * Reads exactly into `into`.
   *
   * @throws CoppiceError `CORRUPT_SEGMENT` if the file ends before.
   */
  read(offset: number, into: Uint8Array): void;
  close(): void;
}

/** Files by name. */
export interface Store {
  /**
   * Takes the store for one engine, and removes what a crash left unfinished. Reading needs no lock.
   *
   * @returns What gives it back; calling it twice is harmless.
   * @throws CoppiceError `STORE_IN_USE` if another engine has it, in whatever thread or process of this machine.
   */
  lock(): () => void;
  /** @throws a plain Error if there is a file of this name. */
  create(name: string): StoreWriter;
  /** @throws CoppiceError `CORRUPT_SEGMENT` if there is none. */
  open(name: string): StoreFile;
  names(): readonly string[];
  /** Removes a file; one that is open can be read until it is closed. One that is not there is no error. */
  remove(name: string): void;
  /** Makes the files and the folder's entries survive a loss of power. */
  sync(names: readonly string[]): void;
}
