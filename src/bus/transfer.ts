/**
 * One blob on its way into or out of a depot: its bounds in time and size, its checksum, its progress, and its pieces
 * cut to the size that the depot stores. Every depot moves its bytes through this.
 */
import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Clock } from '../env.ts';
import { CoppiceError } from '../errors.ts';
import type { BlobSource, DepotOptions, TransferOptions } from './depot.ts';

/** The bounds in time of an operation. `stop` has to be called at its end. */
export type TimeLimit = { readonly signal: AbortSignal; readonly stop: () => void };

/** Joins the caller's signal and deadline into one signal. `what` names the operation in the error. */
export function limitTime(clock: Clock, what: string, options: DepotOptions): TimeLimit {
  const { signal, withinMs } = options;
  const controller = new AbortController();
  manyListeners(controller.signal);
  const onAbort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  const stopTimer =
    withinMs === undefined
      ? () => {}
      : clock.after(withinMs, () => {
          controller.abort(new CoppiceError('DEADLINE_EXCEEDED', `${what} took longer than ${withinMs} ms`));
        });
  const stop = (): void => {
    stopTimer();
    signal?.removeEventListener('abort', onAbort);
  };
  return { signal: controller.signal, stop };
}

/** Keeps Node from taking many requests that wait for one signal for a leak. */
export function manyListeners(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

/** Waits for something, but no longer than the signal is not aborted; then throws its reason. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const gate = abortGate(signal);
  try {
    return await Promise.race([work, gate.aborted]);
  } finally {
    gate.close();
  }
}

/** Runs an operation within the caller's bounds. */
export async function within<T>(
  limits: { readonly clock: Clock; readonly what: string; readonly options: DepotOptions },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = limitTime(limits.clock, limits.what, limits.options);
  try {
    limit.signal.throwIfAborted();
    return await work(limit.signal);
  } finally {
    limit.stop();
  }
}

/** Counts, limits and hashes the bytes of one blob. */
export class Transfer {
  readonly #name: string;
  readonly #options: TransferOptions;
  readonly #totalBytes: number | undefined;
  readonly #hash = createHash('sha256');
  #digest: Uint8Array | undefined;
  #sizeBytes = 0;

  /** Throws CoppiceError `PAYLOAD_TOO_LARGE` if the blob is known to be over the limit. */
  constructor(name: string, options: TransferOptions, totalBytes: number | undefined) {
    this.#name = name;
    this.#options = options;
    this.#totalBytes = totalBytes;
    this.#checkSize(totalBytes ?? 0);
  }

  /** Bytes taken so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Takes the next bytes of the blob. Throws CoppiceError `PAYLOAD_TOO_LARGE`. */
  take(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    this.#checkSize(this.#sizeBytes);
    this.#hash.update(bytes);
  }

  /** The SHA-256 of all bytes taken. Nothing can be taken after it. */
  digest(): Uint8Array {
    this.#digest ??= this.#hash.digest();
    return this.#digest;
  }

  /** Tells how many bytes have arrived where they were meant to go. */
  report(doneBytes: number): void {
    this.#options.onProgress?.({ doneBytes, totalBytes: this.#totalBytes });
  }

  #checkSize(sizeBytes: number): void {
    const { maxBytes } = this.#options;
    if (maxBytes === undefined || sizeBytes <= maxBytes) return;
    const message = `blob \`${this.#name}\` of at least ${sizeBytes} bytes is over the limit of ${maxBytes}`;
    throw new CoppiceError('PAYLOAD_TOO_LARGE', message, { details: { blob: this.#name, limitBytes: maxBytes } });
  }
}

/** How long a source is, if it tells. */
export function lengthOf(source: BlobSource): number | undefined {
  return source instanceof Uint8Array ? source.length : undefined;
}

/**
 * Cuts a source into pieces of exactly `pieceBytes`, of which only the last may be shorter; none for an empty source.
 * Copies only what does not lie in one piece already. Ends with the signal's reason when aborted, even if the source
 * hangs.
 */
export async function* inPieces(
  source: BlobSource,
  pieceBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let open: Uint8Array | undefined;
  let filled = 0;
  for await (const given of abortable(source instanceof Uint8Array ? only(source) : source, signal)) {
    for (let at = 0; at < given.length; ) {
      const whole = filled === 0 && given.length - at >= pieceBytes;
      const length = whole ? pieceBytes : Math.min(pieceBytes - filled, given.length - at);
      const part = given.subarray(at, at + length);
      at += length;
      if (whole) {
        yield part;
        continue;
      }
      open ??= Buffer.allocUnsafeSlow(pieceBytes);
      open.set(part, filled);
      filled += length;
      if (filled < pieceBytes) continue;
      yield open;
      open = undefined;
      filled = 0;
    }
  }
  if (open !== undefined && filled > 0) yield open.subarray(0, filled);
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The same items, but the wait for the next one ends when the signal is aborted. */
async function* abortable<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  const gate = abortGate(signal);
  let done = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([iterator.next(), gate.aborted]);
      if (next.done === true) {
        done = true;
        return;
      }
      yield next.value;
    }
  } finally {
    gate.close();
    // a source that hangs never answers; what it says after an abort is of no interest
    if (!done) iterator.return?.()?.catch(() => {});
  }
}

/** A promise that rejects with the signal's reason when it is aborted, and never otherwise. */
function abortGate(signal: AbortSignal): { aborted: Promise<never>; close: () => void } {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      try {
        signal.throwIfAborted();
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  aborted.catch(() => {}); // whoever races it hears of it
  return { aborted, close: () => signal.removeEventListener('abort', onAbort) };
}
