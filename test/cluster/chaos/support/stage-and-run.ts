/** A run of chaos from beginning to end: the stage is built, the plan drawn and carried out, and the stage taken down. */
import { setMaxListeners } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultKind } from '../../../../actors/chaos/fault.ts';
import { drawPlan, type PlanOptions, planFaults } from '../../../../actors/chaos/plan.ts';
import type { ChaosResult } from '../../../../actors/chaos/results.ts';
import { runChaos } from '../../../../actors/chaos/run-chaos.ts';
import { depotFaults } from './depot-faults.ts';
import { natsFaults } from './nats-faults.ts';
import { processFaults } from './process-faults.ts';
import { type StagedCluster, stageCluster } from './staged-cluster.ts';

/** What is run. */
export type StagedRun = {
  readonly servers: 1 | 3;
  readonly seed: number;
  readonly forMs: number;
  readonly gapMs: PlanOptions['gapMs'];
  readonly lastsMs?: PlanOptions['gapMs'];
  /** Names of the kinds that may strike; all unless given, but not those that are optional, and in a run of few minutes not those that take half of one. */
  readonly kinds?: readonly string[];
  readonly folder: string;
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
  /** Called when clients are at work, beside the faults. */
  readonly meanwhile?: (cluster: StagedCluster) => Promise<void>;
};

const INDEX = 'chaos';
const LANES = 8;
const SHARDS = 2;
const REPLICAS = 1;
const LEAVES = 3;
const ROOTS = 2;
/** Often, so that leaves restore, logs are purged, and files are retired. */
const CHECKPOINT_RECORDS = 100;
const MAX_LISTENERS = 100;
const LONG_RUN_MS = 300_000;

/** Runs it. What it leaves in its folder is the caller's: see `clearRun`. */
export async function stageAndRun(run: StagedRun): Promise<ChaosResult> {
  const { servers, seed, folder, tell, signal } = run;
  setMaxListeners(MAX_LISTENERS, signal);
  const cluster = await stageCluster({
    servers,
    leaves: LEAVES,
    roots: ROOTS,
    checkpointRecords: CHECKPOINT_RECORDS,
    folder,
    tell,
  });
  try {
    const plan = planFaults({ ...run, kinds: kindsOf(cluster, run) });
    tell(`seed ${seed}, ${servers} nats-server(s):\n${drawPlan(plan)}`);
    const { nats, context } = cluster;
    const running = runChaos({
      seed,
      plan,
      nats,
      context,
      signal,
      tell,
      index: INDEX,
      shards: SHARDS,
      replicas: REPLICAS,
      lanes: LANES,
      folder,
    });
    const [result] = await Promise.all([running, run.meanwhile?.(cluster)]);
    const crashes = cluster.crashes.map((crash) => `a process failed: ${crash}`);
    const all = { ...result, violations: [...result.violations, ...crashes] };
    return all;
  } finally {
    await cluster.close();
  }
}

/** Removes what a run has left in its folder, but for what `keeps` names. */
export async function clearRun(folder: string, keeps: readonly string[] = []): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };
  if (keeps.length === 0) return rm(folder, options);
  for (const name of await readdir(folder)) if (!keeps.includes(name)) await rm(join(folder, name), options);
}

function kindsOf(cluster: StagedCluster, { kinds: names, forMs }: StagedRun): readonly FaultKind[] {
  const all = [...processFaults(cluster, INDEX), ...natsFaults(cluster, INDEX), ...depotFaults(cluster)];
  if (names === undefined)
    return all.filter(
      ({ isOptional, lastsMs }) => isOptional !== true && (lastsMs === undefined || forMs >= LONG_RUN_MS),
    );
  return names.map((name) => {
    const found = all.find((kind) => kind.name === name);
    if (found === undefined)
      throw new Error(`no fault \`${name}\`; there are ${all.map((kind) => kind.name).join(', ')}`);
    return found;
  });
}
