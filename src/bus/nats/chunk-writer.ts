/**
 * Stores the chunks of one upload, several of them under way at once, in order and each exactly once, whatever becomes
 * of the connection or of the stream's leader meanwhile.
 *
 * A chunk that gets no answer is sent again under the same message id, so that the server drops it if it has it. If a
 * leader loses a chunk and its successor takes the next one, the places in the stream are out of order: then the later
 * chunk is removed and sent again. Chunks are held until they and all before them are in place.
 */
import { Deadline, pause } from '../../env.ts';
import { CoppiceError } from '../../errors.ts';
import { manyListeners, unlessAborted } from '../transfer.ts';
import { type ApiAnswer, JS_ERRORS, numberAt, parseAnswer } from './api.ts';
import { chunkHeaders } from './object-layout.ts';
import type { Stream } from './stream.ts';

/** Where chunks go. */
export type ChunkTarget = { readonly stream: Stream; readonly subject: string; readonly upload: string };

/** How much may be under way, and how long one chunk may take. */
export type ChunkWriterOptions = {
  readonly windowChunks: number;
  /** A chunk that could not be stored within this time fails the upload. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
  /** Told of each chunk that is in place. */
  readonly onStored: (bytes: number) => void;
};

type Chunk = { readonly index: number; readonly data: Uint8Array; tries: number };

const ACK_MS = 5_000;
const RETRY_MS = 100;
const FULL: readonly number[] = [
  JS_ERRORS.accountStorageExceeded,
  JS_ERRORS.insufficientResources,
  JS_ERRORS.storageExceeded,
  JS_ERRORS.storeFailed,
];

/** One upload. */
export class ChunkWriter {
  readonly #target: ChunkTarget;
  readonly #options: ChunkWriterOptions;
  /** Aborted when nothing more is to be sent. */
  readonly #stopping = new AbortController();
  /** Aborted when answers are not waited for any more. */
  readonly #hangingUp = new AbortController();
  readonly #underWay: { readonly chunk: Chunk; stored: Promise<number> }[] = [];
  #count = 0;
  #lastSeq = 0;

  constructor(target: ChunkTarget, options: ChunkWriterOptions) {
    this.#target = target;
    this.#options = options;
    manyListeners(this.#stopping.signal);
    manyListeners(this.#hangingUp.signal);
  }

  /** Chunks taken so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes the next chunk; resolves when there is room for another.
   *
   * @throws CoppiceError `STORAGE_FULL`, `STALE_GENERATION` if the bucket is gone, `DISCONNECTED`; the signal's reason.
   */
  async add(data: Uint8Array): Promise<void> {
    const chunk = { index: this.#count++, data, tries: 0 };
    this.#underWay.push({ chunk, stored: this.#store(chunk) });
    if (this.#underWay.length >= this.#options.windowChunks) await this.#settleOldest();
  }

  /** Resolves when all chunks are in place, in order. Throws as `add` does. */
  async finish(): Promise<void> {
    while (this.#underWay.length > 0) await this.#settleOldest();
  }

  /**
   * Sends nothing more; resolves when nothing is under way. What was sent is waited for, for `graceMs` at most: chunks
   * that are removed now might else be stored after that.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort(new Error('the upload was given up'));
    const { clock } = this.#target.stream.api.env;
    const cancel = clock.after(graceMs, () => this.#hangingUp.abort(new Error('the upload was given up')));
    await Promise.allSettled(this.#underWay.map(({ stored }) => stored));
    cancel();
  }

  async #settleOldest(): Promise<void> {
    const [oldest] = this.#underWay;
    if (oldest === undefined) return;
    const { chunk } = oldest;
    let seq = await unlessAborted(oldest.stored, this.#options.signal);
    while (seq < this.#lastSeq) {
      await this.#remove(seq);
      chunk.tries += 1;
      oldest.stored = this.#store(chunk);
      seq = await unlessAborted(oldest.stored, this.#options.signal);
    }
    this.#lastSeq = seq;
    this.#underWay.shift();
    this.#options.onStored(chunk.data.length);
  }

  /** Sends a chunk until it is stored; resolves with its sequence. */
  #store(chunk: Chunk): Promise<number> {
    const stored = this.#sendUntilStored(chunk);
    stored.catch(() => {}); // #settleOldest hears of it
    return stored;
  }

  async #sendUntilStored(chunk: Chunk): Promise<number> {
    const { stream, subject, upload } = this.#target;
    const { api } = stream;
    const headers = chunkHeaders(upload, stream.name, chunk);
    const deadline = new Deadline(api.env.clock, this.#options.stallMs);
    const stopping = this.#stopping.signal;
    for (;;) {
      await api.link.whenUp(deadline.remainingMs(), stopping);
      const waiting = { headers, signal: this.#hangingUp.signal, timeoutMs: ACK_MS };
      const ack = await api.exchange(subject, chunk.data, waiting);
      const seq = ack === undefined ? undefined : this.#judge(parseAnswer(ack));
      if (seq !== undefined) return seq;
      stopping.throwIfAborted();
      if (deadline.expired()) throw this.#stalled();
      await pause(api.env.clock, RETRY_MS, stopping);
    }
  }

  /** The sequence of a chunk that is stored; undefined if it has to be sent again. */
  #judge(answer: ApiAnswer): number | undefined {
    if (answer.ok) return numberAt(answer.value, 'seq');
    const { stream } = this.#target;
    if (FULL.includes(answer.code))
      throw new CoppiceError('STORAGE_FULL', `stream \`${stream.name}\` takes no more: ${answer.description}`);
    if (answer.code === JS_ERRORS.otherStreamExpected) throw stream.refusal('write to', answer);
    if (answer.code === JS_ERRORS.messageTooLarge) throw new CoppiceError('PAYLOAD_TOO_LARGE', answer.description);
    return undefined;
  }

  async #remove(seq: number): Promise<void> {
    const { stream } = this.#target;
    const body = { seq, no_erase: true };
    const answer = await stream.api.call(`STREAM.MSG.DELETE.${stream.name}`, body, {
      signal: this.#options.signal,
    });
    if (!answer.ok) throw stream.refusal('remove a message of', answer);
  }

  #stalled(): CoppiceError {
    const { stallMs } = this.#options;
    return new CoppiceError('DISCONNECTED', `\`${this.#target.subject}\` was not stored within ${stallMs} ms`);
  }
}
