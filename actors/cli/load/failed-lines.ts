/** Keeps the lines that could not be loaded in a file, which is made when there is a first one. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Closeable } from '../../../src/bus/bus.ts';

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

  /** Keeps one line. Throws if the file cannot be written. */
  add({ line, reason, raw }: { line: number; reason: string; raw: Uint8Array }): void {
    this.#file ??= openSync(this.path, 'w');
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
