/** The log over a JetStream stream: a subject per shard, appends fenced by its last sequence. */
import { CoppiceError } from '../../errors.ts';
import type { LogSpec } from '../bus.ts';
import type { AppendOutcome, Log, LogEntry, Tail, TailListener } from '../log.ts';
import type { JetStreamApi } from './api.ts';
import { JS_HEADERS, type StoredMessage, Stream } from './stream.ts';
import { LogTail } from './tail.ts';

const DUPLICATE_WINDOW_NS = 120_000_000_000;

/** Creates the log's stream; harmless if it exists. Without `firstSeq` its first record gets sequence 1. */
export async function createLogStream(
  api: JetStreamApi,
  spec: LogSpec,
  { replicas, firstSeq }: { replicas: number; firstSeq?: number | undefined },
): Promise<void> {
  await new Stream(api, spec.stream).create({
    subjects: [`${spec.subjectPrefix}.*`],
    retention: 'limits',
    storage: 'file',
    // the default would drop old records when the stream is full
    discard: 'new',
    max_age: 0,
    max_bytes: -1,
    max_msgs: -1,
    max_msgs_per_subject: -1,
    max_consumers: -1,
    duplicate_window: DUPLICATE_WINDOW_NS,
    deny_delete: true,
    deny_purge: false,
    allow_direct: false,
    num_replicas: replicas,
    ...(firstSeq === undefined ? {} : { first_seq: firstSeq }),
  });
}

/** The log of one life of a group. */
export class NatsLog implements Log {
  readonly #stream: Stream;
  readonly #prefix: string;

  constructor(api: JetStreamApi, spec: LogSpec) {
    this.#stream = new Stream(api, spec.stream);
    this.#prefix = spec.subjectPrefix;
  }

  async append(
    shard: number,
    record: { id: string; data: Uint8Array; expectedSeq: number },
    signal: AbortSignal,
  ): Promise<AppendOutcome> {
    const outcome = await this.#stream.write({ ...record, subject: this.#subject(shard) }, signal);
    if (outcome.kind === 'stored') return { kind: 'appended', seq: outcome.seq };
    return { kind: 'fenced', last: outcome.last === undefined ? undefined : entryOf(outcome.last) };
  }

  async last(shard: number): Promise<LogEntry | undefined> {
    const message = await this.#stream.read({ last_by_subj: this.#subject(shard) });
    return message === undefined ? undefined : entryOf(message);
  }

  async read(shard: number, seq: number): Promise<LogEntry | undefined> {
    checkSeq(seq);
    const message = await this.#stream.read({ seq });
    return message?.subject === this.#subject(shard) ? entryOf(message) : undefined;
  }

  async purge(shard: number, toSeq: number): Promise<void> {
    checkSeq(toSeq);
    await this.#stream.ask(`STREAM.PURGE.${this.#stream.name}`, { filter: this.#subject(shard), seq: toSeq });
  }

  tail(shard: number, fromSeq: number, listener: TailListener): Tail {
    return new LogTail(this.#stream, {
      subject: this.#subject(shard),
      fromSeq,
      listener,
    });
  }

  #subject(shard: number): string {
    return `${this.#prefix}.${shard}`;
  }
}

function checkSeq(seq: number): void {
  if (Number.isSafeInteger(seq) && seq >= 1) return;
  throw new CoppiceError('BAD_REQUEST', `log sequence must be a positive integer, got ${seq}`);
}

function entryOf(message: StoredMessage): LogEntry {
  return { seq: message.seq, id: message.header(JS_HEADERS.messageId) ?? '', data: message.data };
}
