/**
 * A push-ordered consumer of our own: it notices a gap, a missing heartbeat or a lost link, says so once, and leaves
 * it to its owner to make another. Pull consumers got stuck for many seconds after a leader was lost; this did not.
 */
import { CoppiceError } from '../../errors.ts';
import { isRecord, numberAt } from './api.ts';
import type { ChannelMessage } from './channel.ts';
import type { Stream } from './stream.ts';

/** A message of the stream, as delivered. `pending` is how many more there were when it was sent. */
export type Delivery = {
  readonly subject: string;
  readonly seq: number;
  readonly data: Uint8Array;
  readonly pending: number;
  header(name: string): string | undefined;
};

/** What a consumer delivers, and to whom. */
export type ConsumerOptions = {
  readonly filter: string;
  /** From a sequence on, or the last message of every subject and what follows. */
  readonly from: { readonly seq: number } | 'lastPerSubject';
  onDelivery(delivery: Delivery): void;
  /** Nothing was left to deliver at some moment; called once. */
  onCaughtUp(): void;
  /** The consumer is of no use any more; called once, never after `close`. */
  onTrouble(reason: string): void;
};

const HEARTBEAT_MS = 1_000;
const SILENCE_MS = 2_500;
const INACTIVE_MS = 5_000;
const NANOS_PER_MS = 1_000_000;
/** Status of a message of the server's own: a heartbeat, or a request to confirm the flow. */
const STATUS_CONTROL = 100;
/** Deliveries are handled for so long at a stretch; then timers, pings and other requests have their turn. */
const SLICE_MS = 8;

/** One life of an ephemeral consumer. */
export class PushConsumer {
  readonly #stream: Stream;
  readonly #options: ConsumerOptions;
  readonly #name: string;
  #unsubscribe: (() => void) | undefined;
  #stopLink: (() => void) | undefined;
  #stopTimer: (() => void) | undefined;
  /** What came and is not handled yet. Bounded by the flow: its confirmations wait in here too. */
  #backlog: ChannelMessage[] = [];
  #backlogAt = 0;
  #sliceEndMs = 0;
  #stopSlice: (() => void) | undefined;
  #consumerSeq = 0;
  #heardMs = 0;
  #caughtUp = false;
  #over = false;

  constructor(stream: Stream, options: ConsumerOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#name = `c${stream.api.env.random.id().replaceAll('-', '_')}`;
  }

  /**
   * Creates the consumer on the server; deliveries may begin before this resolves.
   *
   * @throws CoppiceError `STALE_GENERATION`, `DISCONNECTED`, `PREFLIGHT_FAILED`.
   */
  async start(): Promise<void> {
    const { api } = this.#stream;
    if (api.channel.closing) throw new CoppiceError('DISCONNECTED', 'the connection to NATS is closed');
    const inbox = api.channel.newInbox();
    this.#unsubscribe = api.channel.subscribe(inbox, {
      onMessage: (message) => this.#take(message),
      onRefused: (reason) => this.#trouble(reason),
    });
    this.#stopLink = api.link.onChange((up) => this.#trouble(up ? 'reconnected' : 'link lost'));
    try {
      const { pending, delivered } = await this.#create(inbox);
      // Asked for twice, it may have delivered everything before this answer, and not all of that has come.
      if (pending === 0 && delivered === this.#consumerSeq) this.#markCaughtUp();
    } catch (error) {
      this.close();
      throw error;
    }
    this.#heardMs = api.env.clock.nowMs();
    if (!this.#over) this.#watchSilence();
  }

  /** Stops deliveries at once, and has the server forget the consumer. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimer?.();
    this.#stopLink?.();
    this.#stopSlice?.();
    this.#backlog = [];
    this.#unsubscribe?.();
    const { api } = this.#stream;
    if (!api.link.up || api.channel.closing) return;
    // if this request is lost, the server drops the consumer by itself after INACTIVE_MS
    api.exchange(`$JS.API.CONSUMER.DELETE.${this.#stream.name}.${this.#name}`, '').catch(() => {});
  }

  async #create(inbox: string): Promise<{ readonly pending: number; readonly delivered: number }> {
    const { filter, from } = this.#options;
    const start =
      from === 'lastPerSubject'
        ? { deliver_policy: 'last_per_subject' }
        : { deliver_policy: 'by_start_sequence', opt_start_seq: Math.max(1, from.seq) };
    const config = {
      ...start,
      name: this.#name,
      deliver_subject: inbox,
      filter_subject: filter,
      ack_policy: 'none',
      max_deliver: 1,
      replay_policy: 'instant',
      flow_control: true,
      idle_heartbeat: HEARTBEAT_MS * NANOS_PER_MS,
      inactive_threshold: INACTIVE_MS * NANOS_PER_MS,
      mem_storage: true,
      num_replicas: 1,
    };
    const subject = `CONSUMER.CREATE.${this.#stream.name}.${this.#name}.${filter}`;
    const info = await this.#stream.ask(subject, { stream_name: this.#stream.name, action: 'create', config });
    const { delivered } = info;
    return {
      pending: numberAt(info, 'num_pending'),
      delivered: isRecord(delivered) ? numberAt(delivered, 'consumer_seq') : 0,
    };
  }

  #take(message: ChannelMessage): void {
    if (this.#over) return;
    this.#heardMs = this.#stream.api.env.clock.nowMs();
    if (this.#backlog.length === 0 && this.#hasTime()) return this.#handle(message);
    this.#backlog.push(message);
  }

  /** Whether the slice under way has time left; the first question after a pause begins one. */
  #hasTime(): boolean {
    const { clock } = this.#stream.api.env;
    const nowMs = clock.nowMs();
    if (this.#stopSlice !== undefined) return nowMs < this.#sliceEndMs;
    this.#sliceEndMs = nowMs + SLICE_MS;
    this.#stopSlice = clock.after(0, () => {
      this.#stopSlice = undefined;
      this.#handleBacklog();
    });
    return true;
  }

  #handleBacklog(): void {
    while (this.#backlogAt < this.#backlog.length && this.#hasTime()) {
      const message = this.#backlog[this.#backlogAt++];
      if (message !== undefined) this.#handle(message);
    }
    if (this.#backlogAt < this.#backlog.length) return;
    this.#backlog = [];
    this.#backlogAt = 0;
  }

  #handle(message: ChannelMessage): void {
    if (this.#over) return;
    if (message.status === STATUS_CONTROL && message.data.length === 0) return this.#takeStatus(message);
    const place = parsePlace(message.reply ?? '');
    if (place === undefined) return;
    if (place.consumerSeq !== this.#consumerSeq + 1)
      return this.#trouble(`gap after ${this.#consumerSeq}: got ${place.consumerSeq}`);
    this.#consumerSeq = place.consumerSeq;
    const { subject, data } = message;
    this.#options.onDelivery({
      subject,
      data,
      seq: place.seq,
      pending: place.pending,
      header: (name) => message.header(name),
    });
    if (place.pending === 0) this.#markCaughtUp();
  }

  /** A heartbeat (sent only when idle) or a request to confirm the flow. */
  #takeStatus(message: ChannelMessage): void {
    const { channel, link } = this.#stream.api;
    const confirm = message.reply ?? message.header('Nats-Consumer-Stalled');
    if (confirm !== undefined && link.up) channel.publish(confirm);
    const lastSent = message.header('Nats-Last-Consumer');
    if (lastSent === undefined) return;
    if (Number(lastSent) !== this.#consumerSeq)
      this.#trouble(`heartbeat says ${lastSent} were sent, ${this.#consumerSeq} came`);
    else this.#markCaughtUp();
  }

  #markCaughtUp(): void {
    if (this.#caughtUp || this.#over) return;
    this.#caughtUp = true;
    this.#options.onCaughtUp();
  }

  #watchSilence(): void {
    const { clock } = this.#stream.api.env;
    this.#stopTimer = clock.after(HEARTBEAT_MS, () => {
      if (clock.nowMs() - this.#heardMs > SILENCE_MS) this.#trouble('no heartbeat');
      else this.#watchSilence();
    });
  }

  #trouble(reason: string): void {
    if (this.#over) return;
    this.close();
    this.#options.onTrouble(reason);
  }
}

/**
 * Reads where a message stands, from its acknowledgement subject:
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<seq>.<consumer seq>.<time>.<pending>`, with domain and account before the
 * stream in newer servers.
 */
function parsePlace(reply: string): { seq: number; consumerSeq: number; pending: number } | undefined {
  const tokens = reply.split('.');
  const shift = tokens.length === 9 ? 0 : 2;
  if (tokens.length < 9 + shift) return undefined;
  return { seq: Number(tokens[5 + shift]), consumerSeq: Number(tokens[6 + shift]), pending: Number(tokens[8 + shift]) };
}
