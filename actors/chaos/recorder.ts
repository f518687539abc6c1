/**
 * What a run of chaos notes: the history for the judge, the same as lines of JSON for whoever wants to look into it
 * later, and when callers were served and when not.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { History, type SeenToken } from '../../src/testing/history.ts';

/** A request that failed. Times are milliseconds since the run began. */
export type FailedRequest = { readonly atMs: number; readonly what: 'read' | 'write'; readonly code: string };

/** The notes of one run. */
export class Recorder {
  readonly history = new History();
  /** When each write was acknowledged, in the order of that. */
  readonly acknowledgedAtMs: number[] = [];
  readonly failed: FailedRequest[] = [];
  /** Reads that were answered whole. */
  reads = 0;
  /** Everything acknowledged so far, of all clients. */
  token: SeenToken = {};
  readonly #startMs = performance.now();
  readonly #file: WriteStream;

  /** @param path Where the lines go; the file is made anew. */
  constructor(path: string) {
    this.#file = createWriteStream(path);
  }

  /** Milliseconds since the run began. */
  get nowMs(): number {
    return performance.now() - this.#startMs;
  }

  /** Notes one thing. */
  note(line: Readonly<Record<string, unknown>>): void {
    this.#file.write(`${JSON.stringify({ atMs: Math.round(this.nowMs), ...line })}\n`);
  }

  /** A write was acknowledged. */
  acknowledged(token: SeenToken): void {
    this.acknowledgedAtMs.push(this.nowMs);
    this.token = newerOf(this.token, token);
  }

  /** A request failed. */
  fail(what: FailedRequest['what'], code: string): void {
    this.failed.push({ atMs: this.nowMs, what, code });
  }

  /** Writes out what is noted. */
  async close(): Promise<void> {
    this.#file.end();
    await finished(this.#file);
  }
}

/** What covers both tokens. */
export function newerOf(one: SeenToken, other: SeenToken): SeenToken {
  const merged: Record<string, number> = { ...one };
  for (const [shard, seq] of Object.entries(other)) merged[shard] = Math.max(merged[shard] ?? 0, seq);
  return merged;
}
