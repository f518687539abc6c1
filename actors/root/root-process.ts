/** A root process: the public API for clients that speak plain NATS, and a candidate for the controller's seat. */
import type { Closeable } from '../../src/bus/bus.ts';
import { Coppice } from '../../src/client/client.ts';
import { servePublicApi } from '../../src/client/public-api.ts';
import { Controller } from '../../src/cluster/controller.ts';
import type { RootConfig } from '../config.ts';
import { openLog, reporterOf } from '../log.ts';
import { openContext } from '../open-context.ts';
import { runProcess } from '../run-process.ts';

/** Runs a root to its end; returns the exit code. */
export async function runRoot(config: RootConfig): Promise<number> {
  const logger = openLog('root', config);
  return runProcess(logger, async () => startRoot(config, reporterOf(logger)));
}

async function startRoot(config: RootConfig, report: ReturnType<typeof reporterOf>): Promise<Closeable> {
  const context = await openContext(config, report);
  const opened: Closeable[] = [context];
  const close = async (): Promise<void> => {
    for (const part of opened.toReversed()) await part.close();
  };
  try {
    const coppice = new Coppice(context);
    opened.push(coppice);
    const controller = new Controller(context);
    opened.push(controller);
    await controller.start();
    opened.push(await servePublicApi(context, coppice));
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}
