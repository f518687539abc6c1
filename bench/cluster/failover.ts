/**
 * What a fault costs under 500 writes/s and 200 searches/s: `kill -9` of the primary's leaf, `SIGSTOP` of it, and a
 * restart of all leaves one after the other. One shard with two copies on three leaf processes, so that every write
 * meets the fault. At the end every acknowledged write must be there.
 */

import { connectNats } from '../../src/bus/nats/connect.ts';
import { Coppice } from '../../src/client/client.ts';
import { DEFAULT_CLUSTER } from '../../src/client/connect.ts';
import { joinCluster } from '../../src/cluster/context.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { leaseKey } from '../../src/cluster/view.ts';
import { systemEnv } from '../../src/env.ts';
import { decodeLogRecord } from '../../src/wire/log-record.ts';
import type { GroupRecord } from '../../src/wire/records.ts';
import { eventually } from '../../test/support/eventually.ts';
import { startClusterProcesses } from '../support/cluster-processes.ts';
import { median, printFigures, quantile, rounded } from '../support/figures.ts';
import { longestGapMs, lostOf, SteadyLoad } from '../support/steady-load.ts';

const LEAVES = 3;
const INDEX = 'notes';
const KILLS = Number(process.env['KILLS'] ?? 20);
const STOPS = Number(process.env['STOPS'] ?? 5);
const BEFORE_MS = 2_000;
const STOP_MS = 4_000;
/** Fewer requests under way than this are what the load is like without a fault. */
const CALM = 30;
const WITHIN_MS = 30_000;
const RATES = { writesPerSecond: 500, searchesPerSecond: 200 };
const DEADLINE_MS = 5_000;

type Leaf = { readonly name: string; readonly pid: number };
type Milestones = { leaseMs: number; termMs: number };

const cluster = await startClusterProcesses(LEAVES);
const bus = await connectNats({ servers: cluster.url }, systemEnv);
const context = await joinCluster({ cluster: DEFAULT_CLUSTER, bus, env: systemEnv, report: () => {} });
const client = new Coppice(context);
const settings = { shards: 1, replicas: 1 };
await client.request('index-create', INDEX, { settings, mappings: { properties: { text: { type: 'text' } } } });
await whole();
const group = groupOf();
let milestones: Milestones | undefined;
let faultAtMs = 0;
context.view.onChange((key) => {
  if (key === leaseKey(group, 0) && milestones !== undefined) milestones.leaseMs ||= performance.now() - faultAtMs;
});
const tail = bus.openLog(logSpec(DEFAULT_CLUSTER, group)).tail(0, 1, {
  onEntry: ({ data }) => {
    if (milestones !== undefined && decodeLogRecord(data).kind === 'term')
      milestones.termMs ||= performance.now() - faultAtMs;
  },
  onError: (error) => {
    throw error;
  },
});
const load = new SteadyLoad({ client, index: INDEX, ...RATES, deadlineMs: DEADLINE_MS });
await clock(BEFORE_MS);

await measureKills();
await measureStops();
await measureRollingRestart();

await load.stop();
const lost = await lostOf(client, INDEX, load.acked);
printFigures({ bench: 'cluster/failover', case: 'all', acknowledged: load.acked.length, lostWrites: lost.length });
for (const why of new Set([...load.failedWrites, ...load.failedSearches])) process.stderr.write(`# failed: ${why}\n`);
tail.close();
await client.close();
await bus.close();
await cluster.close();
if (lost.length > 0) throw new Error(`acknowledged writes are lost: ${lost.slice(0, 10).join(', ')}`);

async function measureKills(): Promise<void> {
  const gaps: number[] = [];
  const steps: Milestones[] = [];
  const before = failures();
  for (let round = 0; round < KILLS; round++) {
    const leaf = await primaryLeaf();
    const seen = beginFault();
    process.kill(leaf.pid, 'SIGKILL');
    await untilAcked();
    await clock(500); // what was held goes through
    gaps.push(longestGapMs(load.ackedAtMs, faultAtMs));
    steps.push(seen);
    process.stderr.write(`# kill ${JSON.stringify({ gapMs: gaps.at(-1), ...seen, pending: load.pending })}\n`);
    await whole(leaf);
  }
  printFigures({
    bench: 'cluster/failover',
    case: 'kill',
    ...RATES,
    faults: KILLS,
    withoutWritesP50Ms: rounded(median(gaps)),
    withoutWritesP99Ms: rounded(quantile(gaps, 0.99)),
    leaseMs: rounded(median(steps.map(({ leaseMs }) => leaseMs))),
    termRecordMs: rounded(median(steps.map(({ termMs }) => termMs))),
    ...since(before),
  });
}

/** The primary is stopped: its share of searches is silent, and so is all that was written to it. */
async function measureStops(): Promise<void> {
  const promoted: number[] = [];
  const gaps: number[] = [];
  const ratios: number[] = [];
  const p99s: { before: number; during: number }[] = [];
  const failed = failures();
  for (let round = 0; round < STOPS; round++) {
    const leaf = await primaryLeaf();
    await eventually(() => load.pending < CALM, { withinMs: WITHIN_MS, what: 'what was held is done' });
    await clock(BEFORE_MS);
    const seen = beginFault();
    process.kill(leaf.pid, 'SIGSTOP');
    await untilAcked();
    await clock(Math.max(0, STOP_MS - (performance.now() - faultAtMs)));
    const endMs = performance.now();
    process.kill(leaf.pid, 'SIGCONT');
    promoted.push(seen.termMs);
    gaps.push(longestGapMs(load.ackedAtMs, faultAtMs));
    const p99 = { before: searchP99(faultAtMs - BEFORE_MS, faultAtMs), during: searchP99(faultAtMs, endMs - 500) };
    p99s.push(p99);
    ratios.push(p99.during / p99.before);
    process.stderr.write(`# stop ${JSON.stringify({ ...p99, ...seen, pending: load.pending })}\n`);
    await whole();
  }
  printFigures({
    bench: 'cluster/failover',
    case: 'stop',
    ...RATES,
    faults: STOPS,
    searchP99BeforeMs: rounded(median(p99s.map(({ before }) => before))),
    searchP99DuringMs: rounded(median(p99s.map(({ during }) => during))),
    searchP99Ratio: rounded(median(ratios)),
    promotedMs: rounded(median(promoted)),
    withoutWritesP50Ms: rounded(median(gaps)),
    ...since(failed),
  });
}

/** Each leaf is asked to end, and started again by the cluster's supervisor. */
async function measureRollingRestart(): Promise<void> {
  const before = failures();
  const begun = load.begun;
  const gaps: number[] = [];
  for (const { name } of await leaves()) {
    const leaf = (await leaves()).find((each) => each.name === name);
    if (leaf === undefined) throw new Error(`${name} is gone`);
    beginFault();
    process.kill(leaf.pid, 'SIGTERM');
    await whole(leaf);
    gaps.push(longestGapMs(load.ackedAtMs, faultAtMs));
  }
  printFigures({
    bench: 'cluster/failover',
    case: 'rolling-restart',
    ...RATES,
    leaves: LEAVES,
    requests: load.begun - begun,
    longestWithoutWritesMs: rounded(Math.max(...gaps)),
    ...since(before),
  });
}

function beginFault(): Milestones {
  milestones = { leaseMs: 0, termMs: 0 };
  faultAtMs = performance.now();
  return milestones;
}

/** A write of the new term has been acknowledged. */
async function untilAcked(): Promise<void> {
  await eventually(() => (milestones?.termMs ?? 0) > 0, { withinMs: WITHIN_MS, what: 'a new term' });
  const count = load.acked.length;
  await eventually(() => load.acked.length > count, { withinMs: WITHIN_MS, what: 'an acknowledged write' });
}

/** Resolves when every copy serves, and `but`'s process is not the one that it was. */
async function whole(but?: Leaf): Promise<void> {
  const check = async (): Promise<boolean> => {
    if (but !== undefined) {
      const now = (await leaves()).find(({ name }) => name === but.name);
      if (now === undefined || now.pid === but.pid) return false;
    }
    const health = (await client.request('cluster-health', '_')) as { status: string };
    return health.status === 'green';
  };
  await eventually(check, { withinMs: WITHIN_MS, what: 'every copy serves' });
}

async function leaves(): Promise<readonly Leaf[]> {
  return ((await client.request('cluster-state', '_')) as { leaves: readonly Leaf[] }).leaves;
}

async function primaryLeaf(): Promise<Leaf> {
  const owner = context.view.lease(group, 0)?.value.owner;
  const leaf = (await leaves()).find(({ name }) => name === owner);
  if (leaf === undefined) throw new Error(`no leaf leads: the lease names ${owner}`);
  return leaf;
}

function groupOf(): GroupRecord {
  const found = context.view.group(INDEX);
  if (found === undefined) throw new Error(`there is no index ${INDEX}`);
  return found;
}

function failures(): { readonly searches: number; readonly writes: number } {
  return { searches: load.failedSearches.length, writes: load.failedWrites.length };
}

function since(before: ReturnType<typeof failures>): Readonly<Record<string, number>> {
  const now = failures();
  return { failedSearches: now.searches - before.searches, failedWrites: now.writes - before.writes };
}

function searchP99(fromMs: number, toMs: number): number {
  const times = load.searches.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ tookMs }) => tookMs);
  return quantile(times, 0.99);
}

/** Lets the load run. */
async function clock(forMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, forMs));
}
