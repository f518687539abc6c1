/** The state of a cluster as `cluster-state` tells it, checked, and waited for until its leaves have been heard. */
import * as v from 'valibot';
import type { Coppice } from '../../src/client/client.ts';
import { pause, systemEnv } from '../../src/env.ts';

const Copy = v.object({
  leaf: v.string(),
  state: v.string(),
  primary: v.boolean(),
  term: v.number(),
  seq: v.number(),
  last_seq: v.number(),
  docs: v.number(),
  bytes: v.number(),
  reason: v.exactOptional(v.string()),
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

/** Leaves tell of themselves twice a second; one that is silent for longer has nothing to tell. */
const SETTLE_MS = 1_300;
const POLL_MS = 25;

/** The state as the client sees it now. */
export async function clusterState(coppice: Coppice): Promise<ClusterState> {
  return v.parse(ClusterState, await coppice.request('cluster-state', '_'));
}

/** The state once every leaf has been heard, or has been silent for long enough: a client that has just joined knows nothing. */
export async function settledState(coppice: Coppice): Promise<ClusterState> {
  const { clock } = systemEnv;
  const giveUpMs = clock.nowMs() + SETTLE_MS;
  for (;;) {
    const state = await clusterState(coppice);
    if (state.leaves.every(({ load }) => typeof load === 'number') || clock.nowMs() > giveUpMs) return state;
    await pause(clock, POLL_MS);
  }
}
