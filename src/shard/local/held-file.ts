/**
 * A file that a copy has: on the disk under a name that is its SHA-256 and the number it was written under, or, where the
 * disk would not take it, in memory until it does.
 */
import type { Disk } from '../../disk/disk.ts';
import { CoppiceError } from '../../errors.ts';

/** Where the bytes are. `file` is a name in the copy's folder. */
export type HeldPlace =
  | { readonly kind: 'disk'; readonly file: string }
  | { readonly kind: 'memory'; readonly pieces: readonly Uint8Array[] };

/** A file with what is known of its content. */
export type HeldFile = {
  readonly sha256: string;
  readonly sizeBytes: number;
  place: HeldPlace;
  /** Whether its bytes are known to survive a loss of power. */
  isSynced: boolean;
  /** Whether a sync failed, or is under way: the system may have dropped the bytes, and not say so again. */
  isSuspect: boolean;
};

/** Reads of a held file. */
export interface HeldReader {
  readonly size: number;
  /** Reads exactly into `into`. Throws CoppiceError `CORRUPT_SEGMENT` if the file ends before, or cannot be read. */
  read(offset: number, into: Uint8Array): void;
  close(): void;
}

/** Ending of files that are being written: no other name has it. */
export const UNFINISHED = '.unfinished';

const NAME = /^([0-9a-f]{64})@[\w-]+\.\d+$/;

/** The SHA-256 that a file's name claims; undefined for a name of another form. A claim is checked before it is used. */
export function claimedHash(file: string): string | undefined {
  return NAME.exec(file)?.[1];
}

/** Opens a held file for reading; `name` stands in messages. */
export function openHeld(disk: Disk, folder: string, held: HeldFile, name: string): HeldReader {
  const fail = (offset: number, length: number): Error =>
    new CoppiceError(
      'CORRUPT_SEGMENT',
      `file \`${name}\` of ${held.sizeBytes} bytes has no ${length} bytes at ${offset}`,
    );
  if (held.place.kind === 'memory') return new MemoryReader(held.place.pieces, held.sizeBytes, fail);
  const file = readable(name, () => disk.open(`${folder}/${held.place.kind === 'disk' ? held.place.file : ''}`));
  return {
    size: file.size,
    read: (offset, into) => {
      if (readable(name, () => file.read(offset, into)) < into.length) throw fail(offset, into.length);
    },
    close: () => file.close(),
  };
}

/** What the disk cannot give back counts as damaged. */
export function readable<Result>(name: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CoppiceError('CORRUPT_SEGMENT', `file \`${name}\` cannot be read: ${reason}`, { cause });
  }
}

class MemoryReader implements HeldReader {
  readonly size: number;
  readonly #pieces: readonly Uint8Array[];
  readonly #starts: readonly number[];
  readonly #fail: (offset: number, length: number) => Error;

  constructor(pieces: readonly Uint8Array[], size: number, fail: (offset: number, length: number) => Error) {
    this.size = size;
    this.#pieces = pieces;
    this.#fail = fail;
    let at = 0;
    this.#starts = pieces.map(({ length }) => (at += length) - length);
  }

  read(offset: number, into: Uint8Array): void {
    if (!(offset >= 0) || offset + into.length > this.size) throw this.#fail(offset, into.length);
    let piece = this.#starts.findLastIndex((start) => start <= offset);
    for (let at = 0; at < into.length; piece++) {
      const bytes = this.#pieces[piece];
      const start = this.#starts[piece];
      if (bytes === undefined || start === undefined) throw this.#fail(offset, into.length);
      const part = bytes.subarray(offset + at - start, offset - start + into.length);
      into.set(part, at);
      at += part.length;
    }
  }

  close(): void {}
}
