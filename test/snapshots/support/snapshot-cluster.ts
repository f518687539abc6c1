/** Clusters with depots in the test's own process, several on one server if need be: leaves, a controller, a root. */

import type { ActorDefinition } from '../../../src/actor/definition.ts';
import { connectNats } from '../../../src/bus/nats/connect.ts';
import type { NatsBus } from '../../../src/bus/nats/nats-bus.ts';
import type { Coppice } from '../../../src/client/client.ts';
import type { CheckpointSchedule } from '../../../src/cluster/checkpoint-options.ts';
import { type ClusterContext, joinCluster } from '../../../src/cluster/context.ts';
import { type Reporter, systemEnv } from '../../../src/env.ts';
import { InlineHost } from '../../../src/host/inline-host.ts';
import { Leaf } from '../../../src/host/leaf.ts';
import { depotAccess, openCheckpoints } from '../../../src/host/open-checkpoints.ts';
import { searchActor } from '../../../src/search/actor.ts';
import { openRoot } from '../../support/in-process-root.ts';
import type { TestServer } from '../../support/nats-server.ts';
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

/** How a cluster is started. */
export type SnapshotClusterOptions = {
  readonly cluster: string;
  /** `nats:` unless told otherwise. */
  readonly depot?: string;
  /** 1 unless told otherwise. */
  readonly leaves?: number;
  /** When checkpoints are taken; as usual unless given. */
  readonly schedule?: Partial<CheckpointSchedule>;
  /** Definitions beside the search actor, by what their groups require. */
  readonly actors?: Readonly<Record<string, ActorDefinition>>;
};

/** A leaf that can be cut off. */
export type CutLeaf = {
  readonly name: string;
  readonly context: ClusterContext;
  readonly proxy: TcpProxy;
  /** What it reported, but for lifecycle. */
  readonly troubles: readonly string[];
};

/** A running cluster. */
export type SnapshotCluster = {
  readonly context: ClusterContext;
  /** The connection of its root. */
  readonly bus: NatsBus;
  readonly client: Coppice;
  readonly leaves: readonly CutLeaf[];
  close(): Promise<void>;
};

/** Starts a cluster on a server. */
export async function openSnapshotCluster(
  server: TestServer,
  options: SnapshotClusterOptions,
): Promise<SnapshotCluster> {
  const { cluster, leaves: count = 1 } = options;
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.splice(0).toReversed()) await closeOne();
  };
  try {
    const { bus, context, client } = await openRoot(server.url, { cluster }, closers);
    const leaves: CutLeaf[] = [];
    for (let at = 1; at <= count; at++) {
      const leaf = await openLeaf(server, `leaf-${at}`, options);
      leaves.push(leaf);
      closers.push(leaf.close);
    }
    return { context, bus, client, leaves, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openLeaf(
  server: TestServer,
  name: string,
  { cluster, depot = 'nats:', actors = {}, schedule = {} }: SnapshotClusterOptions,
): Promise<CutLeaf & { close: () => Promise<void> }> {
  const proxy = await startProxy(server.port);
  const bus = await connectNats({ servers: proxy.url, name, onFault: () => {} }, systemEnv);
  const troubles: string[] = [];
  const report: Reporter = (level, message, fields) => {
    if (level === 'warn' || level === 'error') troubles.push(`${message} ${JSON.stringify(fields)}`);
  };
  const owner = { bus, cluster, env: systemEnv, report };
  const opened = openCheckpoints(depot, owner);
  const checkpoints = opened === undefined ? undefined : { ...opened, ...schedule };
  const depots = depotAccess(depot, owner);
  const context = await joinCluster({ cluster, bus, env: systemEnv, report, checkpoints, depots });
  const all: Readonly<Record<string, ActorDefinition>> = { search: searchActor, ...actors };
  const host = new InlineHost(context, (requires) => all[requires]);
  const leaf = await Leaf.start({ context, host, name, zone: '', provides: Object.keys(all), onLost: () => {} });
  const close = async (): Promise<void> => {
    await leaf.close();
    await context.close();
    await checkpoints?.depot.close();
    await bus.close();
    await proxy.close();
  };
  return { name, context, proxy, troubles, close };
}
