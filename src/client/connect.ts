/**
 * Opens a client: a connection to NATS, and a seat in the cluster.
 */
import { connectNats } from '../bus/nats/connect.ts';
import type { ConnectionOptions } from '../bus/nats/options.ts';
import { preflight } from '../bus/nats/preflight.ts';
import { joinCluster } from '../cluster/context.ts';
import { type Reporter, systemEnv } from '../env.ts';
import { asCoppiceError } from '../errors.ts';
import { Coppice } from './client.ts';

/** The cluster joined when none is named. */
export const DEFAULT_CLUSTER = 'coppice';

/** How a client is opened. */
export type ConnectOptions = ConnectionOptions & { readonly cluster?: string; readonly report?: Reporter };

/**
 * Connects to a cluster.
 *
 * @throws CoppiceError `DISCONNECTED` if NATS cannot be reached, `PREFLIGHT_FAILED` if it lacks something, `NOT_FOUND`
 *   if no root or host of that cluster was ever started there, `INVALID_NAME`.
 */
export async function connect(options: ConnectOptions = {}): Promise<Coppice> {
  const { cluster = DEFAULT_CLUSTER, report = () => {}, ...connection } = options;
  const onFault = (error: unknown, subject: string): void =>
    report('error', 'message handler failed', { subject, error: asCoppiceError(error).message });
  const bus = await connectNats({ onFault, ...connection }, systemEnv);
  try {
    await preflight(bus);
    const context = await joinCluster({ cluster, bus, env: systemEnv, report, create: false });
    return new Coppice(context, async () => bus.close());
  } catch (error) {
    await bus.close();
    throw error;
  }
}
