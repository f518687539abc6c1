/** Suites that need a cluster: one in-process cluster for the file, closed after its last test. */
import { suite, type Test } from 'uvu';
import { type InProcessCluster, type InProcessOptions, startInProcessCluster } from './in-process-cluster.ts';

/** What a test of such a suite is given. */
export type ClusterSuiteContext = { cluster: InProcessCluster };

/**
 * A suite with its own cluster. A failed start fails every test, since uvu would drop it in `before`.
 *
 * @param prepare Run once, before the first test.
 */
export function clusterSuite(
  name: string,
  options: InProcessOptions = {},
  prepare: (cluster: InProcessCluster) => Promise<void> = async () => {},
): Test<ClusterSuiteContext> {
  const test = suite<ClusterSuiteContext>(name);
  let boot: Promise<InProcessCluster> | undefined;
  let started: InProcessCluster | undefined;
  test.before.each(async (context) => {
    boot ??= startInProcessCluster(options).then(async (cluster) => {
      started = cluster;
      await prepare(cluster);
      return cluster;
    });
    context.cluster = await boot;
  });
  test.after(async () => started?.close());
  return test;
}
