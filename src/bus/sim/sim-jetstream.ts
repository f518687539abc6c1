/**
 * The simulated JetStream: its API on `$JS.API.>`, the streams, and their consumers. Answers may be lost after the
 * work is done, and it may be without a leader for a while, in which case part of what is asked is done later.
 */
import { isoTime } from '../../env.ts';
import { isRecord, numberAt } from '../nats/api.ts';
import { type ConsumerConfig, SimConsumer } from './sim-consumer.ts';
import type { SentMessage } from './sim-message.ts';
import type { ServerContext } from './sim-server.ts';
import { type KeptMessage, SimStream, type StreamConfig } from './sim-stream.ts';
import { SubjectPattern } from './subject-pattern.ts';

/** What JetStream needs of its server. `send` hands a message to all who listen to `to`, or to its own subject. */
export type JetStreamContext = ServerContext & {
  readonly send: (message: SentMessage, to?: string) => number;
};

type Answer = Readonly<Record<string, unknown>>;
type Body = Readonly<Record<string, unknown>>;
type Hosted = { readonly stream: SimStream; readonly consumers: Map<string, SimConsumer> };

const API = '$JS.API.';
const DONE_LATER_SHARE = 0.5;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** JetStream of one server. */
export class SimJetStream {
  readonly #context: JetStreamContext;
  readonly #hosted = new Map<string, Hosted>();
  #leaderlessUntilMs = 0;

  constructor(context: JetStreamContext) {
    this.#context = context;
  }

  /** The stream of a name. */
  stream(name: string): SimStream | undefined {
    return this.#hosted.get(name)?.stream;
  }

  /** Names of all streams. */
  get streamNames(): readonly string[] {
    return [...this.#hosted.keys()];
  }

  /** Forgets all consumers without a word, as a server does that restarts. */
  dropConsumers(): void {
    for (const { consumers } of this.#hosted.values()) {
      for (const consumer of consumers.values()) consumer.close();
      consumers.clear();
    }
  }

  /** For so long nobody leads: nothing is answered, and of what is asked a part is done when that is over. */
  loseLeader(forMs: number): void {
    this.#leaderlessUntilMs = Math.max(this.#leaderlessUntilMs, this.#context.scheduler.nowMs + forMs);
  }

  /** Takes a message if it is for JetStream. */
  take(message: SentMessage): boolean {
    const { subject } = message;
    const hosted = subject.startsWith(API) ? undefined : this.#hostOf(subject);
    if (hosted === undefined && !subject.startsWith(API)) return false;
    const { scheduler, random } = this.#context;
    if (scheduler.nowMs >= this.#leaderlessUntilMs) this.#handle(message);
    else if (random.chance(DONE_LATER_SHARE)) {
      scheduler.at(this.#leaderlessUntilMs + random.next(), () => this.#handle(message));
    }
    return true;
  }

  #handle(message: SentMessage): void {
    const hosted = this.#hostOf(message.subject);
    if (hosted !== undefined) return this.#answer(message, hosted.stream.add(message));
    if (!message.subject.startsWith(API)) return; // its stream was deleted meanwhile
    const [kind = '', verb = '', name = '', ...rest] = message.subject.slice(API.length).split('.');
    this.#answer(message, this.#call(`${kind}.${verb}`, { name, rest, body: bodyOf(message) }));
  }

  #answer({ reply }: SentMessage, answer: Answer): void {
    const { faults, random, send } = this.#context;
    if (reply === undefined) return;
    if (faults.lostAnswerRate > 0 && random.chance(faults.lostAnswerRate)) return;
    send({ subject: reply, data: encoder.encode(JSON.stringify(answer)) });
  }

  #call(what: string, { name, rest, body }: { name: string; rest: readonly string[]; body: Body }): Answer {
    if (what === 'STREAM.CREATE') return this.#create(name, body);
    if (what === 'STREAM.MSG') return this.#read(rest[0] ?? '', body);
    const hosted = this.#hosted.get(name);
    if (hosted === undefined) return failure(10059, 'stream not found');
    switch (what) {
      case 'STREAM.INFO':
        return { config: hosted.stream.config, state: stateOf(hosted.stream) };
      case 'STREAM.DELETE':
        return this.#delete(name, hosted);
      case 'STREAM.PURGE':
        return purge(hosted.stream, body);
      case 'CONSUMER.CREATE':
        return this.#consume(hosted, body);
      case 'CONSUMER.DELETE':
        return forget(hosted, rest[0] ?? '');
      default:
        return failure(10000, `\`${what}\` is not simulated`);
    }
  }

  #create(name: string, body: Body): Answer {
    const config = streamConfig(name, body);
    const present = this.#hosted.get(name);
    if (present !== undefined) {
      const same = JSON.stringify(present.stream.config) === JSON.stringify(config);
      return same ? { config, state: stateOf(present.stream) } : failure(10058, 'stream name already in use');
    }
    const { scheduler, random, faults } = this.#context;
    const consumers = new Map<string, SimConsumer>();
    const onStored = (message: KeptMessage): void => tell(consumers, message);
    const stream = new SimStream(config, { scheduler, random, faults, onStored });
    this.#hosted.set(name, { stream, consumers });
    return { config, state: stateOf(stream) };
  }

  #delete(name: string, { stream, consumers }: Hosted): Answer {
    stream.remove();
    for (const consumer of consumers.values()) consumer.close();
    this.#hosted.delete(name);
    return { success: true };
  }

  #consume({ stream, consumers }: Hosted, body: Body): Answer {
    const config = consumerConfig(isRecord(body['config']) ? body['config'] : {});
    // asked for a second time, it is the same one
    const present = consumers.get(config.name);
    if (present?.over === false) return consumerInfo(stream, config, { pending: 0, delivered: present.delivered });
    const { scheduler, faults, random, send } = this.#context;
    const consumer = new SimConsumer(config, {
      stream,
      scheduler,
      misses: () => faults.missedKeyRate > 0 && random.chance(faults.missedKeyRate),
      send: (message) => send(message, config.deliver_subject) > 0,
    });
    consumers.set(config.name, consumer);
    const pending = consumer.replay(stream);
    return consumerInfo(stream, config, { pending, delivered: 0 });
  }

  #read(name: string, body: Body): Answer {
    const hosted = this.#hosted.get(name);
    return hosted === undefined ? failure(10059, 'stream not found') : read(hosted.stream, body);
  }

  #hostOf(subject: string): Hosted | undefined {
    for (const hosted of this.#hosted.values()) if (hosted.stream.takes(subject)) return hosted;
    return undefined;
  }
}

function tell(consumers: Map<string, SimConsumer>, message: KeptMessage): void {
  for (const [name, consumer] of consumers) {
    consumer.onStored(message);
    if (consumer.over) consumers.delete(name);
  }
}

function consumerInfo(
  stream: SimStream,
  config: ConsumerConfig,
  { pending, delivered }: { pending: number; delivered: number },
): Answer {
  const { name } = config;
  return {
    stream_name: stream.config.name,
    name,
    config,
    delivered: { consumer_seq: delivered },
    num_pending: pending,
  };
}

function forget({ consumers }: Hosted, name: string): Answer {
  const consumer = consumers.get(name);
  if (consumer === undefined) return failure(10014, 'consumer not found');
  consumer.close();
  consumers.delete(name);
  return { success: true };
}

function purge(stream: SimStream, body: Body): Answer {
  const below = numberAt(body, 'seq');
  const filter = new SubjectPattern(textAt(body, 'filter') || '>');
  return { success: true, purged: stream.purge(filter, below === 0 ? undefined : below, numberAt(body, 'keep')) };
}

function read(stream: SimStream, body: Body): Answer {
  const subject = textAt(body, 'last_by_subj');
  const found = subject === '' ? stream.at(numberAt(body, 'seq')) : stream.last(subject);
  if (found === undefined) return failure(10037, 'no message found');
  const lines = Object.entries(found.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const headers = `NATS/1.0\r\n${lines.join('')}\r\n`;
  return {
    message: {
      subject: found.subject,
      seq: found.seq,
      ...(lines.length === 0 ? {} : { hdrs: Buffer.from(headers, 'utf8').toString('base64') }),
      data: Buffer.from(found.data).toString('base64'),
      time: isoTime(Math.floor(found.atMs)),
    },
  };
}

function stateOf(stream: SimStream): Answer {
  return { messages: stream.messageCount, last_seq: stream.lastSeq };
}

function streamConfig(name: string, body: Body): StreamConfig {
  const { subjects } = body;
  return {
    ...body,
    name,
    subjects: Array.isArray(subjects) ? subjects.map(String) : [],
    max_age: numberAt(body, 'max_age'),
    max_msgs_per_subject: numberAt(body, 'max_msgs_per_subject'),
    duplicate_window: numberAt(body, 'duplicate_window'),
    subject_delete_marker_ttl: numberAt(body, 'subject_delete_marker_ttl'),
    first_seq: Math.max(1, numberAt(body, 'first_seq')),
  };
}

function consumerConfig(body: Body): ConsumerConfig {
  return {
    name: textAt(body, 'name'),
    deliver_subject: textAt(body, 'deliver_subject'),
    filter_subject: textAt(body, 'filter_subject'),
    deliver_policy: textAt(body, 'deliver_policy'),
    opt_start_seq: Math.max(1, numberAt(body, 'opt_start_seq')),
    idle_heartbeat: numberAt(body, 'idle_heartbeat'),
  };
}

function bodyOf({ data }: SentMessage): Body {
  const value: unknown = data.length === 0 ? {} : JSON.parse(decoder.decode(data));
  return isRecord(value) ? value : {};
}

function textAt(body: Body, key: string): string {
  const value = body[key];
  return typeof value === 'string' ? value : '';
}

function failure(number: number, description: string): Answer {
  return { error: { code: 400, err_code: number, description } };
}
