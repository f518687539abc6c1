/** Stories with several leaves in one process: each has a connection of its own, through a proxy that can fail. */
import type { ActorDefinition } from '../../../src/actor/definition.ts';
import { connectNats } from '../../../src/bus/nats/connect.ts';
import type { NatsBus } from '../../../src/bus/nats/nats-bus.ts';
import { Coppice } from '../../../src/client/client.ts';
import type { CallOptions } from '../../../src/client/router.ts';
import type { CheckpointOptions } from '../../../src/cluster/checkpoint-options.ts';
import { type ClusterContext, joinCluster } from '../../../src/cluster/context.ts';
import { createGroup } from '../../../src/cluster/groups.ts';
import type { LocalOptions } from '../../../src/cluster/local-options.ts';
import { placementKey } from '../../../src/cluster/view.ts';
import { Deadline, type Reporter, systemEnv } from '../../../src/env.ts';
import { InlineHost } from '../../../src/host/inline-host.ts';
import { Leaf } from '../../../src/host/leaf.ts';
import type { CopyStatus, GroupRecord } from '../../../src/wire/records.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestServer } from '../../support/nats-server.ts';
import { counterDefinition } from './counter.ts';
import { type PausableProxy, startPausableProxy } from './pausable-proxy.ts';

/** What was reported, for tests that ask whether trouble was told. */
export type Reported = {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** A leaf of a story. */
export type StoryLeaf = {
  readonly name: string;
  readonly leaf: Leaf;
  readonly context: ClusterContext;
  readonly proxy: PausableProxy;
  readonly reported: readonly Reported[];
  statuses(): readonly CopyStatus[];
  /** Ends it as a crash would: the server drops its subjects at once, and nothing is handed over. */
  kill(): Promise<void>;
  /** Ends it in good order. */
  close(): Promise<void>;
};

/** A cluster of its own on a test's server. */
export type Story = {
  readonly cluster: string;
  /** A seat without copies: a client, and the one that places. */
  readonly context: ClusterContext;
  readonly client: Coppice;
  openLeaf(
    name: string,
    definition?: ActorDefinition,
    checkpoints?: CheckpointOptions,
    local?: LocalOptions,
  ): Promise<StoryLeaf>;
  /** Creates a group and puts copies of each shard on the leaves named. */
  createGroup(
    name: string,
    options: { leaves: readonly string[]; shards?: number; definition?: ActorDefinition },
  ): Promise<GroupRecord>;
  place(group: GroupRecord, leaves: readonly string[]): Promise<void>;
  /** The leaf that leads a shard, once one does. */
  primaryOf(group: GroupRecord, shard?: number, among?: readonly StoryLeaf[]): Promise<StoryLeaf>;
  close(): Promise<void>;
};

const REQUIRES = 'group:counter';
let stories = 0;

/** Opens a story. */
export async function openStory(server: TestServer): Promise<Story> {
  stories += 1;
  const cluster = `story${stories}`;
  const bus = await connectNats({ servers: server.url, onFault: () => {} }, systemEnv);
  const context = await joinCluster({ cluster, bus, env: systemEnv, report: () => {} });
  const client = new Coppice(context);
  const leaves: StoryLeaf[] = [];
  const place = async (group: GroupRecord, names: readonly string[]): Promise<void> => {
    const shards = [...new Set(group.slots.ranges.map(({ shard }) => shard))].map((shard) => ({
      shard,
      copies: [...names],
    }));
    const present = await context.registry.get(placementKey(group.name));
    await context.registry.put(placementKey(group.name), {
      generation: group.generation,
      version: (present?.revision ?? 0) + 1,
      shards,
    });
  };
  return {
    cluster,
    context,
    client,
    place,
    openLeaf: async (name, definition = counterDefinition, checkpoints, local) => {
      const opened = await openLeaf({ server, cluster, name, definition, checkpoints, local });
      leaves.push(opened);
      return opened;
    },
    createGroup: async (name, { leaves: names, shards = 1, definition = counterDefinition }) => {
      const group = await createGroup(context, {
        name,
        definition,
        shards,
        copies: Math.max(1, names.length),
        requires: REQUIRES,
        settings: null,
      });
      await place(group, names);
      await context.view.until(() => context.view.group(name)?.generation === group.generation, 5_000);
      return group;
    },
    primaryOf: async (group, shard = 0, among = leaves) => {
      const leads = (leaf: StoryLeaf): boolean =>
        leaf.statuses().some((copy) => isCopy(copy, group, shard) && copy.state === 'primary');
      const what = `a primary of shard ${shard}`;
      const found = await eventually(() => among.find(leads), { withinMs: 10_000, what });
      if (found === undefined) throw new Error(what);
      return found;
    },
    close: async () => {
      await Promise.all(leaves.map(async (leaf) => leaf.close()));
      await client.close();
      await bus.close();
    },
  };
}

/** Whether a status is of this shard of this life. */
export function isCopy(copy: CopyStatus, group: GroupRecord, shard = 0): boolean {
  return copy.group === group.name && copy.generation === group.generation && copy.shard === shard;
}

/** Options of a call with a deadline from now. */
export function within(deadlineMs: number): CallOptions {
  return { deadline: new Deadline(systemEnv.clock, deadlineMs) };
}

async function openLeaf(options: {
  server: TestServer;
  cluster: string;
  name: string;
  definition: ActorDefinition;
  checkpoints: CheckpointOptions | undefined;
  local: LocalOptions | undefined;
}): Promise<StoryLeaf> {
  const { server, cluster, name, definition, checkpoints, local } = options;
  const proxy = await startPausableProxy(server.port);
  const bus: NatsBus = await connectNats({ servers: proxy.url, name, onFault: () => {} }, systemEnv);
  const reported: Reported[] = [];
  const report: Reporter = (level, message, fields = {}) => {
    reported.push({ level, message, fields });
  };
  const context = await joinCluster({ cluster, bus, env: systemEnv, report, checkpoints, local });
  const host = new InlineHost(context, (requires) => (requires === REQUIRES ? definition : undefined));
  const closeBelow = async (): Promise<void> => {
    await context.close();
    await bus.close();
    await proxy.close();
  };
  let leaf: Leaf;
  try {
    leaf = await Leaf.start({ context, host, name, zone: '', provides: [REQUIRES], onLost: () => {} });
  } catch (error) {
    await closeBelow();
    throw error;
  }
  let ending: Promise<void> | undefined;
  const kill = async (): Promise<void> => {
    proxy.kill();
    await eventually(() => !bus.link.up);
    await bus.close();
    await leaf.close();
    await closeBelow();
  };
  const close = async (): Promise<void> => {
    await leaf.close();
    await closeBelow();
  };
  return {
    name,
    leaf,
    context,
    proxy,
    reported,
    statuses: () => host.statuses(),
    kill: () => (ending ??= kill()),
    close: () => (ending ??= close()),
  };
}
