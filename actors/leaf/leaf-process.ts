/** A leaf process: a name in the cluster, and worker threads that host the copies placed here. */
import { resolve } from 'node:path';
import { parseDepotUrl } from '../../src/bus/depot-url.ts';
import { systemEnv } from '../../src/env.ts';
import { SEARCH_REQUIREMENT } from '../../src/host/actor-source.ts';
import { Leaf } from '../../src/host/leaf.ts';
import { openLocal } from '../../src/host/open-local.ts';
import { WorkerHost } from '../../src/host/worker-host.ts';
import type { LeafConfig } from '../config.ts';
import { openLog, reporterOf } from '../log.ts';
import { openContext } from '../open-context.ts';
import { type OnLost, type Running, runProcess } from '../run-process.ts';

/** Runs a leaf to its end; returns the exit code. */
export async function runLeaf(config: LeafConfig): Promise<number> {
  const logger = openLog('leaf', config);
  return runProcess(logger, async (onLost) => startLeaf(config, reporterOf(logger), onLost), config.drainMs);
}

async function startLeaf(config: LeafConfig, report: ReturnType<typeof reporterOf>, onLost: OnLost): Promise<Running> {
  parseDepotUrl(config.depot);
  const data = resolve(config.data);
  const context = await openContext(config, report, { depot: config.depot, local: openLocal(data, config.cluster) });
  try {
    const host = new WorkerHost({
      bus: context.bus,
      connection: config.connection,
      cluster: config.cluster,
      commit: config.commit ?? {},
      limits: config.limits ?? {},
      depot: config.depot,
      checkpointRecords: config.checkpointRecords,
      data,
      env: systemEnv,
      report,
      workers: config.workers,
      actors: { [SEARCH_REQUIREMENT]: { kind: 'builtin', name: 'search' } },
    });
    const leaf = await Leaf.start({
      context,
      host,
      name: config.name,
      zone: config.zone,
      provides: [SEARCH_REQUIREMENT],
      onLost,
    });
    return {
      unfinished: () => leaf.unfinished(),
      close: async () => {
        await leaf.close();
        await context.close();
      },
    };
  } catch (error) {
    await context.close();
    throw error;
  }
}
