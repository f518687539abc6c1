/** Reads files of JSON Lines in batches, so that parsing stays out of what is timed. */
import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 1 << 20;
const NEW_LINE = 10;

/** The lines of a file, in order, without empty ones. */
export function* readLines(path: string): Generator<string> {
  const file = openSync(path, 'r');
  try {
    let rest = Buffer.alloc(0);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
      const end = bytes.lastIndexOf(NEW_LINE) + 1;
      yield* wholeLines(bytes.subarray(0, end));
      rest = Buffer.from(bytes.subarray(end));
    }
    yield* wholeLines(rest);
  } finally {
    closeSync(file);
  }
}

/** Lists of at most `limit`. */
export function* inBatches<T>(values: Iterable<T>, limit: number): Generator<T[]> {
  let batch: T[] = [];
  for (const value of values) {
    batch.push(value);
    if (batch.length < limit) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The first values, at most `limit`. */
export function* first<T>(values: Iterable<T>, limit: number): Generator<T> {
  let left = limit;
  if (left === 0) return;
  for (const value of values) {
    yield value;
    if (--left === 0) return;
  }
}

function wholeLines(bytes: Buffer): string[] {
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}
