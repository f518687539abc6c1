/** Opens the depot that a setting names: with the schedule of checkpoints, or for snapshots. */
import type { Depot } from '../bus/depot.ts';
import { type DepotPlace, parseDepotUrl } from '../bus/depot-url.ts';
import { openFolderDepot } from '../bus/folder/folder-depot.ts';
import { LateDepot } from '../bus/late-depot.ts';
import type { NatsBus } from '../bus/nats/nats-bus.ts';
import { openS3Depot } from '../bus/s3/s3-depot.ts';
import { CHECKPOINT_SCHEDULE, type CheckpointOptions } from '../cluster/checkpoint-options.ts';
import type { DepotAccess } from '../cluster/depot-access.ts';
import type { Env, Reporter } from '../env.ts';
import { depotBucket, registryBucket } from '../wire/subjects.ts';

/** Whose depot it is, and log records from one checkpoint to the next, where that is not the default. */
export type DepotOwner = {
  readonly bus: NatsBus;
  readonly cluster: string;
  readonly env: Env;
  readonly report: Reporter;
  readonly checkpointRecords?: number | undefined;
};

/**
 * Opens the depot of `url`; undefined without one. A depot that cannot be opened is tried again and again: until then no
 * checkpoints are taken, and logs are kept. Whoever asked closes it.
 *
 * @throws CoppiceError `BAD_REQUEST` for a setting that names no depot.
 */
export function openCheckpoints(url: string | undefined, owner: DepotOwner): CheckpointOptions | undefined {
  if (url === undefined) return undefined;
  const place = parseDepotUrl(url);
  const depot = new LateDepot({
    clock: owner.env.clock,
    open: async () => openDepot(place, owner),
    onState: (failure) => {
      if (failure === undefined) owner.report('info', 'depot opened', { depot: place.kind });
      else owner.report('error', 'depot cannot be opened: no checkpoints are taken', { depot: place.kind, failure });
    },
  });
  const records = owner.checkpointRecords ?? CHECKPOINT_SCHEDULE.records;
  return { ...CHECKPOINT_SCHEDULE, records, depot, depotFailure: () => depot.failure };
}

/** The depots that snapshots may go to; undefined for a host that has no depot of its own. */
export function depotAccess(own: string | undefined, owner: DepotOwner): DepotAccess | undefined {
  return own === undefined ? undefined : { own, open: async (url) => openDepot(parseDepotUrl(url), owner) };
}

async function openDepot(place: DepotPlace, { bus, cluster, env }: DepotOwner): Promise<Depot> {
  if (place.kind === 'nats') {
    await bus.learnReplicas(registryBucket(cluster));
    return bus.openDepot(place.bucket ?? depotBucket(cluster));
  }
  return place.kind === 'folder' ? openFolderDepot(env, place.path) : openS3Depot(env, place);
}
