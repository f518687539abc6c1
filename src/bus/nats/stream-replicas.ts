/** How many copies JetStream keeps of what a cluster has in it: changed for all of it, where it is not what it should be. */

import { isCoppiceError } from '../../errors.ts';
import { depotBucket, fill, leavesBucket, registryBucket, SUBJECTS } from '../../wire/subjects.ts';
import { isRecord, numberAt } from './api.ts';
import type { NatsBus } from './nats-bus.ts';
import { Stream } from './stream.ts';

/**
 * Makes JetStream keep `replicas` copies of a cluster's registry, logs and depot in NATS: of those that are there now. New
 * logs get as many as the registry has.
 *
 * @throws CoppiceError `PREFLIGHT_FAILED` if too few servers form a cluster, `DISCONNECTED`.
 */
export async function setStreamReplicas(bus: NatsBus, cluster: string, replicas: number): Promise<void> {
  const registry = `KV_${registryBucket(cluster)}`;
  const others = [`KV_${leavesBucket(cluster)}`, `OBJ_${depotBucket(cluster)}`];
  // The registry first: a log that is made meanwhile has its number.
  for (const name of [registry, ...others, ...(await logStreams(bus, cluster))]) {
    try {
      await new Stream(bus.api, name).setReplicas(replicas);
    } catch (error) {
      // A depot that is elsewhere, or a log that was deleted meanwhile.
      if (!isCoppiceError(error, 'STALE_GENERATION')) throw error;
    }
  }
}

async function logStreams(bus: NatsBus, cluster: string): Promise<readonly string[]> {
  const subject = fill(SUBJECTS.log, { cluster, group: '*', shard: '*' });
  const names: string[] = [];
  for (;;) {
    const answer = await bus.api.call('STREAM.NAMES', { subject, offset: names.length });
    const page = answer.ok && isRecord(answer.value) ? answer.value['streams'] : undefined;
    if (!Array.isArray(page) || page.length === 0) return names;
    names.push(...page.map(String));
    if (answer.ok && names.length >= numberAt(answer.value, 'total')) return names;
  }
}
