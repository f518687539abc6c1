/**
 * A simulated nats-server: who is connected, who has subscribed to what, and where a message goes. JetStream is asked
 * first, as in the real one, where streams are subscribers too.
 */
import type { SimFaults } from './sim-faults.ts';
import { SimJetStream } from './sim-jetstream.ts';
import { noRespondersTo, type SentMessage } from './sim-message.ts';
import type { SimPipe } from './sim-pipe.ts';
import type { SimRandom } from './sim-random.ts';
import type { SimScheduler } from './sim-scheduler.ts';
import { SubjectPattern } from './subject-pattern.ts';

/** The server's end of a connection. */
export interface ServerPeer {
  readonly node: string;
  /** To the process. */
  readonly down: SimPipe;
  /** Hands a message to a subscription of the process. */
  deliver(sid: string, message: SentMessage): void;
  /** The server has closed the connection. */
  onDropped(): void;
}

/** What a server is made of. `note` keeps an event of the world. */
export type ServerContext = {
  readonly scheduler: SimScheduler;
  readonly random: SimRandom;
  readonly faults: SimFaults;
  readonly note: (text: () => string) => void;
};

type Subscription = {
  readonly peer: ServerPeer;
  readonly sid: string;
  readonly pattern: SubjectPattern;
  readonly queue: string | undefined;
};

/** A silent process is dropped after so long. */
const SILENCE_MS = 3_000;
const LOOK_MS = 1_000;

/** A server. */
export class SimServer {
  readonly jetStream: SimJetStream;
  readonly #context: ServerContext;
  readonly #peers = new Map<ServerPeer, number>();
  readonly #literal = new Map<string, Set<Subscription>>();
  readonly #patterns = new Set<Subscription>();
  readonly #subscriptions = new Map<ServerPeer, Map<string, Subscription>>();
  #up = true;

  constructor(context: ServerContext) {
    this.#context = context;
    this.jetStream = new SimJetStream({ ...context, send: (message, to) => this.#route(message, { to }) });
    this.#watchSilence();
  }

  /** Whether it takes connections. */
  get up(): boolean {
    return this.#up;
  }

  /** Stops it: every connection ends, consumers are forgotten, streams stay. */
  stop(): void {
    this.#up = false;
    this.jetStream.dropConsumers();
    for (const peer of [...this.#peers.keys()]) this.drop(peer);
  }

  /** Starts it again. */
  start(): void {
    this.#up = true;
  }

  /** A process has connected. */
  accept(peer: ServerPeer): void {
    this.#peers.set(peer, this.#context.scheduler.nowMs);
    this.#subscriptions.set(peer, new Map());
  }

  /** Ends a connection, and tells the other end if it can be reached. */
  drop(peer: ServerPeer): void {
    if (!this.#peers.delete(peer)) return;
    for (const subscription of this.#subscriptions.get(peer)?.values() ?? []) this.#forget(subscription);
    this.#subscriptions.delete(peer);
    peer.down.send(() => peer.onDropped());
  }

  /** Drops every connection of a process whose end the server has noticed. */
  dropAllOf(node: string): void {
    for (const peer of [...this.#peers.keys()]) if (peer.node === node) this.drop(peer);
  }

  /** Something came from a process. False if its connection is not there any more. */
  hear(peer: ServerPeer): boolean {
    if (!this.#peers.has(peer)) return false;
    this.#peers.set(peer, this.#context.scheduler.nowMs);
    return true;
  }

  subscribe(peer: ServerPeer, sid: string, options: { subject: string; queue: string | undefined }): void {
    const subscription = { peer, sid, pattern: new SubjectPattern(options.subject), queue: options.queue };
    this.#subscriptions.get(peer)?.set(sid, subscription);
    if (!subscription.pattern.isLiteral) {
      this.#patterns.add(subscription);
      return;
    }
    const others = this.#literal.get(options.subject);
    if (others === undefined) this.#literal.set(options.subject, new Set([subscription]));
    else others.add(subscription);
  }

  unsubscribe(peer: ServerPeer, sid: string): void {
    const subscription = this.#subscriptions.get(peer)?.get(sid);
    if (subscription === undefined) return;
    this.#subscriptions.get(peer)?.delete(sid);
    this.#forget(subscription);
  }

  /** Takes a message of a process. */
  publish(peer: ServerPeer, message: SentMessage): void {
    const { scheduler, faults, random, note } = this.#context;
    note(() => `${peer.node} → ${shown(message)}`);
    const isTaken = this.#take(peer, message);
    if (!isTaken && message.reply !== undefined) this.#route(noRespondersTo(message.reply), {});
    // An echo of what nobody took would belie the answer that nobody did, which no server gives in vain.
    if (isTaken && faults.duplicateRate > 0 && random.chance(faults.duplicateRate))
      scheduler.after(random.next() * faults.maxEchoMs, () => this.#take(peer, message));
  }

  /** Hands a message to streams and subscribers; false if there are none. */
  #take(peer: ServerPeer, message: SentMessage): boolean {
    const byStream = this.jetStream.take(message);
    const receivers = this.#route(message, { from: peer.node });
    return byStream || receivers > 0;
  }

  /** Sends a message to every plain subscriber and one of each queue group; returns how many got it. */
  #route(message: SentMessage, { from, to = message.subject }: { from?: string; to?: string | undefined }): number {
    const groups = new Map<string, Subscription[]>();
    const chosen: Subscription[] = [];
    for (const subscription of this.#matching(to)) {
      if (subscription.queue === undefined) chosen.push(subscription);
      else groups.set(subscription.queue, [...(groups.get(subscription.queue) ?? []), subscription]);
    }
    for (const members of groups.values()) chosen.push(this.#context.random.pick(members));
    for (const { peer, sid } of chosen) {
      if (from === undefined || !this.#context.faults.muted.has(`${from}>${peer.node}`)) peer.deliver(sid, message);
    }
    return chosen.length;
  }

  #matching(subject: string): Subscription[] {
    const tokens = subject.split('.');
    const found = [...(this.#literal.get(subject) ?? [])];
    for (const subscription of this.#patterns) if (subscription.pattern.covers(tokens)) found.push(subscription);
    return found;
  }

  #forget(subscription: Subscription): void {
    this.#patterns.delete(subscription);
    const others = this.#literal.get(subscription.pattern.text);
    others?.delete(subscription);
    if (others?.size === 0) this.#literal.delete(subscription.pattern.text);
  }

  #watchSilence(): void {
    const { scheduler, note } = this.#context;
    scheduler.after(LOOK_MS, () => {
      for (const [peer, heardMs] of [...this.#peers]) {
        if (scheduler.nowMs - heardMs <= SILENCE_MS) continue;
        note(() => `server drops ${peer.node}: silent`);
        this.drop(peer);
      }
      this.#watchSilence();
    });
  }
}

function shown({ subject, data, reply }: SentMessage): string {
  return `${subject} (${data.length} bytes${reply === undefined ? '' : `, reply ${reply}`})`;
}
