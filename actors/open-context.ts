/** A process's seat in its cluster: connection, preflight and context, closed together in reverse order. */
import { connectNats } from '../src/bus/nats/connect.ts';
import { preflight } from '../src/bus/nats/preflight.ts';
import { type ClusterContext, joinCluster } from '../src/cluster/context.ts';
import { type Reporter, systemEnv } from '../src/env.ts';
import { asCoppiceError } from '../src/errors.ts';
import type { ProcessConfig } from './config.ts';

/**
 * Connects, checks that NATS has what is needed, and joins the cluster. Closing the context closes the connection.
 *
 * @throws CoppiceError `DISCONNECTED`, `PREFLIGHT_FAILED` or `INVALID_NAME`, each one readable line.
 */
export async function openContext(config: ProcessConfig, report: Reporter): Promise<ClusterContext> {
  const onFault = (error: unknown, subject: string): void => {
    report('error', 'message handler failed', { subject, error: asCoppiceError(error).message });
  };
  const bus = await connectNats({ ...config.connection, name: `${config.cluster} ${config.name}`, onFault }, systemEnv);
  try {
    await preflight(bus);
    const context = await joinCluster({ cluster: config.cluster, bus, env: systemEnv, report });
    const close = async (): Promise<void> => {
      await context.close();
      await bus.close();
    };
    return { ...context, close };
  } catch (error) {
    await bus.close();
    throw error;
  }
}
