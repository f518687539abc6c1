/** What comes before a state is captured: the actor writes out in slices what the capture would else write at once. */
import { type Clock, pause } from '../env.ts';
import type { ShardState } from './shard-state.ts';

/** Slices of the actor's own work, and the pauses between them. */
const SLICE_MS = 2;
const SLICE_PAUSE_MS = 4;
/** How long that may go on while writes come in. */
const PREPARE_MS = 10_000;

/**
 * Lets the actor do what it has put off, for ten seconds at most. Throws the signal's reason, and what the state throws.
 *
 * @param of Where the state stands is asked anew for each slice.
 */
export async function writeOutInSlices(
  of: { readonly clock: Clock; readonly state: () => ShardState },
  signal: AbortSignal,
): Promise<void> {
  const { clock, state } = of;
  const endMs = clock.nowMs() + PREPARE_MS;
  for (;;) {
    signal.throwIfAborted();
    const sliceEndMs = clock.nowMs() + SLICE_MS;
    if (!state().maintain(() => clock.nowMs() >= sliceEndMs) || clock.nowMs() >= endMs) return;
    await pause(clock, SLICE_PAUSE_MS, signal);
  }
}
