/**
 * How long writes stall when `kill -9` takes the nats-server that leads the log, in a cluster of three whose streams are
 * kept three times: one shard with two copies on three leaf processes, under 200 writes/s and 50 searches/s, each begun on
 * time. How long an election takes is decided in nats-server. At the end every acknowledged write must be there.
 */

import { isRecord } from '../../src/bus/nats/api.ts';
import { connectNats } from '../../src/bus/nats/connect.ts';
import { Coppice } from '../../src/client/client.ts';
import { DEFAULT_CLUSTER } from '../../src/client/connect.ts';
import { joinCluster } from '../../src/cluster/context.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { systemEnv } from '../../src/env.ts';
import { eventually } from '../../test/support/eventually.ts';
import { startNatsCluster } from '../../test/support/nats-cluster.ts';
import { startClusterProcesses } from '../support/cluster-processes.ts';
import { median, printFigures, quantile, rounded } from '../support/figures.ts';
import { longestGapMs, lostOf, SteadyLoad } from '../support/steady-load.ts';

const LEAVES = 3;
const INDEX = 'notes';
const LOSSES = Number(process.env['LOSSES'] ?? 20);
const RATES = { writesPerSecond: 200, searchesPerSecond: 50 };
/** Longer than an election takes: what callers see is latency. */
const DEADLINE_MS = 20_000;
const WITHIN_MS = 60_000;

const servers = await startNatsCluster({
  sync: 'always',
  config: 'ping_interval: "1s"\nping_max: 2\nwrite_deadline: "2s"\n',
});
const cluster = await startClusterProcesses(LEAVES, ['--nats', servers.url, '--stream-replicas', '3']);
const bus = await connectNats({ servers: servers.url }, systemEnv);
const context = await joinCluster({ cluster: DEFAULT_CLUSTER, bus, env: systemEnv, report: () => {} });
const client = new Coppice(context);
const settings = { shards: 1, replicas: 1 };
await client.request('index-create', INDEX, { settings, mappings: { properties: { text: { type: 'text' } } } });
const { stream } = logSpec(DEFAULT_CLUSTER, context.view.group(INDEX) ?? never());
await whole();
const load = new SteadyLoad({ client, index: INDEX, ...RATES, deadlineMs: DEADLINE_MS });
await eventually(() => load.acked.length > RATES.writesPerSecond, { withinMs: WITHIN_MS });

const stalls: number[] = [];
for (let round = 0; round < LOSSES; round++) {
  const leader = await leaderOf();
  const [atMs, acked] = [performance.now(), load.acked.length];
  await servers.server(leader).kill();
  await eventually(() => load.acked.length > acked + RATES.writesPerSecond, {
    withinMs: WITHIN_MS,
    what: 'writes go on',
  });
  stalls.push(longestGapMs(load.ackedAtMs, atMs));
  process.stderr.write(`# loss of ${leader}: ${rounded(stalls.at(-1) ?? 0)} ms\n`);
  await servers.server(leader).restart();
  await whole();
}
await load.stop();
const lost = await lostOf(client, INDEX, load.acked);
printFigures({
  bench: 'cluster/leader-loss',
  ...RATES,
  losses: LOSSES,
  withoutWritesP50Ms: rounded(median(stalls)),
  withoutWritesP99Ms: rounded(quantile(stalls, 0.99)),
  longestMs: rounded(Math.max(...stalls)),
  failedWrites: load.failedWrites.length,
  failedSearches: load.failedSearches.length,
  acknowledged: load.acked.length,
  lostWrites: lost.length,
});
for (const why of new Set([...load.failedWrites, ...load.failedSearches])) process.stderr.write(`# failed: ${why}\n`);
await client.close();
await bus.close();
await cluster.close();
await servers.stop();
if (lost.length > 0) throw new Error(`acknowledged writes are lost: ${lost.slice(0, 10).join(', ')}`);

/** Name of the server that leads the log's stream. */
async function leaderOf(): Promise<string> {
  return (await eventually(async () => (await clusterOf()).leader, { withinMs: WITHIN_MS })) ?? '';
}

/** Resolves when the stream has three current copies, and every copy of the shard serves. */
async function whole(): Promise<void> {
  const check = async (): Promise<boolean> => {
    const { leader, current } = await clusterOf();
    const health = (await client.request('cluster-health', '_')) as { status: string };
    return leader !== undefined && current === 2 && health.status === 'green';
  };
  await eventually(check, { withinMs: WITHIN_MS, what: 'everything is whole' });
}

/** Leader of the log's stream, and how many followers have all of it. */
async function clusterOf(): Promise<{ leader: string | undefined; current: number }> {
  const answer = await bus.api.tryOnce(`STREAM.INFO.${stream}`, undefined);
  const told = answer?.ok === true && isRecord(answer.value['cluster']) ? answer.value['cluster'] : {};
  const { leader, replicas } = told;
  const followers: readonly unknown[] = Array.isArray(replicas) ? replicas : [];
  const current = followers.filter((one) => isRecord(one) && one['current'] === true && one['offline'] !== true).length;
  return { leader: typeof leader === 'string' && leader !== '' ? leader : undefined, current };
}

function never(): never {
  throw new Error(`there is no index ${INDEX}`);
}
