/**
 * A whole cluster in the test's own process, over a real nats-server: leaves on their own connections, a root with the
 * public API, a controller and a client. It starts in a fraction of a second; processes and worker threads have tests
 * of their own.
 */

import { connectNats } from '../../src/bus/nats/connect.ts';
import type { NatsBus } from '../../src/bus/nats/nats-bus.ts';
import type { Coppice } from '../../src/client/client.ts';
import { DEFAULT_CLUSTER } from '../../src/client/connect.ts';
import { type ClusterContext, joinCluster } from '../../src/cluster/context.ts';
import { type Reporter, systemEnv } from '../../src/env.ts';
import { SEARCH_REQUIREMENT } from '../../src/host/actor-source.ts';
import { InlineHost } from '../../src/host/inline-host.ts';
import { Leaf } from '../../src/host/leaf.ts';
import { depotAccess, openCheckpoints } from '../../src/host/open-checkpoints.ts';
import { searchActor } from '../../src/search/actor.ts';
import { openRoot } from './in-process-root.ts';
import { type ServerOptions, startNats, type TestServer } from './nats-server.ts';
import { startProxy } from './tcp-proxy.ts';

/** How a cluster is started. */
export type InProcessOptions = {
  /** Leaves to start, named `leaf-1`, `leaf-2` and so on; 2 unless told otherwise. */
  readonly leaves?: number;
  readonly cluster?: string;
  readonly report?: Reporter;
  readonly server?: ServerOptions;
  /** Depot of the leaves, for checkpoints and snapshots; they have none without. */
  readonly depot?: string;
};

/** A running cluster. */
export type InProcessCluster = {
  readonly server: TestServer;
  /** Address of its NATS server. */
  readonly url: string;
  /** The root's context and its client. */
  readonly context: ClusterContext;
  readonly client: Coppice;
  /** Names of the leaves that live. */
  leafNames(): readonly string[];
  /** Starts one more leaf. */
  startLeaf(name: string): Promise<void>;
  /** Cuts a leaf off in mid-sentence: to everyone else it looks as if its process was killed. It does not come back. */
  killLeaf(name: string): Promise<void>;
  /** Stops everything and removes its data. Twice is harmless. */
  close(): Promise<void>;
};

type RunningLeaf = { kill(): Promise<void>; close(): Promise<void> };

/** Starts a cluster; `close` it in `test.after`. */
export async function startInProcessCluster(options: InProcessOptions = {}): Promise<InProcessCluster> {
  const { leaves = 2, cluster = DEFAULT_CLUSTER, report = () => {}, depot } = options;
  const server = await startNats(options.server);
  const closers: (() => Promise<void>)[] = [async () => server.stop()];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.splice(0).toReversed()) await closeOne();
  };
  try {
    const { context, client } = await openRoot(server.url, { cluster, report }, closers);
    const running = new Map<string, RunningLeaf>();
    closers.push(async () => {
      await Promise.all([...running.values()].map(async (leaf) => leaf.close()));
    });
    const startLeaf = async (name: string): Promise<void> => {
      running.set(name, await openLeaf(server.port, { name, cluster, report, depot }));
    };
    const killLeaf = async (name: string): Promise<void> => {
      const leaf = running.get(name);
      if (leaf === undefined) throw new Error(`no leaf \`${name}\` is running`);
      running.delete(name);
      closers.push(async () => leaf.close());
      await leaf.kill();
    };
    await Promise.all(Array.from({ length: leaves }, async (_, at) => startLeaf(`leaf-${at + 1}`)));
    return {
      server,
      url: server.url,
      context,
      client,
      leafNames: () => [...running.keys()],
      startLeaf,
      killLeaf,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type SeatOptions = { readonly cluster: string; readonly report: Reporter; readonly depot?: string | undefined };

async function seat(
  url: string,
  { cluster, report, depot }: SeatOptions,
): Promise<{ bus: NatsBus; context: ClusterContext }> {
  const bus = await connectNats({ servers: url, name: 'test cluster' }, systemEnv);
  const owner = { bus, cluster, env: systemEnv, report };
  try {
    const checkpoints = openCheckpoints(depot, owner);
    const depots = depotAccess(depot, owner);
    return { bus, context: await joinCluster({ cluster, bus, env: systemEnv, report, checkpoints, depots }) };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

/** Each leaf has its line to the server through a proxy, which can be cut. */
async function openLeaf(port: number, options: SeatOptions & { name: string }): Promise<RunningLeaf> {
  const proxy = await startProxy(port);
  try {
    const { bus, context } = await seat(proxy.url, options);
    const host = new InlineHost(context, (requires) => (requires === SEARCH_REQUIREMENT ? searchActor : undefined));
    const onLost = (reason: string): void => options.report('error', 'leaf lost its name', { reason });
    const leaf = await Leaf.start({
      context,
      host,
      name: options.name,
      zone: '',
      provides: [SEARCH_REQUIREMENT],
      onLost,
    });
    return {
      kill: async () => {
        const down = new Promise<void>((resolve) => bus.link.onChange(() => resolve()));
        proxy.cut();
        await down; // closed before it notices, the bus would still say goodbye
        await bus.close();
      },
      close: async () => {
        await leaf.close();
        await context.close();
        await bus.close();
        await proxy.close();
      },
    };
  } catch (error) {
    await proxy.close();
    throw error;
  }
}
