/** A root process: the public API for clients that speak plain NATS, and a candidate for the controller's seat. */
import type { Closeable } from '../../src/bus/bus.ts';
import { setStreamReplicas } from '../../src/bus/nats/stream-replicas.ts';
import { Coppice } from '../../src/client/client.ts';
import { servePublicApi } from '../../src/client/public-api.ts';
import { Controller } from '../../src/cluster/controller.ts';
import type { RootConfig } from '../config.ts';
import { openLog, reporterOf } from '../log.ts';
import { openContext } from '../open-context.ts';
import { type Running, runProcess } from '../run-process.ts';

/** Runs a root to its end; returns the exit code. */
export async function runRoot(config: RootConfig): Promise<number> {
  const logger = openLog('root', config);
  return runProcess(logger, async () => startRoot(config, reporterOf(logger)), config.drainMs);
}

async function startRoot(config: RootConfig, report: ReturnType<typeof reporterOf>): Promise<Running> {
  const context = await openContext(config, report);
  const opened = new Map<string, Closeable>([['the connection', context]]);
  const close = async (): Promise<void> => {
    for (const [name, part] of [...opened].toReversed()) {
      await part.close();
      opened.delete(name);
    }
  };
  try {
    const coppice = new Coppice(context);
    opened.set('requests of its own', coppice);
    const { streamReplicas } = config.connection;
    if (streamReplicas !== undefined) await setStreamReplicas(context.bus, config.cluster, streamReplicas);
    const controller = new Controller(context);
    opened.set('the seat of the controller', controller);
    await controller.start();
    opened.set('requests of callers', await servePublicApi(context, coppice));
    return { close, unfinished: () => [...opened.keys()] };
  } catch (error) {
    await close();
    throw error;
  }
}
