/**
 * One stream of the simulated JetStream: messages by sequence and by subject, the window of message ids, and expiry,
 * as nats-server 2.12 and later show them (docs of the real thing: `test/contract` holds both to the same answers).
 */
import type { BusHeaders } from '../bus.ts';
import type { SimFaults } from './sim-faults.ts';
import type { SentMessage } from './sim-message.ts';
import type { SimRandom } from './sim-random.ts';
import type { SimScheduler } from './sim-scheduler.ts';
import { SubjectPattern } from './subject-pattern.ts';

/** A message as it is kept. */
export type KeptMessage = {
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: BusHeaders;
  readonly atMs: number;
};

/** What a stream answers to a message: where it is, or why it is nowhere. */
export type StreamAnswer =
  | { readonly stream: string; readonly seq: number; readonly duplicate?: true }
  | { readonly error: { readonly code: number; readonly err_code: number; readonly description: string } };

/** The part of a stream's configuration that is acted upon; times in nanoseconds, 0 for none. */
export type StreamConfig = {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly max_age: number;
  readonly max_msgs_per_subject: number;
  readonly duplicate_window: number;
  readonly subject_delete_marker_ttl?: number;
  /** Sequence of the first message; 1 unless given. */
  readonly first_seq?: number;
};

/** What a stream needs of its world. */
export type StreamContext = {
  readonly scheduler: SimScheduler;
  readonly random: SimRandom;
  readonly faults: SimFaults;
  /** A message was stored. */
  readonly onStored: (message: KeptMessage) => void;
};

const NANOS_PER_MS = 1_000_000;
const MS_PER_UNIT: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
const HEADERS = {
  id: 'Nats-Msg-Id',
  stream: 'Nats-Expected-Stream',
  lastSeq: 'Nats-Expected-Last-Subject-Sequence',
  ttl: 'Nats-TTL',
  reason: 'Nats-Marker-Reason',
  operation: 'KV-Operation',
} as const;

/** A stream. */
export class SimStream {
  readonly config: StreamConfig;
  readonly #context: StreamContext;
  readonly #patterns: readonly SubjectPattern[];
  readonly #messages = new Map<number, KeptMessage>();
  readonly #bySubject = new Map<string, number[]>();
  readonly #ids = new Map<string, { readonly seq: number; readonly atMs: number }>();
  #lastSeq = 0;
  #gone = false;

  constructor(config: StreamConfig, context: StreamContext) {
    this.config = config;
    this.#context = context;
    this.#patterns = config.subjects.map((subject) => new SubjectPattern(subject));
    this.#lastSeq = (config.first_seq ?? 1) - 1;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get messageCount(): number {
    return this.#messages.size;
  }

  /** Whether it takes messages on a subject. */
  takes(subject: string): boolean {
    const tokens = subject.split('.');
    return this.#patterns.some((pattern) => pattern.covers(tokens));
  }

  /** Ends its life; nothing expires any more. */
  remove(): void {
    this.#gone = true;
  }

  /**
   * Takes a message. An id of the window is answered with where it was stored, whatever its subject. Servers differ in
   * what they look at first: 2.15 with one replica at the fence, others at the id (`faults.looksAtIdFirst`).
   */
  add(message: SentMessage): StreamAnswer {
    const { subject, headers = {} } = message;
    const expectedStream = headers[HEADERS.stream];
    if (expectedStream !== undefined && expectedStream !== this.config.name)
      return refusal(10060, 'expected stream does not match');
    const refused = this.#fenceRefusal(subject, headers[HEADERS.lastSeq]);
    if (refused !== undefined && !this.#context.faults.looksAtIdFirst) return refused;
    const known = this.#known(headers[HEADERS.id]);
    if (known !== undefined) return { stream: this.config.name, seq: known, duplicate: true };
    if (refused !== undefined) return refused;
    const seq = this.#store({ subject, data: message.data, headers });
    return { stream: this.config.name, seq };
  }

  /** The message with a sequence. */
  at(seq: number): KeptMessage | undefined {
    return this.#messages.get(seq);
  }

  /** The last message of a subject. */
  last(subject: string): KeptMessage | undefined {
    const seq = this.#bySubject.get(subject)?.at(-1);
    return seq === undefined ? undefined : this.#messages.get(seq);
  }

  /** Messages on subjects that a pattern covers, from a sequence on, oldest first. */
  from(pattern: SubjectPattern, seq: number): readonly KeptMessage[] {
    return [...this.#messages.values()].filter(
      (message) => message.seq >= seq && pattern.covers(message.subject.split('.')),
    );
  }

  /** The last message of each subject that a pattern covers, oldest first. */
  lastPerSubject(pattern: SubjectPattern): readonly KeptMessage[] {
    return this.from(pattern, 0).filter(({ subject, seq }) => this.last(subject)?.seq === seq);
  }

  /** Removes messages on a subject below `below` (exclusive; undefined: all), but for the newest `keep`. */
  purge(filter: SubjectPattern, below: number | undefined, keep: number): number {
    const found = this.from(filter, 0);
    const kept = new Set(keep === 0 ? [] : found.slice(-keep).map(({ seq }) => seq));
    const doomed = found.filter(({ seq }) => !kept.has(seq) && (below === undefined || seq < below));
    for (const message of doomed) this.#drop(message);
    return doomed.length;
  }

  /** Loses its newest messages, as a server does that was restored from a backup. */
  rollBack(count: number): void {
    for (const message of [...this.#messages.values()].slice(-count)) {
      this.#drop(message);
      this.#ids.delete(message.headers[HEADERS.id] ?? '');
      this.#lastSeq = Math.min(this.#lastSeq, message.seq - 1);
    }
  }

  #fenceRefusal(subject: string, expected: string | undefined): StreamAnswer | undefined {
    const last = this.last(subject)?.seq ?? 0;
    if (expected === undefined || Number(expected) === last) return undefined;
    return refusal(10071, `wrong last sequence: ${last}`);
  }

  #known(id: string | undefined): number | undefined {
    const known = id === undefined ? undefined : this.#ids.get(id);
    if (known === undefined) return undefined;
    const ageMs = this.#context.scheduler.nowMs - known.atMs;
    return ageMs < this.config.duplicate_window / NANOS_PER_MS ? known.seq : undefined;
  }

  #store(content: { subject: string; data: Uint8Array; headers: BusHeaders }): number {
    const { scheduler, onStored } = this.#context;
    const message: KeptMessage = { ...content, seq: ++this.#lastSeq, atMs: scheduler.nowMs };
    this.#messages.set(message.seq, message);
    const ofSubject = this.#bySubject.get(message.subject) ?? [];
    ofSubject.push(message.seq);
    this.#bySubject.set(message.subject, ofSubject);
    const id = message.headers[HEADERS.id];
    if (id !== undefined) this.#ids.set(id, { seq: message.seq, atMs: message.atMs });
    this.#dropOlder(ofSubject);
    this.#planExpiry(message);
    onStored(message);
    return message.seq;
  }

  #dropOlder(ofSubject: readonly number[]): void {
    const limit = this.config.max_msgs_per_subject;
    if (limit <= 0 || ofSubject.length <= limit) return;
    for (const seq of ofSubject.slice(0, -limit)) {
      const message = this.#messages.get(seq);
      if (message !== undefined) this.#drop(message);
    }
  }

  #planExpiry(message: KeptMessage): void {
    const lifeMs = ttlMs(message.headers[HEADERS.ttl]) ?? this.config.max_age / NANOS_PER_MS;
    if (lifeMs > 0) this.#context.scheduler.after(lifeMs, () => this.#expire(message));
  }

  /** The last message of a subject leaves a marker that tells of its end, unless it was one. */
  #expire(message: KeptMessage): void {
    const { subject, seq, headers } = message;
    if (this.#gone || this.#messages.get(seq) !== message) return;
    const wasLast = this.last(subject) === message;
    this.#drop(message);
    const markerMs = (this.config.subject_delete_marker_ttl ?? 0) / NANOS_PER_MS;
    const isMarker = headers[HEADERS.reason] !== undefined || headers[HEADERS.operation] !== undefined;
    const { faults, random } = this.#context;
    if (!wasLast || markerMs === 0 || isMarker) return;
    if (faults.lostMarkerRate > 0 && random.chance(faults.lostMarkerRate)) return;
    const ttl = `${Math.ceil(markerMs / 1_000)}s`;
    this.#store({ subject, data: new Uint8Array(0), headers: { [HEADERS.reason]: 'MaxAge', [HEADERS.ttl]: ttl } });
  }

  #drop({ seq, subject }: KeptMessage): void {
    this.#messages.delete(seq);
    const left = (this.#bySubject.get(subject) ?? []).filter((one) => one !== seq);
    if (left.length === 0) this.#bySubject.delete(subject);
    else this.#bySubject.set(subject, left);
  }
}

function refusal(number: number, description: string): StreamAnswer {
  return { error: { code: 400, err_code: number, description } };
}

/** Milliseconds of a `Nats-TTL` header such as `60s`. */
function ttlMs(header: string | undefined): number | undefined {
  const [, count, unit] = /^(\d+)([smh])$/.exec(header ?? '') ?? [];
  const unitMs = MS_PER_UNIT[unit ?? ''];
  return unitMs === undefined ? undefined : Number(count) * unitMs;
}
