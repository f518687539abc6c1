/** Suites that need a cluster: one in-process cluster for the file, closed after its last test. */
import type { Test } from 'uvu';
import { bootedSuite } from './booted-suite.ts';
import { type InProcessCluster, type InProcessOptions, startInProcessCluster } from './in-process-cluster.ts';

/** What a test of such a suite is given. */
export type ClusterSuiteContext = { cluster: InProcessCluster };

/**
 * A suite with its own cluster.
 *
 * @param prepare Run once, before the first test.
 */
export function clusterSuite(
  name: string,
  options: InProcessOptions = {},
  prepare: (cluster: InProcessCluster) => Promise<void> = async () => {},
): Test<ClusterSuiteContext> {
  const start = async (): Promise<ClusterSuiteContext> => {
    const cluster = await startInProcessCluster(options);
    try {
      await prepare(cluster);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return { cluster };
  };
  return bootedSuite(name, start, async ({ cluster }) => cluster.close());
}
