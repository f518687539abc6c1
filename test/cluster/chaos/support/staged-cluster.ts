/**
 * A cluster built to be broken: one nats-server or three, leaves and roots as processes behind proxies, and a depot in a
 * folder. Everything is killed, and its folder removed unless somebody wants to look into it, when it is closed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect, type NatsConnection } from 'nats';
import { connectNats } from '../../../../src/bus/nats/connect.ts';
import type { NatsBus } from '../../../../src/bus/nats/nats-bus.ts';
import { type ClusterContext, joinCluster } from '../../../../src/cluster/context.ts';
import { systemEnv } from '../../../../src/env.ts';
import { asCoppiceError } from '../../../../src/errors.ts';
import { startNatsCluster } from '../../../support/nats-cluster.ts';
import { startNats, type TestServer } from '../../../support/nats-server.ts';
import { type NetNamespaces, openNetNamespaces } from '../../../support/net-namespaces.ts';
import { openSmallDisk, type SmallDisk } from '../../../support/small-disk.ts';
import { StagedProcess } from './staged-process.ts';

/** What is staged. */
export type StageOptions = {
  /** nats-servers: with three, everything in JetStream is kept three times. */
  readonly servers: 1 | 3;
  readonly leaves: number;
  readonly roots: number;
  /** Log records from one checkpoint to the next. */
  readonly checkpointRecords: number;
  /** Folder for everything; made if need be. */
  readonly folder: string;
  readonly tell: (text: string) => void;
};

/** A staged cluster. */
export type StagedCluster = {
  readonly name: string;
  readonly folder: string;
  readonly servers: readonly TestServer[];
  /** The network of three servers, where this machine allows it to be broken. */
  readonly namespaces: NetNamespaces | undefined;
  readonly leaves: readonly StagedProcess[];
  readonly roots: readonly StagedProcess[];
  /** Folder of the depot. */
  readonly depot: string;
  /** Disks that can be filled, where this machine allows to mount them. */
  readonly disks: StagedDisks;
  /** The judge's connection and seat. */
  readonly bus: NatsBus;
  readonly context: ClusterContext;
  /** The workload's connection, which knows nothing of Coppice. */
  readonly nats: NatsConnection;
  /** Processes that ended though no fault had asked for it. */
  readonly crashes: readonly string[];
  close(): Promise<void>;
};

/** The disks of the depot, of the only nats-server, and of leaves by their names. */
export type StagedDisks = {
  readonly depot?: SmallDisk;
  readonly nats?: SmallDisk;
  readonly leaves: ReadonlyMap<string, SmallDisk>;
};

/** As `coppice up` configures its own: what hangs is noticed soon. */
const NATS_CONFIG = 'ping_interval: "1s"\nping_max: 2\nwrite_deadline: "2s"\n';
const NAME = 'coppice';
const RECONNECT_MS = 50;
/** More than a run of half an hour writes. */
const DISK_MIB = 512;

/** Starts a cluster; rejects, and leaves nothing behind, if it does not come up. */
export async function stageCluster(options: StageOptions): Promise<StagedCluster> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.splice(0).toReversed()) await closeOne();
  };
  try {
    return await stage(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function stage(
  options: StageOptions,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<StagedCluster> {
  const { folder, tell } = options;
  await mkdir(folder, { recursive: true });
  const depot = join(folder, 'depot');
  const opened: SmallDisk[] = [];
  closers.push(async () => Promise.all(opened.map(async (disk) => disk.close())));
  const disks = await disksFor(options, depot, opened);
  const namespaces = await namespacesFor(options);
  if (namespaces !== undefined) closers.push(async () => namespaces.close());
  const { servers, url } = await startServers(options, namespaces);
  closers.push(async () => Promise.all(servers.map(async (server) => server.stop())));
  const crashes: string[] = [];
  const processes: StagedProcess[] = [];
  const killAll = (): void => {
    for (const one of processes) one.killNow();
  };
  process.once('exit', killAll);
  closers.push(async () => {
    process.off('exit', killAll);
    await Promise.all(processes.map(async (one) => one.close()));
  });
  const start = async (kind: 'leaf' | 'root', name: string): Promise<StagedProcess> => {
    const started = await StagedProcess.start({
      name,
      kind,
      data: join(folder, name),
      cluster: NAME,
      depot: pathToFileURL(depot).href,
      checkpointRecords: options.checkpointRecords,
      streamReplicas: options.servers,
      servers: servers.map(({ url: own, port }) => ({ host: new URL(own).hostname, port })),
      onCrash: (how) => {
        crashes.push(`${name} ended: ${how}`);
        tell(`${name} ended by itself: ${how}`);
      },
      onStderr: tell,
    });
    processes.push(started);
    return started;
  };
  const roots = await Promise.all(namesOf('root', options.roots).map(async (name) => start('root', name)));
  const leaves = await Promise.all(namesOf('leaf', options.leaves).map(async (name) => start('leaf', name)));
  const bus = await connectNats({ servers: url, name: 'judge' }, systemEnv);
  closers.push(async () => bus.close());
  const context = await joinCluster({ cluster: NAME, bus, env: systemEnv, report: () => {}, create: false });
  closers.push(async () => context.close());
  const reconnectDelayHandler = (): number => RECONNECT_MS;
  const nats = await connect({
    servers: url.split(','),
    name: 'callers',
    maxReconnectAttempts: -1,
    reconnectDelayHandler,
  });
  closers.push(async () => nats.close());
  return { name: NAME, folder, servers, disks, namespaces, leaves, roots, depot, bus, context, nats, crashes, close };
}

/** Loud where they are not to be had: full disks are skipped then. */
async function disksFor(options: StageOptions, depot: string, opened: SmallDisk[]): Promise<StagedDisks> {
  const { servers, folder, tell } = options;
  const open = async (path: string): Promise<SmallDisk> => {
    const disk = await openSmallDisk(path, DISK_MIB);
    opened.push(disk);
    return disk;
  };
  const leaves = new Map<string, SmallDisk>();
  try {
    const disks = { depot: await open(depot), ...(servers === 1 ? { nats: await open(join(folder, 'nats')) } : {}) };
    for (const name of namesOf('leaf', options.leaves)) leaves.set(name, await open(join(folder, name)));
    return { ...disks, leaves };
  } catch (error) {
    tell(`NO SMALL DISKS, so none that is full: ${asCoppiceError(error).message}`);
    return { leaves };
  }
}

function namesOf(kind: 'leaf' | 'root', count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${kind}-${at + 1}`);
}

/** Loud where it is not to be had: faults of the network between servers are skipped then. */
async function namespacesFor({ servers, tell }: StageOptions): Promise<NetNamespaces | undefined> {
  if (servers === 1) return undefined;
  return openNetNamespaces(servers).catch((error: unknown) => {
    tell(`NO NETWORK NAMESPACES, so no partitions between nats-servers: ${asCoppiceError(error).message}`);
    return undefined;
  });
}

async function startServers(
  { servers, folder }: StageOptions,
  namespaces: NetNamespaces | undefined,
): Promise<{ servers: readonly TestServer[]; url: string }> {
  if (servers === 3) return startNatsCluster({ config: NATS_CONFIG }, namespaces);
  const server = await startNats({ config: NATS_CONFIG, store: join(folder, 'nats') });
  return { servers: [server], url: server.url };
}
