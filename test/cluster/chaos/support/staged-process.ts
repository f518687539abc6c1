/**
 * A leaf or a root of a staged cluster: a real process with a data folder of its own, which reaches the nats-servers only
 * through proxies, so that it can be cut off. It is killed, stopped and started again as faults will have it.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULTS, type LeafConfig, type ProcessConfig } from '../../../../actors/config.ts';
import { withConnection } from '../../../../actors/connection-vars.ts';
import { mainOf } from '../../../../actors/embedded/package-root.ts';
import { type ChildEvent, SupervisedChild } from '../../../../actors/embedded/supervised-child.ts';
import { processArgs } from '../../../../actors/process-args.ts';
import { pause, systemEnv } from '../../../../src/env.ts';
import { asCoppiceError } from '../../../../src/errors.ts';
import { type Direction, type PartitionProxy, startPartitionProxy } from '../../../support/partition-proxy.ts';

/** How a process is run. */
export type StagedProcessOptions = {
  readonly name: string;
  readonly kind: 'leaf' | 'root';
  /** Folder of its own; removed where it starts without its data. */
  readonly data: string;
  readonly cluster: string;
  readonly depot: string;
  readonly checkpointRecords: number;
  readonly streamReplicas: number;
  /** Where the nats-servers are. */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** Told when it ends by itself, which no fault asked for. */
  readonly onCrash: (how: string) => void;
  readonly onStderr: (text: string) => void;
};

const RETRY_MS = 300;
const START_MS = 90_000;

/** One process over its restarts. */
export class StagedProcess {
  readonly name: string;
  readonly kind: 'leaf' | 'root';
  /** Whether a fault has it: another one must choose somebody else. */
  struck = false;
  readonly #options: StagedProcessOptions;
  readonly #proxies: readonly PartitionProxy[];
  readonly #child: SupervisedChild;
  #expectsEnd = false;
  #ended: ((how: string) => void) | undefined;

  /** Starts the process and its proxies; resolves when it is ready. */
  static async start(options: StagedProcessOptions): Promise<StagedProcess> {
    const proxies = await Promise.all(options.servers.map(async (server) => startPartitionProxy(server)));
    const started = new StagedProcess(options, proxies);
    await started.up();
    return started;
  }

  private constructor(options: StagedProcessOptions, proxies: readonly PartitionProxy[]) {
    this.name = options.name;
    this.kind = options.kind;
    this.#options = options;
    this.#proxies = proxies;
    const connection = { servers: proxies.map(({ url }) => url).join(','), streamReplicas: options.streamReplicas };
    this.#child = new SupervisedChild({
      name: options.name,
      module: mainOf(options.kind),
      args: () => processArgs(configOf(options, connection)),
      vars: withConnection(process.env, connection),
      respawn: false,
      onEvent: (event) => this.#take(event),
      onStderr: options.onStderr,
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Folder of its files. */
  get data(): string {
    return this.#options.data;
  }

  /** Starts it, again and again until it is ready: while a nats-server is away it cannot be. */
  async up(): Promise<void> {
    this.#expectsEnd = false;
    const endMs = systemEnv.clock.nowMs() + START_MS;
    for (;;) {
      try {
        await this.#child.start();
        return;
      } catch (error) {
        if (systemEnv.clock.nowMs() > endMs)
          throw new Error(`${this.name} does not start: ${asCoppiceError(error).message}`, { cause: error });
        await pause(systemEnv.clock, RETRY_MS);
      }
    }
  }

  /** Ends it with a signal, and resolves when it is gone. */
  async down(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#expectsEnd = true;
    const ended = new Promise<string>((resolve) => {
      this.#ended = resolve;
    });
    if (!this.#child.kill(signal)) throw new Error(`${this.name} does not run`);
    await ended;
  }

  /** Sends a signal that does not end it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (!this.#child.kill(signal)) throw new Error(`${this.name} does not run`);
  }

  /** Cuts it off from all nats-servers. */
  cut(direction: Direction): void {
    for (const proxy of this.#proxies) proxy.hold(direction);
  }

  /** Ends `cut`. */
  heal(): void {
    for (const proxy of this.#proxies) proxy.heal();
  }

  /** Removes its files; it must not run. The folder itself may be a disk of its own, and stays. */
  async wipe(): Promise<void> {
    const { data } = this.#options;
    for (const name of await readdir(data)) await rm(join(data, name), { recursive: true, force: true });
  }

  /** Kills it for good. */
  async close(): Promise<void> {
    this.#expectsEnd = true;
    this.#child.killNow();
    await Promise.all(this.#proxies.map(async (proxy) => proxy.close()));
  }

  /** Kills it at once, when the whole program ends. */
  killNow(): void {
    this.#child.killNow();
  }

  #take(event: ChildEvent): void {
    if (event.kind === 'ready') return;
    this.#ended?.(event.how);
    this.#ended = undefined;
    if (this.#expectsEnd) return;
    this.#options.onCrash(event.how);
    // What it would do on its own ends here; a supervisor starts it again, as `coppice up` does.
    this.up().catch((error: unknown) => this.#options.onCrash(asCoppiceError(error).message));
  }
}

function configOf(options: StagedProcessOptions, connection: ProcessConfig['connection']): ProcessConfig | LeafConfig {
  const { name, kind, data, cluster, depot, checkpointRecords } = options;
  const common = { name, cluster, data, connection, log: { level: 'info', pretty: false } as const };
  if (kind === 'root') return common;
  return { ...common, zone: DEFAULTS.zone, workers: 1, depot, checkpointRecords };
}
