/**
 * One connection's seat in a cluster: bus, registry, view and membership, opened together and closed together. Every
 * client, leaf and worker thread holds one.
 */
import type { Bus, Closeable } from '../bus/bus.ts';
import type { Registry } from '../bus/registry.ts';
import type { RequestLedger } from '../bus/request-ledger.ts';
import { Rpc } from '../bus/rpc.ts';
import type { Env, Reporter } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { checkName } from '../wire/names.ts';
import { leavesBucket, registryBucket } from '../wire/subjects.ts';
import type { CheckpointOptions } from './checkpoint-options.ts';
import { type CommitLimits, commitLimits } from './commit-limits.ts';
import type { DepotAccess } from './depot-access.ts';
import type { LocalOptions } from './local-options.ts';
import { Membership } from './membership.ts';
import { ClusterView } from './view.ts';
import { type MarksOf, NO_MARKS } from './work-marks.ts';

/** A leaf that has not refreshed its entry for so long is forgotten. */
export const LEAF_TTL_MS = 10_000;

/** What everything in a process that talks to the cluster shares. */
export type ClusterContext = Closeable & {
  readonly cluster: string;
  readonly bus: Bus;
  readonly rpc: Rpc;
  readonly env: Env;
  readonly report: Reporter;
  readonly registry: Registry;
  readonly leaves: Registry;
  readonly view: ClusterView;
  readonly membership: Membership;
  /** Bounds of the group commits of primaries here. */
  readonly commit: CommitLimits;
  /** Where and when checkpoints are taken; without it none are, and logs are kept for ever. */
  readonly checkpoints?: CheckpointOptions;
  /** Depots that this process can reach, for snapshots; without it none are taken or restored here. */
  readonly depots?: DepotAccess;
  /** Where copies mark what their actors' code is at. */
  readonly marksOf: MarksOf;
  /** Where and when copies save their states on this machine; without it they do not. */
  readonly local?: LocalOptions;
};

/**
 * Joins a cluster over an open bus. Closing leaves the cluster and keeps the bus.
 *
 * @param options `create`: whether a cluster that nobody has started is begun, as hosts and roots do.
 * @throws CoppiceError `BAD_REQUEST` for bounds of commits out of range, `INVALID_NAME` for a bad cluster name, `NOT_FOUND` if it does not exist and may not be created,
 *   `PREFLIGHT_FAILED` or `DISCONNECTED` from the bus.
 */
export async function joinCluster(options: {
  cluster: string;
  bus: Bus;
  env: Env;
  report: Reporter;
  create?: boolean;
  commit?: Partial<CommitLimits>;
  checkpoints?: CheckpointOptions | undefined;
  depots?: DepotAccess | undefined;
  ledger?: RequestLedger;
  marksOf?: MarksOf;
  local?: LocalOptions | undefined;
}): Promise<ClusterContext> {
  const { bus, env, report, checkpoints, depots, local } = options;
  const commit = commitLimits(options.commit);
  const cluster = checkName('cluster', options.cluster);
  const onFault = (error: unknown, subject: string): void => {
    const fault = asCoppiceError(error);
    const stack = error instanceof Error ? error.stack : undefined;
    report('error', 'request handler failed', { subject, error: fault.message, stack });
  };
  const rpc = new Rpc(bus, env, onFault, options.ledger);
  const { registry, leaves } = await openBuckets(bus, cluster, options.create ?? true);
  const view = new ClusterView(env.clock, report);
  const membership = new Membership({ bus, rpc, env, cluster, report });
  membership.start();
  await view.start(registry);
  await bus.flush();
  const close = async (): Promise<void> => {
    membership.close();
    await view.close();
    await rpc.close();
  };
  let closing: Promise<void> | undefined;
  return {
    cluster,
    bus,
    rpc,
    env,
    report,
    registry,
    leaves,
    view,
    membership,
    commit,
    marksOf: options.marksOf ?? (() => NO_MARKS),
    ...(checkpoints === undefined ? {} : { checkpoints }),
    ...(depots === undefined ? {} : { depots }),
    ...(local === undefined ? {} : { local }),
    close: () => (closing ??= close()),
  };
}

async function openBuckets(
  bus: Bus,
  cluster: string,
  create: boolean,
): Promise<{ registry: Registry; leaves: Registry }> {
  try {
    const registry = await bus.openRegistry({ bucket: registryBucket(cluster), create });
    const leaves = await bus.openRegistry({ bucket: leavesBucket(cluster), ttlMs: LEAF_TTL_MS, create });
    return { registry, leaves };
  } catch (error) {
    if (!isCoppiceError(error, 'NOT_FOUND')) throw error;
    throw new CoppiceError('NOT_FOUND', `there is no cluster \`${cluster}\` on this NATS`, { cause: error });
  }
}
