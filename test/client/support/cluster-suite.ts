/** Suites that talk to a whole cluster: one for the file, with a bare NATS client beside the embedded one. */
import assert from 'node:assert/strict';
import type { Test } from 'uvu';
import type { Reporter, ReportLevel } from '../../../src/env.ts';
import { bootedSuite } from '../../support/booted-suite.ts';
import {
  type InProcessCluster,
  type InProcessOptions,
  startInProcessCluster,
} from '../../support/in-process-cluster.ts';
import { BareClient } from './bare-client.ts';

/** What the cluster reported. */
export type Reported = {
  readonly level: ReportLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** What a test of such a suite is given. */
export type ClusterSuiteContext = {
  cluster: InProcessCluster;
  client: InProcessCluster['client'];
  /** A client that knows nothing of Coppice. */
  bare: BareClient;
  reports: Reported[];
};

/**
 * A suite with its own cluster. A failed boot fails every test, since uvu would drop it in `before`.
 *
 * @param prepare Run once, after the boot.
 */
export function clusterSuite(
  name: string,
  options: Omit<InProcessOptions, 'report'> = {},
  prepare: (context: ClusterSuiteContext) => Promise<void> = async () => {},
): Test<ClusterSuiteContext> {
  return bootedSuite(
    name,
    async () => open(options, prepare),
    async ({ bare, cluster }) => {
      await bare.close();
      await cluster.close();
    },
  );
}

/** Fails if anything was reported that someone must act upon. */
export function assertNoErrorReported(reports: readonly Reported[]): void {
  assert.deepEqual(
    reports.filter(({ level }) => level === 'error'),
    [],
  );
}

async function open(
  options: InProcessOptions,
  prepare: (context: ClusterSuiteContext) => Promise<void>,
): Promise<ClusterSuiteContext> {
  const reports: Reported[] = [];
  const report: Reporter = (level, message, fields = {}) => reports.push({ level, message, fields });
  const cluster = await startInProcessCluster({ ...options, report });
  let bare: BareClient | undefined;
  try {
    bare = await BareClient.connect(cluster.url);
    const context = { cluster, client: cluster.client, bare, reports };
    await prepare(context);
    return context;
  } catch (error) {
    await bare?.close();
    await cluster.close();
    throw error;
  }
}
