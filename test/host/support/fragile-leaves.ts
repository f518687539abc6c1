/** Leaves with worker threads that host the fragile actor, and ways to reach one shard of it. */
import { Coppice } from '../../../src/client/client.ts';
import { type ClusterContext, joinCluster } from '../../../src/cluster/context.ts';
import { systemEnv } from '../../../src/env.ts';
import { Leaf } from '../../../src/host/leaf.ts';
import { WorkerHost } from '../../../src/host/worker-host.ts';
import type { WorkerLimits } from '../../../src/host/worker-limits.ts';
import { parseQueryAnswer } from '../../../src/wire/messages.ts';
import { groupToken } from '../../../src/wire/names.ts';
import type { GroupRecord } from '../../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../../src/wire/subjects.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestServer } from '../../support/nats-server.ts';
import { connectTo } from '../../support/nats-suite.ts';
import { fixtureUrl } from '../fixtures/fixture-url.ts';
import { FRAGILE, placeFragile } from './place-fragile.ts';

const START_MS = 8_000;
const ASK_MS = 20_000;
let made = 0;

/** What is started. */
export type FragileOptions = {
  readonly leaves?: number;
  readonly shards: number;
  readonly workers: number;
  readonly limits?: Partial<WorkerLimits>;
  /** Fixture that the threads load; with another than the actor itself nothing will serve. */
  readonly module?: string;
};

/** Leaves that run. */
export type FragileLeaves = {
  readonly context: ClusterContext;
  readonly client: Coppice;
  readonly group: GroupRecord;
  readonly hosts: readonly WorkerHost[];
  readonly reported: string[];
  readonly states: () => readonly string[];
  /** Asks one shard, once: no retry, no hedge. */
  readonly ask: (shard: number, endpoint: string, body: unknown) => Promise<unknown>;
  /** A shard on the same thread, and one on another; shards are dealt to the threads in turn. */
  readonly neighbourOf: (shard: number) => number;
  readonly strangerTo: (shard: number) => number;
  readonly close: () => Promise<void>;
};

/** Starts leaves, and waits until every shard has a primary. */
export async function startFragileLeaves(server: TestServer, options: FragileOptions): Promise<FragileLeaves> {
  made += 1;
  const cluster = `fragile${made}`;
  const { shards, workers, limits = {}, module = 'fragile' } = options;
  const reported: string[] = [];
  const bus = await connectTo(server);
  const report = (_: string, message: string): number => reported.push(message);
  const context = await joinCluster({ cluster, bus, env: systemEnv, report });
  const client = new Coppice(context);
  const hosts: WorkerHost[] = [];
  const leaves: Leaf[] = [];
  for (let n = 1; n <= (options.leaves ?? 1); n++) {
    const actors = { [FRAGILE]: { kind: 'module' as const, url: fixtureUrl(module) } };
    const connection = { servers: server.url };
    const host = new WorkerHost({ bus, connection, cluster, env: systemEnv, report, workers, limits, actors });
    hosts.push(host);
    leaves.push(await Leaf.start({ context, host, name: `l${n}`, zone: '', provides: [FRAGILE], onLost: () => {} }));
  }
  const group = await placeFragile(context, { leaves: leaves.map(({ name }) => name), shards });
  const states = (): readonly string[] => hosts.flatMap((host) => host.statuses().map(({ state }) => state));
  const led = (): boolean => states().filter((state) => state === 'primary').length === shards;
  if (module === 'fragile') await eventually(led, { withinMs: START_MS });
  const token = groupToken(group.name, group.generation);
  return {
    context,
    client,
    group,
    hosts,
    reported,
    states,
    ask: async (shard, endpoint, body) => {
      const subject = fill(SUBJECTS.shard, { cluster, group: token, shard, endpoint });
      const message = { body, slots: group.slots.version };
      return parseQueryAnswer(await context.rpc.request(subject, message, { deadlineMs: ASK_MS })).value;
    },
    neighbourOf: (shard) => (shard + workers) % shards,
    strangerTo: (shard) => (shard + 1) % shards,
    close: async () => {
      await Promise.all(leaves.map(async (leaf) => leaf.close()));
      await client.close();
      await bus.close();
    },
  };
}
