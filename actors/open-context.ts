/** A process's seat in its cluster: connection, preflight and context, closed together in reverse order. */
import { connectNats } from '../src/bus/nats/connect.ts';
import type { NatsBus } from '../src/bus/nats/nats-bus.ts';
import { preflight } from '../src/bus/nats/preflight.ts';
import { type ClusterContext, joinCluster } from '../src/cluster/context.ts';
import type { LocalOptions } from '../src/cluster/local-options.ts';
import { type Reporter, systemEnv } from '../src/env.ts';
import { asCoppiceError } from '../src/errors.ts';
import { depotAccess } from '../src/host/open-checkpoints.ts';
import type { ProcessConfig } from './config.ts';

/**
 * Connects, checks that NATS has what is needed, and joins the cluster. Closing the context closes the connection.
 *
 * @param depot The cluster's depot, of a process that takes and restores snapshots.
 * @throws CoppiceError `DISCONNECTED`, `PREFLIGHT_FAILED` or `INVALID_NAME`, each one readable line.
 */
export async function openContext(
  config: ProcessConfig,
  report: Reporter,
  { depot, local }: { readonly depot?: string; readonly local?: LocalOptions | undefined } = {},
): Promise<ClusterContext & { readonly bus: NatsBus }> {
  const onFault = (error: unknown, subject: string): void => {
    report('error', 'message handler failed', { subject, error: asCoppiceError(error).message });
  };
  const bus = await connectNats({ ...config.connection, name: `${config.cluster} ${config.name}`, onFault }, systemEnv);
  try {
    await preflight(bus);
    const { cluster } = config;
    const depots = depotAccess(depot, { bus, cluster, env: systemEnv, report });
    const context = await joinCluster({ cluster, bus, env: systemEnv, report, depots, local });
    const close = async (): Promise<void> => {
      await context.close();
      await bus.close();
    };
    return { ...context, bus, close };
  } catch (error) {
    await bus.close();
    throw error;
  }
}
