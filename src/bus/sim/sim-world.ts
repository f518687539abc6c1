/**
 * A simulated world: one server, processes, and what is wrong between them, all of it from one seed. The same seed
 * gives the same events, to the byte.
 */
import { SimBus } from './sim-bus.ts';
import { SimConnection } from './sim-connection.ts';
import { SimFaults } from './sim-faults.ts';
import { type ClockSkew, SimNode } from './sim-node.ts';
import { hashText, SimRandom } from './sim-random.ts';
import { SimScheduler } from './sim-scheduler.ts';
import { type ServerContext, SimServer } from './sim-server.ts';

/** How a world is made. */
export type SimWorldOptions = {
  readonly seed: number;
  /** Whether every event is kept; their digest is made in any case. */
  readonly keepsEvents?: boolean;
};

/** A world. */
export class SimWorld {
  readonly scheduler = new SimScheduler();
  readonly faults = new SimFaults();
  readonly random: SimRandom;
  readonly server: SimServer;
  /** Every event with its virtual time, if they are kept. */
  readonly events: string[] = [];
  readonly #context: ServerContext;
  readonly #keepsEvents: boolean;
  #digest = 0;
  #pids = 0;

  constructor({ seed, keepsEvents = false }: SimWorldOptions) {
    this.random = new SimRandom(seed);
    this.#keepsEvents = keepsEvents;
    this.#context = {
      scheduler: this.scheduler,
      faults: this.faults,
      random: this.random.fork('network'),
      note: (text) => this.note(text()),
    };
    this.server = new SimServer(this.#context);
  }

  /** A digest of all events so far. */
  get digest(): number {
    return this.#digest;
  }

  /** Starts a process. */
  startNode(name: string, skew?: ClockSkew): SimNode {
    this.#pids += 1;
    const random = this.random.fork(`${name}/${this.#pids}`);
    return new SimNode(this.scheduler, { name, random, pid: this.#pids, skew });
  }

  /** Connects a process to the server. */
  connect(node: SimNode, onFault: (error: unknown, subject: string) => void = rethrow): SimBus {
    return new SimBus(new SimConnection(node, this.server, this.#context), onFault);
  }

  /** Kills a process. `noticed`: its machine lives on and ends its connections, so that the server knows at once. */
  kill(node: SimNode, { noticed }: { noticed: boolean }): void {
    node.kill();
    if (noticed) this.scheduler.after(0, () => this.server.dropAllOf(node.name));
  }

  /** Keeps an event. */
  note(text: string): void {
    const line = `${this.scheduler.nowMs.toFixed(3)} ${text}`;
    this.#digest = hashText(line, this.#digest);
    if (this.#keepsEvents) this.events.push(line);
  }
}

/** Nobody asked to be told: better a crash than an error unseen. */
function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
