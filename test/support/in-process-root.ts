/** A root with the public API, a controller and a client, in the test's own process. */
import { connectNats } from '../../src/bus/nats/connect.ts';
import type { NatsBus } from '../../src/bus/nats/nats-bus.ts';
import { Coppice } from '../../src/client/client.ts';
import { servePublicApi } from '../../src/client/public-api.ts';
import { type ClusterContext, joinCluster } from '../../src/cluster/context.ts';
import { Controller } from '../../src/cluster/controller.ts';
import { type Reporter, systemEnv } from '../../src/env.ts';

/** A running root. */
export type InProcessRoot = {
  readonly bus: NatsBus;
  readonly context: ClusterContext;
  readonly client: Coppice;
};

/**
 * Starts a root.
 *
 * @param closers Takes what closes each part, in the order in which they were opened: also those of a start that failed.
 */
export async function openRoot(
  url: string,
  { cluster, report = () => {} }: { readonly cluster: string; readonly report?: Reporter },
  closers: (() => Promise<void>)[],
): Promise<InProcessRoot> {
  const bus = await connectNats({ servers: url, name: 'root', onFault: () => {} }, systemEnv);
  closers.push(async () => bus.close());
  const context = await joinCluster({ cluster, bus, env: systemEnv, report });
  closers.push(async () => context.close());
  const client = new Coppice(context);
  const controller = new Controller(context);
  closers.push(async () => controller.close());
  await controller.start();
  const api = await servePublicApi(context, client);
  closers.push(async () => api.close());
  return { bus, context, client };
}
