/** Keeps the lines that could not be loaded in a file, which is made when there is a first one. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Closeable } from '../../../src/bus/bus.ts';
import { UsageError } from '../../exit-codes.ts';

/** Reasons kept for the report; the file has all the lines. */
const MAX_REASONS = 100;
const LINE_FEED = Buffer.from('\n');

/** The failed lines of one load. */
export class FailedLines implements Closeable {
  readonly path: string;
  readonly reasons: { readonly line: number; readonly reason: string }[] = [];
  #file: number | undefined;
  #count = 0;

  constructor(path: string) {
    this.path = path;
  }

  get count(): number {
    return this.#count;
  }

  /** Keeps one line. Throws UsageError if the file cannot be opened. */
  add({ line, reason, raw }: { line: number; reason: string; raw: Uint8Array }): void {
    this.#file ??= create(this.path);
    writeSync(this.#file, raw);
    writeSync(this.#file, LINE_FEED);
    this.#count += 1;
    if (this.reasons.length < MAX_REASONS) this.reasons.push({ line, reason });
  }

  async close(): Promise<void> {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function create(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot keep the lines that failed: ${reason}`, 'name another file with --failed');
  }
}
