/** Bytes at a bounded rate. */
import type { BlobSource } from '../bus/depot.ts';
import { type Clock, pause } from '../env.ts';

const PIECE_BYTES = 256 * 1024;
/** Shorter waits are saved up: a timer is no more exact than that. */
const MIN_PAUSE_MS = 5;

/**
 * Hands bytes on at a bounded rate, in pieces. Throws the signal's reason, and what the source throws.
 *
 * @param at `onBytes` is told of each piece.
 */
export async function* paced(
  source: BlobSource,
  at: {
    readonly bytesPerSecond: number;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly onBytes: (bytes: number) => void;
  },
): AsyncGenerator<Uint8Array> {
  const { bytesPerSecond, clock, signal, onBytes } = at;
  const startMs = clock.nowMs();
  let doneBytes = 0;
  for await (const bytes of source instanceof Uint8Array ? [source] : source) {
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      const piece = bytes.subarray(from, from + PIECE_BYTES);
      yield piece;
      doneBytes += piece.length;
      onBytes(piece.length);
      const earlyMs = startMs + (doneBytes * 1_000) / bytesPerSecond - clock.nowMs();
      if (earlyMs > MIN_PAUSE_MS) await pause(clock, earlyMs, signal);
    }
  }
}
