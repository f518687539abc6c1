/**
 * Reads the chunks of one object, in order, by batches of direct gets: the reader asks for as much as it can hold, and
 * the next batch is under way while the last one is used. Nothing on the server belongs to a reader, so a lost
 * connection costs no more than asking again from the last chunk on.
 *
 * Any server that has the stream may answer a direct get, and may lag: before a chunk is given up as missing, the
 * leader is asked.
 */
import { Deadline, pause } from '../../env.ts';
import { CoppiceError } from '../../errors.ts';
import type { ChannelMessage } from './channel.ts';
import type { Stream } from './stream.ts';

/** Which chunks are read, and how. */
export type ChunkReaderOptions = {
  readonly subject: string;
  /** How many there should be. */
  readonly chunks: number;
  /** Without a chunk for this long reading fails. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
};

type Chunk = { readonly seq: number; readonly data: Uint8Array };
/** `end`: no more on this server from here on. `more`: the batch was full. `trouble`: ask again. */
type Batch = { readonly chunks: readonly Chunk[]; readonly how: 'end' | 'more' | 'trouble' };

const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_CHUNKS = 64;
const SILENCE_MS = 2_000;
const RETRY_MS = 100;
const STATUS_END = 204;
const STATUS_NOT_FOUND = 404;
const encoder = new TextEncoder();

/**
 * Reads chunks; ends early if one is missing.
 *
 * @throws CoppiceError `STALE_GENERATION` if the bucket is gone, `DISCONNECTED`; the signal's reason.
 */
export async function* readChunks(stream: Stream, options: ChunkReaderOptions): AsyncGenerator<Uint8Array> {
  let left = options.chunks;
  let next = left > 0 ? fetchSome(stream, options, 1) : undefined;
  while (next !== undefined) {
    const chunks: readonly Chunk[] = await next;
    left -= chunks.length;
    const last = chunks.at(-1);
    next = left > 0 && last !== undefined ? fetchSome(stream, options, last.seq + 1) : undefined;
    next?.catch(() => {}); // awaited after the chunks in hand
    for (const { data } of chunks) yield data;
  }
}

/** The next chunks from a sequence on; none only if the leader has none. */
async function fetchSome(stream: Stream, options: ChunkReaderOptions, fromSeq: number): Promise<readonly Chunk[]> {
  const { api } = stream;
  const deadline = new Deadline(api.env.clock, options.stallMs);
  for (;;) {
    await api.link.whenUp(deadline.remainingMs(), options.signal);
    const batch = await new BatchRequest(stream, options, fromSeq).run();
    options.signal.throwIfAborted();
    if (batch.chunks.length > 0) return batch.chunks;
    if (batch.how === 'end') return askLeader(stream, options, fromSeq);
    if (deadline.expired())
      throw new CoppiceError('DISCONNECTED', `no chunk of \`${options.subject}\` came within ${options.stallMs} ms`);
    await pause(api.env.clock, RETRY_MS * (0.5 + api.env.random.next()), options.signal);
  }
}

async function askLeader(stream: Stream, options: ChunkReaderOptions, fromSeq: number): Promise<readonly Chunk[]> {
  const { subject, signal } = options;
  const message = await stream.read({ seq: fromSeq, next_by_subj: subject }, { signal });
  return message === undefined ? [] : [message];
}

/** One request for a batch, and what comes of it. */
class BatchRequest {
  readonly #stream: Stream;
  readonly #options: ChunkReaderOptions;
  readonly #fromSeq: number;
  readonly #chunks: Chunk[] = [];
  #lastSeq = 0;
  #heardMs = 0;
  #finish: (how: Batch['how']) => void = () => {};
  #stopTimer: (() => void) | undefined;

  constructor(stream: Stream, options: ChunkReaderOptions, fromSeq: number) {
    this.#stream = stream;
    this.#options = options;
    this.#fromSeq = fromSeq;
  }

  /** Resolves in any case: what came in order is of use, however the batch ended. */
  async run(): Promise<Batch> {
    const { api } = this.#stream;
    const { signal } = this.#options;
    const ended = new Promise<Batch['how']>((resolve) => {
      this.#finish = resolve;
    });
    const giveUp = (): void => this.#finish('trouble');
    const stopLink = api.link.onChange(giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
    let unsubscribe = (): void => {};
    try {
      if (!api.link.up || api.channel.closing) return { chunks: [], how: 'trouble' };
      const inbox = api.channel.newInbox();
      unsubscribe = api.channel.subscribe(inbox, {
        onMessage: (message) => this.#take(message),
        onRefused: giveUp,
      });
      this.#ask(inbox);
      return { how: await ended, chunks: this.#chunks };
    } finally {
      this.#stopTimer?.();
      stopLink();
      signal.removeEventListener('abort', giveUp);
      unsubscribe();
    }
  }

  #ask(reply: string): void {
    const { api, name } = this.#stream;
    const body = {
      seq: this.#fromSeq,
      next_by_subj: this.#options.subject,
      batch: BATCH_CHUNKS,
      max_bytes: BATCH_BYTES,
    };
    api.channel.publish(`$JS.API.DIRECT.GET.${name}`, { data: encoder.encode(JSON.stringify(body)), reply });
    this.#heardMs = api.env.clock.nowMs();
    this.#watchSilence();
  }

  #take(message: ChannelMessage): void {
    const { status, data } = message;
    this.#heardMs = this.#stream.api.env.clock.nowMs();
    if (status === STATUS_END) return this.#finish(message.header('Nats-Num-Pending') === '0' ? 'end' : 'more');
    if (status !== undefined) return this.#finish(status === STATUS_NOT_FOUND ? 'end' : 'trouble');
    // the server says which chunk it sent before this one: another one was lost on the way
    if (Number(message.header('Nats-Last-Sequence')) !== this.#lastSeq) return this.#finish('trouble');
    this.#lastSeq = Number(message.header('Nats-Sequence'));
    this.#chunks.push({ seq: this.#lastSeq, data });
  }

  #watchSilence(): void {
    const { clock } = this.#stream.api.env;
    this.#stopTimer = clock.after(SILENCE_MS, () => {
      if (clock.nowMs() - this.#heardMs >= SILENCE_MS) this.#finish('trouble');
      else this.#watchSilence();
    });
  }
}
