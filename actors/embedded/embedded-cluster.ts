/**
 * A whole cluster on this machine as child processes: a nats-server (unless one is given), leaves and a root, minded
 * and started again when they die. `coppice up`, the demo and tests stand on it.
 */
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Closeable } from '../../src/bus/bus.ts';
import { type ConnectionOptions, parseServers } from '../../src/bus/nats/options.ts';
import { systemEnv } from '../../src/env.ts';
import { CoppiceError } from '../../src/errors.ts';
import { identityOf } from '../../src/process-identity.ts';
import { DEFAULTS, type LogConfig } from '../config.ts';
import { type Vars, withConnection } from '../connection-vars.ts';
import { processArgs } from '../process-args.ts';
import { type ClusterFile, removeClusterFile, writeClusterFile } from './cluster-file.ts';
import { lockData } from './data-lock.ts';
import { findNatsServer } from './find-nats-server.ts';
import { mainOf, PACKAGE_ROOT } from './package-root.ts';
import { type ChildEvent, SupervisedChild } from './supervised-child.ts';

/** What a cluster is made of. */
export type EmbeddedOptions = {
  readonly data: string;
  readonly cluster: string;
  readonly leaves: number;
  readonly zone: string;
  /** Where checkpoints go, as `parseDepotUrl` reads it. */
  readonly depot: string;
  readonly respawn: boolean;
  readonly log: LogConfig;
  /** The environment that children get. */
  readonly vars: Vars;
  /** Copies that JetStream keeps; as many as it keeps already, or one, unless given. */
  readonly streamReplicas?: number;
  /** A NATS that is there already; without it a server is started. */
  readonly nats?: ConnectionOptions;
  /** Port of the server started; a free one unless given. */
  readonly natsPort?: number;
  /** Whether the folder's earlier data is removed first. */
  readonly fresh: boolean;
  readonly onEvent: (event: ChildEvent) => void;
  /** Takes what children and the installer write for people. */
  readonly onStderr: (text: string) => void;
  /** Ends a start that is not done. */
  readonly signal: AbortSignal;
};

/** What lies in a data folder besides its lock. */
const CONTENTS = ['nats', 'logs', 'leaves', 'cluster.json', 'cluster.json.new', 'loaded'];

/** A running cluster. */
export class EmbeddedCluster implements Closeable {
  readonly #options: EmbeddedOptions;
  readonly #data: string;
  readonly #unlock: () => void;
  #nats: SupervisedChild | undefined;
  #root: SupervisedChild | undefined;
  readonly #leaves: SupervisedChild[] = [];
  #connection: ConnectionOptions = {};
  #ready = false;
  #closing: Promise<void> | undefined;

  /**
   * Starts a cluster and resolves when all its processes are ready.
   *
   * @throws CoppiceError `PREFLIGHT_FAILED` if the folder is in use or something needed is missing; the signal's
   *   reason if it is aborted. Nothing is left running then.
   */
  static async start(options: EmbeddedOptions): Promise<EmbeddedCluster> {
    const cluster = new EmbeddedCluster(options);
    try {
      await cluster.#start();
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  private constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.#data = resolve(options.data);
    this.#unlock = lockData(options.data);
  }

  /** How to reach the cluster's NATS. */
  get connection(): ConnectionOptions {
    return this.#connection;
  }

  /** Its processes as they are now. */
  describe(): ClusterFile {
    const root = this.#root;
    const self = identityOf(process.pid);
    if (root === undefined || self === undefined) throw new Error('the cluster has not been started');
    return {
      ...self,
      cluster: this.#options.cluster,
      nats: parseServers(this.#connection.servers).urls.join(','),
      leaves: this.#leaves.map(({ name, pid }) => ({ name, pid })),
      root: { name: root.name, pid: root.pid },
      ...(this.#nats === undefined ? {} : { natsServer: { pid: this.#nats.pid } }),
    };
  }

  /** Sends a signal to a leaf, the root or `nats-server`; returns its pid, or undefined if it is not running. */
  kill(name: string, signal: NodeJS.Signals): number | undefined {
    const child = this.#children().find((one) => one.name === name);
    const pid = child?.pid;
    return child?.kill(signal) === true ? pid : undefined;
  }

  /** Drains leaves and root, then ends nats-server. */
  async close(): Promise<void> {
    this.#closing ??= this.#stop();
    await this.#closing;
  }

  /** Kills every child at once. */
  killNow(): void {
    for (const child of this.#children()) child.killNow();
  }

  async #start(): Promise<void> {
    const { fresh, signal, leaves } = this.#options;
    if (fresh) for (const entry of CONTENTS) rmSync(join(this.#data, entry), { recursive: true, force: true });
    const { streamReplicas } = this.#options;
    this.#connection = {
      ...(this.#options.nats ?? (await this.#startNats())),
      ...(streamReplicas === undefined ? {} : { streamReplicas }),
    };
    signal.throwIfAborted();
    this.#root = this.#child('root');
    for (let number = 1; number <= leaves; number++) this.#leaves.push(this.#child('leaf', number));
    await this.#orAborted(Promise.all([this.#root, ...this.#leaves].map(async (child) => child.start())));
    this.#ready = true;
    this.#noteState();
  }

  async #startNats(): Promise<ConnectionOptions> {
    const { vars, onStderr, signal } = this.#options;
    const server = await findNatsServer(vars['NATS_SERVER'], onStderr, signal);
    let port = String(this.#options.natsPort ?? -1);
    this.#nats = new SupervisedChild({
      ...this.#common('nats-server', {}),
      module: mainOf('nats'),
      args: () => [
        '--server',
        server,
        '--config',
        join(PACKAGE_ROOT, 'nats.conf'),
        '--data',
        this.#data,
        `--port=${port}`,
      ],
    });
    const { url = '' } = await this.#orAborted(this.#nats.start());
    // A server that is started again must be found where its clients look for it.
    port = new URL(url).port;
    return { servers: url };
  }

  #child(kind: 'leaf' | 'root', number = 0): SupervisedChild {
    const { cluster, log, zone, depot, leaves } = this.#options;
    const name = this.#nameOf(kind, number);
    const common = { name, cluster, data: this.#data, connection: this.#connection, log };
    const workers = Math.max(1, Math.ceil(systemEnv.machine.cores / leaves));
    const { checkpointRecords } = DEFAULTS;
    const config = kind === 'leaf' ? { ...common, zone, depot, workers, checkpointRecords } : common;
    return new SupervisedChild({
      ...this.#common(name, this.#connection),
      module: mainOf(kind),
      args: () => processArgs(config),
    });
  }

  /** On a NATS shared with other machines, names tell the machine. */
  #nameOf(kind: 'leaf' | 'root', number: number): string {
    const host =
      hostname()
        .toLowerCase()
        .replaceAll(/[^a-z0-9-]+/g, '-')
        .replace(/^-+/, '') || 'host';
    const prefix = this.#options.nats === undefined ? '' : `${host}-`;
    return kind === 'root' ? `${prefix}root` : `${prefix}leaf-${number}`;
  }

  #common(
    name: string,
    connection: ConnectionOptions,
  ): Omit<ConstructorParameters<typeof SupervisedChild>[0], 'module' | 'args'> {
    const { vars, respawn, onStderr } = this.#options;
    return { name, vars: withConnection(vars, connection), respawn, onStderr, onEvent: (event) => this.#take(event) };
  }

  #take(event: ChildEvent): void {
    if (!this.#ready || this.#closing !== undefined) return;
    this.#noteState();
    this.#options.onEvent(event);
  }

  #noteState(): void {
    writeClusterFile(this.#data, this.describe());
  }

  #children(): readonly SupervisedChild[] {
    return [
      ...this.#leaves,
      ...(this.#root === undefined ? [] : [this.#root]),
      ...(this.#nats === undefined ? [] : [this.#nats]),
    ];
  }

  async #orAborted<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    let onAbort = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () =>
        reject(
          signal.reason instanceof Error ? signal.reason : new CoppiceError('CANCELLED', 'the start was interrupted'),
        );
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      // If it lost the race its start was interrupted, and the caller has the signal's reason; if not, he has its error.
      work.catch(() => {});
    }
  }

  async #stop(): Promise<void> {
    removeClusterFile(this.#data);
    const served = [...this.#leaves, ...(this.#root === undefined ? [] : [this.#root])];
    await Promise.all(served.map(async (child) => child.stop()));
    await this.#nats?.stop();
    this.#unlock();
  }
}

/** Defaults of what an embedded cluster is made of. */
export const EMBEDDED_DEFAULTS = {
  data: DEFAULTS.data,
  cluster: DEFAULTS.cluster,
  leaves: DEFAULTS.leaves,
  zone: DEFAULTS.zone,
  depot: DEFAULTS.depot,
  respawn: true,
  log: { level: DEFAULTS.logLevel, pretty: false },
  fresh: false,
} as const;
