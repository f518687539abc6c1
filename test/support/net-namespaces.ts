/**
 * A network namespace for each of some servers, on one bridge with this machine: there they can be cut off from each other,
 * or from everyone, as by a broken switch. Linux only, and only for root.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Namespaces that were made. Servers count from 0. */
export type NetNamespaces = {
  /** The address of a server. */
  addressOf(server: number): string;
  /** What a command line begins with that shall run there. */
  commandOf(server: number): readonly string[];
  /** Takes a server off the network. */
  cut(server: number): Promise<void>;
  /** Lets a server reach no other server; this machine, with its clients, still reaches it. */
  split(server: number): Promise<void>;
  /** Nothing that a server sends arrives anywhere. */
  mute(server: number): Promise<void>;
  /** Nothing that anyone sends arrives at a server. */
  deafen(server: number): Promise<void>;
  /** Undoes all of that. */
  heal(server: number): Promise<void>;
  /** Removes them. */
  close(): Promise<void>;
};

const run = promisify(execFile);
/** Two routes that are more specific than that of the network itself, and together as wide. */
const HALVES = ['0/25', '128/25'];
const OWN_HOST = 254;
const NETWORKS = 250;

/** Makes namespaces; rejects with what the system says if that is not allowed, and leaves nothing behind. */
export async function openNetNamespaces(servers: number): Promise<NetNamespaces> {
  const made = new Namespaces(servers);
  try {
    await made.open();
    return made;
  } catch (error) {
    await made.close();
    throw error;
  }
}

class Namespaces implements NetNamespaces {
  readonly #servers: readonly number[];
  readonly #prefix = `cop${process.pid}`;
  readonly #network = `10.77.${process.pid % NETWORKS}`;

  constructor(servers: number) {
    this.#servers = Array.from({ length: servers }, (_, server) => server);
  }

  async open(): Promise<void> {
    if (process.platform !== 'linux') throw new Error('network namespaces are of Linux only');
    const bridge = `${this.#prefix}b`;
    await ip(`link add ${bridge} type bridge`);
    await ip(`addr add ${this.#network}.${OWN_HOST}/24 dev ${bridge}`);
    await ip(`link set ${bridge} up`);
    for (const server of this.#servers) {
      const [name, outside, inside] = [this.#name(server), this.#outside(server), `${this.#prefix}i${server}`];
      await ip(`netns add ${name}`);
      await ip(`link add ${outside} type veth peer name ${inside} netns ${name}`);
      await ip(`link set ${outside} master ${bridge}`);
      await ip(`link set ${outside} up`);
      await ip(`-n ${name} addr add ${this.addressOf(server)}/24 dev ${inside}`);
      await ip(`-n ${name} link set ${inside} up`);
      await ip(`-n ${name} link set lo up`);
    }
  }

  addressOf(server: number): string {
    return `${this.#network}.${server + 1}`;
  }

  commandOf(server: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name(server)];
  }

  async cut(server: number): Promise<void> {
    await ip(`link set ${this.#outside(server)} down`);
  }

  async split(server: number): Promise<void> {
    for (const other of this.#others(server))
      await ip(`-n ${this.#name(server)} route add blackhole ${this.addressOf(other)}`);
  }

  async mute(server: number): Promise<void> {
    for (const half of HALVES) await ip(`-n ${this.#name(server)} route add blackhole ${this.#network}.${half}`);
  }

  async deafen(server: number): Promise<void> {
    await ip(`route add blackhole ${this.addressOf(server)}`);
    for (const other of this.#others(server))
      await ip(`-n ${this.#name(other)} route add blackhole ${this.addressOf(server)}`);
  }

  async heal(server: number): Promise<void> {
    await ip(`link set ${this.#outside(server)} up`);
    await this.#hearAgain();
    for (const other of this.#servers) await ip(`-n ${this.#name(other)} route flush type blackhole`);
  }

  async close(): Promise<void> {
    await this.#hearAgain();
    for (const server of this.#servers) {
      await drop(`link del ${this.#outside(server)}`);
      await drop(`netns del ${this.#name(server)}`);
    }
    await drop(`link del ${this.#prefix}b`);
  }

  /** This machine has routes of its own; only those to the servers are ours. */
  async #hearAgain(): Promise<void> {
    for (const server of this.#servers) await drop(`route del blackhole ${this.addressOf(server)}`);
  }

  #others(server: number): readonly number[] {
    return this.#servers.filter((one) => one !== server);
  }

  #name(server: number): string {
    return `${this.#prefix}n${server}`;
  }

  #outside(server: number): string {
    return `${this.#prefix}o${server}`;
  }
}

async function ip(words: string): Promise<void> {
  await run('ip', words.split(' '));
}

/** Removes what may not be there. */
async function drop(words: string): Promise<void> {
  await ip(words).catch((error: unknown) => {
    if (!/Cannot find device|No such (file|process)/.test(String(error))) throw error;
  });
}
