/**
 * Actor groups inside any service: `serve(definition, …)` makes this process a host of the group, next to whatever
 * else it does. It needs NATS, and no other process of Coppice.
 */
import { resolve } from 'node:path';
import { checkDefinition } from '../actor/define.ts';
import type { ActorDefinition } from '../actor/definition.ts';
import { shardsOf } from '../actor/slots.ts';
import type { Closeable } from '../bus/bus.ts';
import { connectNats } from '../bus/nats/connect.ts';
import type { ConnectionOptions } from '../bus/nats/options.ts';
import { preflight } from '../bus/nats/preflight.ts';
import { Coppice } from '../client/client.ts';
import { DEFAULT_CLUSTER } from '../client/connect.ts';
import { serveCalls } from '../client/public-api.ts';
import type { CommitLimits } from '../cluster/commit-limits.ts';
import { type ClusterContext, joinCluster } from '../cluster/context.ts';
import { Controller } from '../cluster/controller.ts';
import { createGroup, endpointRecords, setCopies } from '../cluster/groups.ts';
import { whenUsable } from '../cluster/readiness.ts';
import { type Reporter, randomToken, systemEnv } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { checkName, nameToToken } from '../wire/names.ts';
import type { GroupRecord } from '../wire/records.ts';
import { type ActorSource, loadDefinition, requirementOf } from './actor-source.ts';
import type { CopyHost } from './copy-host.ts';
import { DepotKeeper } from './depot-keeper.ts';
import { InlineHost } from './inline-host.ts';
import { Leaf } from './leaf.ts';
import { depotAccess, openCheckpoints } from './open-checkpoints.ts';
import { openLocal } from './open-local.ts';
import { WorkerHost } from './worker-host.ts';
import type { WorkerLimits } from './worker-limits.ts';

/** How a group is served. */
export type ServeOptions = {
  readonly connection?: ConnectionOptions;
  readonly cluster?: string;
  /** Shards of the group; 1 unless told otherwise. Fixed by whoever serves the group first. */
  readonly shards?: number;
  /** Copies of each shard, all counted; as many hosts are opened in this process. 1 unless told otherwise. */
  readonly replicas?: number;
  /** Given to the definition's `init`. */
  readonly settings?: unknown;
  /** Names the hosts of this process; random unless given. */
  readonly name?: string;
  readonly zone?: string;
  /**
   * Where checkpoints of a definition that can make them go: `nats:` unless told otherwise, `file:///<path>` or
   * `s3://<bucket>/<prefix>?…`.
   */
  readonly depot?: string;
  /** Folder for files of the hosts of this process, which then need a `name`; in memory only without it. */
  readonly data?: string;
  /** Milliseconds to wait until the group answers; 10,000 unless told otherwise. */
  readonly readyWithinMs?: number;
  readonly report?: Reporter;
  /** Bounds of the group commits of primaries here; the defaults are in `COMMIT_LIMITS`. */
  readonly commit?: Partial<CommitLimits>;
  /** Bounds of each worker thread of a definition given by module; the defaults are in `WORKER_LIMITS`. */
  readonly limits?: Partial<WorkerLimits>;
};

/** A group served here. */
export type ServedGroup = Closeable & {
  readonly name: string;
  /** A client on the same connection. */
  readonly client: Coppice;
};

const READY_MS = 10_000;

/**
 * Serves a group: an inline definition on this event loop, or a module (a URL or an absolute path) in worker threads.
 * Resolves when every shard of the group answers.
 *
 * @throws CoppiceError `DISCONNECTED`, `PREFLIGHT_FAILED`, `INVALID_NAME`, `BAD_REQUEST` for a wrong definition or one
 *   that differs in kind from what the group was made with, `DEADLINE_EXCEEDED` if it does not answer in time.
 */
export async function serve(actor: ActorDefinition | string | URL, options: ServeOptions = {}): Promise<ServedGroup> {
  const { connection = {}, cluster = DEFAULT_CLUSTER, report = () => {} } = options;
  const source = typeof actor === 'string' || actor instanceof URL ? moduleSource(actor) : undefined;
  const definition = source === undefined ? checkDefinition(actor) : await loadDefinition(source);
  const name = checkName('group', definition.name);
  for (const endpoint of Object.keys(definition.endpoints)) checkName('endpoint', endpoint);
  const onFault = (error: unknown, subject: string): void =>
    report('error', 'message handler failed', { subject, error: asCoppiceError(error).message });
  const bus = await connectNats({ onFault, ...connection }, systemEnv);
  const opened: Closeable[] = [bus];
  const close = async (): Promise<void> => {
    for (const one of opened.toReversed()) {
      await one
        .close()
        .catch((error: unknown) =>
          report('error', 'not closed in good order', { group: name, error: asCoppiceError(error).message }),
        );
    }
  };
  try {
    await preflight(bus);
    const depot =
      definition.kind === 'stateful' && definition.checkpoint !== undefined ? (options.depot ?? 'nats:') : undefined;
    const owner = { bus, cluster, env: systemEnv, report };
    const checkpoints = openCheckpoints(depot, owner);
    const depots = depotAccess(depot, owner);
    if (checkpoints !== undefined) opened.push(checkpoints.depot);
    const commit = options.commit ?? {};
    const data = dataFolder(options);
    const local = openLocal(data, cluster);
    const context = await joinCluster({ cluster, bus, env: systemEnv, report, commit, checkpoints, depots, local });
    opened.push(context);
    const keeper = new DepotKeeper(context);
    opened.push(keeper);
    keeper.start();
    const group = await ensureGroup(context, definition, options);
    const client = new Coppice(context);
    const controller = new Controller(context);
    opened.push(controller);
    await controller.start();
    opened.push(serveCalls(context, client, nameToToken(name)));
    const leafName = options.name ?? `${name}-${randomToken(systemEnv.random, 8)}`;
    for (let copy = 1; copy <= (options.replicas ?? 1); copy++) {
      const { limits = {} } = options;
      const parts = { definition, source, connection, cluster, depot, data, report, commit, limits };
      const host = createHost(context, parts);
      opened.push(await startLeaf(context, { host, group, zone: options.zone ?? '', name: `${leafName}-${copy}` }));
    }
    if (!(await whenUsable(context, group, options.readyWithinMs ?? READY_MS))) {
      throw new CoppiceError('DEADLINE_EXCEEDED', `not every shard of \`${name}\` answers yet`);
    }
    let closing: Promise<void> | undefined;
    return { name, client, close: () => (closing ??= close()) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Files are found again by the host's name. */
function dataFolder({ data, name }: ServeOptions): string | undefined {
  if (data !== undefined && name === undefined)
    throw new CoppiceError('BAD_REQUEST', '`data` needs a `name`, by which the files are found again');
  return data === undefined ? undefined : resolve(data);
}

function moduleSource(module: string | URL): ActorSource {
  if (typeof module === 'string' && !/^(\/|[a-z]+:)/.test(module))
    throw new CoppiceError(
      'BAD_REQUEST',
      `actor module \`${module}\` is relative: give new URL('${module}', import.meta.url), or an absolute path`,
    );
  const url = module instanceof URL ? module.href : /^[a-z]+:/.test(module) ? module : new URL(module, 'file:///').href;
  return { kind: 'module', url };
}

/** The group in the registry: made now, or brought up to date with the definition served. */
async function ensureGroup(
  context: ClusterContext,
  definition: ActorDefinition,
  options: ServeOptions,
): Promise<GroupRecord> {
  const { shards, replicas = 1, settings = null } = options;
  const { view } = context;
  const known = view.group(definition.name);
  if (known === undefined) {
    try {
      return await createGroup(context, {
        name: definition.name,
        definition,
        shards: shards ?? 1,
        copies: replicas,
        requires: requirementOf(definition.name),
        settings,
      });
    } catch (error) {
      if (
        !isCoppiceError(error, 'ALREADY_EXISTS') ||
        !(await view.until(() => view.group(definition.name) !== undefined, READY_MS))
      )
        throw error;
      return ensureGroup(context, definition, options);
    }
  }
  checkSame(known, definition, shards);
  return known.copies >= replicas ? known : setCopies(context, known.name, replicas);
}

function checkSame(known: GroupRecord, definition: ActorDefinition, shards: number | undefined): void {
  const differs = (what: string): CoppiceError =>
    new CoppiceError(
      'BAD_REQUEST',
      `\`${known.name}\` exists with other ${what}; delete it first, or give this one another name`,
    );
  if (known.kind !== definition.kind || known.actor !== definition.name) throw differs('kind');
  if (shards !== undefined && shardsOf(known.slots).length !== shards) throw differs('shards');
  if (JSON.stringify(sorted(known.endpoints)) !== JSON.stringify(sorted(endpointRecords(definition))))
    throw differs('endpoints');
}

function sorted(record: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

type HostParts = Pick<ServeOptions, 'commit' | 'limits'> & {
  readonly definition: ActorDefinition;
  readonly source: ActorSource | undefined;
  readonly connection: ConnectionOptions;
  readonly cluster: string;
  readonly depot: string | undefined;
  readonly data: string | undefined;
  readonly report: Reporter;
};

function createHost(
  context: ClusterContext,
  { definition, source, connection, cluster, depot, data, report, commit = {}, limits = {} }: HostParts,
): CopyHost {
  const requires = requirementOf(definition.name);
  if (source === undefined) return new InlineHost(context, (wanted) => (wanted === requires ? definition : undefined));
  return new WorkerHost({
    bus: context.bus,
    connection,
    cluster,
    depot,
    data,
    report,
    commit,
    limits,
    env: systemEnv,
    workers: systemEnv.machine.cores,
    actors: { [requires]: source },
  });
}

async function startLeaf(
  context: ClusterContext,
  leaf: { host: CopyHost; group: GroupRecord; zone: string; name: string },
): Promise<Leaf> {
  const { host, group, zone, name } = leaf;
  const onLost = (reason: string): void => {
    context.report('error', 'host lost its name and stops', { leaf: name, reason });
    started
      .close()
      .catch((error: unknown) =>
        context.report('error', 'host not stopped', { leaf: name, error: asCoppiceError(error).message }),
      );
  };
  const started = await Leaf.start({ context, host, name, zone, provides: [group.requires], onLost });
  return started;
}
