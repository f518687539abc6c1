/**
 * Commit files: what an index consists of at one moment. The one with the highest number counts; it is written whole
 * before the former one is removed.
 *
 * | bytes | what |
 * | --- | --- |
 * | n | JSON in UTF-8, without line ends |
 * | 10 | a line end, CRC-32 of the JSON in 8 hexadecimal digits, a line end |
 */
import { crc32 } from 'node:zlib';
import { CoppiceError } from '../../errors.ts';
import type { AnalysisSettings } from '../analysis/analyzer.ts';
import type { Schema } from '../engine.ts';
import type { Store } from '../store/store.ts';

/** A segment of a commit. */
export type CommittedSegment = {
  readonly file: string;
  readonly number: number;
  /** The file that tells which documents are deleted; absent if none is. */
  readonly live?: string;
};

/** What is committed. */
export type Commit = {
  readonly schema: Schema;
  readonly analysis: AnalysisSettings;
  /** Oldest first. */
  readonly segments: readonly CommittedSegment[];
  /** Number of the next file. */
  readonly nextNumber: number;
};

const FORMAT = 1;
const FOOTER_BYTES = 10;
const NAME = /^commit-(\d{1,15})$/;

/** Name of a commit file. */
export function commitName(number: number): string {
  return `commit-${number}`;
}

/** Number of the newest commit in a store; undefined without any. */
export function newestCommit(store: Store): number | undefined {
  const numbers = store.names().flatMap((name) => {
    const digits = NAME.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

/** Writes a commit. It still has to be synced. */
export function writeCommit(store: Store, number: number, commit: Commit): void {
  const json = Buffer.from(JSON.stringify({ format: FORMAT, ...commit }));
  const footer = Buffer.from(`\n${crc32(json).toString(16).padStart(8, '0')}\n`);
  const writer = store.create(commitName(number));
  try {
    writer.write(json);
    writer.write(footer);
    writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
}

/**
 * Reads a commit.
 *
 * @throws CoppiceError `CORRUPT_SEGMENT` if its bytes are damaged, `UNSUPPORTED_FORMAT` if a newer engine wrote it.
 */
export function readCommit(store: Store, number: number): Commit {
  const name = commitName(number);
  const file = store.open(name);
  try {
    const bytes = Buffer.alloc(file.size);
    file.read(0, bytes);
    const json = bytes.subarray(0, Math.max(0, bytes.length - FOOTER_BYTES));
    const footer = bytes.subarray(json.length).toString('latin1');
    if (footer !== `\n${crc32(json).toString(16).padStart(8, '0')}\n`) {
      throw new CoppiceError('CORRUPT_SEGMENT', `\`${name}\` does not have the checksum it says`);
    }
    const commit: Commit & { readonly format: number } = JSON.parse(json.toString());
    if (commit.format === FORMAT) return commit;
    throw new CoppiceError('UNSUPPORTED_FORMAT', `\`${name}\` is of format ${commit.format}, known is ${FORMAT}`);
  } finally {
    file.close();
  }
}
