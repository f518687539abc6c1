/** The state of a cluster as `cluster-state` tells it, checked. */
import * as v from 'valibot';
import type { Coppice } from '../../src/client/client.ts';

const Copy = v.object({
  leaf: v.string(),
  state: v.string(),
  primary: v.boolean(),
  term: v.number(),
  seq: v.number(),
  last_seq: v.number(),
  docs: v.number(),
  bytes: v.number(),
  checkpoint_failure: v.exactOptional(v.string()),
  reason: v.exactOptional(v.string()),
  recovery: v.exactOptional(
    v.object({
      from: v.string(),
      done_bytes: v.number(),
      total_bytes: v.exactOptional(v.number()),
      bytes_per_second: v.number(),
      remaining_ms: v.exactOptional(v.number()),
    }),
  ),
  disk: v.exactOptional(v.object({ reason: v.string(), waiting_bytes: v.number() })),
  skipped: v.exactOptional(v.number()),
});
const ClusterState = v.object({
  cluster: v.string(),
  controller: v.nullish(v.string()),
  leaves: v.array(
    v.object({
      name: v.string(),
      pid: v.number(),
      host: v.string(),
      zone: v.string(),
      draining: v.optional(v.boolean(), false),
      load: v.nullish(v.number()),
      rss_bytes: v.nullish(v.number()),
      workers: v.exactOptional(
        v.object({
          deaths: v.number(),
          last_death: v.exactOptional(v.object({ cause: v.string(), reason: v.string(), at: v.string() })),
        }),
      ),
    }),
  ),
  indices: v.array(
    v.object({
      name: v.string(),
      kind: v.string(),
      replicas: v.number(),
      shards: v.array(v.object({ shard: v.number(), copies: v.array(Copy) })),
    }),
  ),
});

/** Leaves, indices, shards and copies. */
export type ClusterState = v.InferOutput<typeof ClusterState>;
export type CopyState = v.InferOutput<typeof Copy>;

/** The state as the client sees it. */
export async function clusterState(coppice: Coppice): Promise<ClusterState> {
  return v.parse(ClusterState, await coppice.request('cluster-state', '_'));
}
