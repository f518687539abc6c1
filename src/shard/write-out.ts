/**
 * How a state is captured without a pause that anybody would notice: what the actor has put off is written out in slices
 * before, and what the capture has begun is finished in slices after it. Reads and writes go on in between.
 */
import { type Clock, pause } from '../env.ts';
import { type RuntimeShare, runtimeShareSlices } from '../wire/checkpoint-format.ts';
import type { CapturedState, ShardState } from './shard-state.ts';

/** Slices of the actor's own work, and the pauses between them. */
const SLICE_MS = 2;
const SLICE_PAUSE_MS = 4;
/** How long the actor may do what it has put off, while writes come in. */
const PREPARE_MS = 10_000;

/** Where slices are done. The state is asked for anew for each slice. */
type Slicing = { readonly clock: Clock; readonly state: () => ShardState };

/**
 * Captures a state, all of whose files can be read when this resolves; undefined if the actor cannot be captured. Whoever
 * asked releases it.
 *
 * @throws The signal's reason, and what the state throws.
 */
export async function captureInSlices(of: Slicing, signal: AbortSignal): Promise<CapturedState | undefined> {
  const { clock, state } = of;
  const endMs = clock.nowMs() + PREPARE_MS;
  await inSlices(clock, signal, (shouldStop) => state().maintain(shouldStop) && clock.nowMs() < endMs);
  await inSlices(clock, signal, (shouldStop) => state().prepareCapture(shouldStop));
  const captured = state().capture();
  if (captured === undefined) return undefined;
  try {
    await inSlices(clock, signal, (shouldStop) => captured.actor.work?.(shouldStop) ?? false);
    return captured;
  } catch (error) {
    captured.actor.release();
    throw error;
  }
}

/** A captured share does not change: it is encoded once for the disk and the depot. */
const encoded = new WeakMap<RuntimeShare, Uint8Array>();

/** Encodes a runtime's share, and leaves the thread to others in between. */
export async function encodeShareInSlices(
  share: RuntimeShare,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const known = encoded.get(share);
  if (known !== undefined) return known;
  const slices = runtimeShareSlices(share);
  for (;;) {
    const step = slices.next();
    if (step.done === true) {
      encoded.set(share, step.value);
      return step.value;
    }
    await pause(clock, 0, signal);
  }
}

/** Calls `work` until it says that there is no more. */
async function inSlices(
  clock: Clock,
  signal: AbortSignal,
  work: (shouldStop: () => boolean) => boolean,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const sliceEndMs = clock.nowMs() + SLICE_MS;
    if (!work(() => clock.nowMs() >= sliceEndMs)) return;
    await pause(clock, SLICE_PAUSE_MS, signal);
  }
}
