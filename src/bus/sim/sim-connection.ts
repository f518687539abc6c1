/**
 * A process's connection to the simulated server, as the `nats` client keeps one: it pings, notices silence, dials
 * again for ever, and subscribes anew. What was under way when it broke is lost, and the sender is not told.
 */
import { ConnectionLink } from '../connection-link.ts';
import { type SentMessage, SimMessage } from './sim-message.ts';
import type { SimNode } from './sim-node.ts';
import { SimPipe } from './sim-pipe.ts';
import type { ServerContext, ServerPeer, SimServer } from './sim-server.ts';

/** What handles the messages of a subscription. */
export type OnMessage = (message: SimMessage) => void;

type Subscription = { readonly subject: string; readonly queue: string | undefined; readonly onMessage: OnMessage };
type Line = { readonly up: SimPipe; readonly down: SimPipe; readonly peer: ServerPeer };

const PING_MS = 1_000;
const MAX_PINGS_OUT = 2;
const RECONNECT_MS = 50;
const RECONNECT_JITTER_MS = 100;

/** One connection. */
export class SimConnection {
  readonly link: ConnectionLink;
  readonly node: SimNode;
  readonly #server: SimServer;
  readonly #context: ServerContext;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #pongs = new Set<(arrived: boolean) => void>();
  #line: Line | undefined;
  #sids = 0;
  #pingsOut = 0;
  #closed = false;

  constructor(node: SimNode, server: SimServer, context: ServerContext) {
    this.node = node;
    this.#server = server;
    this.#context = context;
    this.link = new ConnectionLink({ reachable: () => this.#line !== undefined, closed: () => this.#closed }, node.env);
    this.#connect();
    this.#pingLater();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Publishes; the link must be up. */
  publish(message: SentMessage): void {
    const { faults, random } = this.#context;
    if (faults.lossRate > 0 && random.chance(faults.lossRate)) return;
    this.#tellServer((peer) => this.#server.publish(peer, message));
  }

  /** Subscribes, and returns what ends the subscription at once. */
  subscribe(options: { subject: string; queue?: string | undefined }, onMessage: OnMessage): () => void {
    this.#sids += 1;
    const sid = `${this.#sids}`;
    const subscription = { subject: options.subject, queue: options.queue, onMessage };
    this.#subscriptions.set(sid, subscription);
    this.#tellServer((peer) => this.#server.subscribe(peer, sid, subscription));
    return () => {
      if (this.#subscriptions.delete(sid)) this.#tellServer((peer) => this.#server.unsubscribe(peer, sid));
    };
  }

  /** Subscribes, and returns what ends the subscription once all that the server has sent is handled. */
  subscribeDrained(
    options: { subject: string; queue?: string | undefined },
    onMessage: OnMessage,
  ): { close: () => void; drain: () => Promise<void> } {
    const close = this.subscribe(options, onMessage);
    const sid = `${this.#sids}`;
    const drain = async (): Promise<void> => {
      if (!this.#subscriptions.has(sid)) return;
      this.#tellServer((peer) => this.#server.unsubscribe(peer, sid));
      await this.ping();
      this.#subscriptions.delete(sid);
    };
    return { close, drain };
  }

  /** Resolves to true when the server has seen all that was sent before, to false if the link broke before that. */
  async ping(): Promise<boolean> {
    if (this.#line === undefined) return false;
    return new Promise((resolve) => {
      const settle = (arrived: boolean): void => {
        this.#pongs.delete(settle);
        resolve(arrived);
      };
      this.#pongs.add(settle);
      this.#tellServer((peer) => peer.down.send(() => settle(true)));
    });
  }

  /** Ends it for good. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#hangUp();
    this.link.set(false);
  }

  #connect(): void {
    const { node } = this;
    const { scheduler, faults, random } = this.#context;
    const place = { scheduler, faults, random };
    const up = new SimPipe({ ...place, owner: undefined, isCut: () => faults.cutFrom.has(node.name) });
    const down = new SimPipe({ ...place, owner: node, isCut: () => faults.cutTo.has(node.name) });
    const line: Line = {
      up,
      down,
      peer: {
        node: node.name,
        down,
        deliver: (sid, message) => this.#receive(line, sid, message),
        onDropped: () => {
          if (this.#line === line) this.#lose('closed by the server');
        },
      },
    };
    this.#line = line;
    this.#pingsOut = 0;
    this.#server.accept(line.peer);
    for (const [sid, subscription] of this.#subscriptions)
      this.#tellServer((peer) => this.#server.subscribe(peer, sid, subscription));
    this.link.set(true);
  }

  #receive(line: Line, sid: string, message: SentMessage): void {
    const { faults, random, note } = this.#context;
    if (faults.lossRate > 0 && random.chance(faults.lossRate)) return;
    line.down.send(() => {
      if (this.#line !== line) return;
      note(() => `${this.node.name} ← ${message.subject} (${message.data.length} bytes)`);
      this.#subscriptions.get(sid)?.onMessage(new SimMessage(message));
    }, sid);
  }

  /** Everything that goes up says that the process lives. */
  #tellServer(what: (peer: ServerPeer) => void): void {
    const line = this.#line;
    line?.up.send(() => {
      if (this.#server.hear(line.peer)) what(line.peer);
    });
  }

  #pingLater(): void {
    this.node.env.clock.after(PING_MS, () => {
      if (this.#closed) return;
      if (this.#line !== undefined) this.#pingServer(this.#line);
      this.#pingLater();
    });
  }

  #pingServer(line: Line): void {
    if (this.#pingsOut >= MAX_PINGS_OUT) return this.#lose('no answer to pings');
    this.#pingsOut += 1;
    this.#tellServer((peer) =>
      peer.down.send(() => {
        if (this.#line === line) this.#pingsOut = 0;
      }),
    );
  }

  #lose(reason: string): void {
    this.#context.note(() => `${this.node.name} lost its link: ${reason}`);
    this.#hangUp();
    this.link.set(false);
    this.#dialLater();
  }

  /** The server learns of it at once, or by silence where it cannot be reached. */
  #hangUp(): void {
    const line = this.#line;
    this.#line = undefined;
    line?.down.close();
    if (line !== undefined && !this.#context.faults.cutFrom.has(this.node.name))
      this.#context.scheduler.after(0, () => this.#server.drop(line.peer));
    for (const settle of [...this.#pongs]) settle(false);
  }

  #dialLater(): void {
    const { clock, random } = this.node.env;
    clock.after(RECONNECT_MS + random.next() * RECONNECT_JITTER_MS, () => {
      if (this.#closed) return;
      const { cutFrom, cutTo } = this.#context.faults;
      const reachable = this.#server.up && !cutFrom.has(this.node.name) && !cutTo.has(this.node.name);
      if (reachable) this.#connect();
      else this.#dialLater();
    });
  }
}
