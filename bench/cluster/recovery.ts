/**
 * How fast a shard comes back: from the files on its leaf's disk, from its checkpoint, and by replaying its log; each from
 * the moment that the copy begins until it serves (its thread runs by then), in MB of the shard's files per second, and as a share of what reading the
 * same files from the depot alone gives in the same run. Ways alternate, so that noise hits all. Files are in the page
 * cache: what is measured is the work, not the disk.
 *
 * SIZE_MIB (100) is the least size of the shard, ROUNDS (3) how often each way is taken.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNats } from '../../src/bus/nats/connect.ts';
import { Coppice } from '../../src/client/client.ts';
import { type ClusterContext, joinCluster } from '../../src/cluster/context.ts';
import { createGroup, logSpec } from '../../src/cluster/groups.ts';
import { placementKey } from '../../src/cluster/view.ts';
import { systemEnv } from '../../src/env.ts';
import { SEARCH_REQUIREMENT } from '../../src/host/actor-source.ts';
import { Leaf } from '../../src/host/leaf.ts';
import { openLocal } from '../../src/host/open-local.ts';
import { WorkerHost } from '../../src/host/worker-host.ts';
import { searchActor } from '../../src/search/actor.ts';
import { committedCheckpoints } from '../../src/shard/restorer.ts';
import type { CopyStatus } from '../../src/wire/records.ts';
import { depotBucket } from '../../src/wire/subjects.ts';
import { eventually } from '../../test/support/eventually.ts';
import { startNats } from '../../test/support/nats-server.ts';
import { corpus } from '../support/bulk-load.ts';
import { median, printFigures, rounded } from '../support/figures.ts';

const SIZE_MIB = Number(process.env['SIZE_MIB'] ?? 100);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const CLUSTER = 'bench';
const INDEX = 'glosses';
const BATCH = 500;
const IN_FLIGHT = 4;
/** Glosses in the text of one document: some 400 letters. */
const GLOSSES = 5;
const WITHIN_MS = 1_800_000;
const SERVING: ReadonlySet<string> = new Set(['replica', 'primary']);

/** What a leaf has: a depot, a disk. */
type Means = { readonly depot?: string; readonly data?: string; readonly checkpointRecords?: number };
type Running = {
  readonly leaf: Leaf;
  readonly host: WorkerHost;
  readonly told: Map<string, number>;
  /** When the copy entered its states. */
  readonly atMs: Map<string, number>;
  close(): Promise<void>;
};
type Way = { readonly name: string; readonly means: Means; readonly keepsFiles: boolean; readonly expects: string };

const folder = await mkdtemp(join(tmpdir(), 'coppice-recovery-'));
const server = await startNats();
const bus = await connectNats({ servers: server.url }, systemEnv);
const seat = await joinCluster({ cluster: CLUSTER, bus, env: systemEnv, report: () => {} });
const client = new Coppice(seat);
const group = await createGroup(seat, {
  name: INDEX,
  definition: searchActor as Parameters<typeof createGroup>[1]['definition'],
  shards: 1,
  copies: 1,
  requires: SEARCH_REQUIREMENT,
  settings: { mappings: { properties: { text: { type: 'text' } } } },
});
const log = bus.openLog(logSpec(CLUSTER, group));

// The log is kept whole while the shard grows: no checkpoint is due.
const first = await openLeaf('first', {});
await place('first');
const docs = await grow(first, SIZE_MIB * 1024 * 1024);
await first.close();
const logBytes = await bytesOfLog();
const replays = [await recover({ name: 'replay', means: {}, keepsFiles: false, expects: '' })];

// One record makes a checkpoint due; the log is cut only when there is a second one.
const second = await openLeaf('first', { depot: 'nats:', checkpointRecords: 1 });
await place('first');
await client.request('index', INDEX, { id: 'last', doc: { text: 'the last one' } }, { deadlineMs: WITHIN_MS });
const newest = await eventually(async () => (await committedCheckpoints(log, 0))[0], { withinMs: WITHIN_MS });
if (newest === undefined) throw new Error('no checkpoint');
await second.close();

const WAYS: readonly Way[] = [
  {
    name: 'checkpoint',
    means: { depot: 'nats:', data: folder },
    keepsFiles: false,
    expects: 'restored from a checkpoint',
  },
  { name: 'local', means: { depot: 'nats:', data: folder }, keepsFiles: true, expects: 'restored from local files' },
  { name: 'replay', means: {}, keepsFiles: false, expects: '' },
];
const times = new Map<string, number[]>([
  ['replay', replays],
  ['depot', []],
  ['checkpoint', []],
  ['local', []],
]);
let stateBytes = 0;
for (let round = 0; round < ROUNDS; round++) {
  const read = await readDepot(newest.files);
  stateBytes = read.bytes;
  times.get('depot')?.push(read.ms);
  for (const way of WAYS) if (way.name !== 'replay' || round > 0) times.get(way.name)?.push(await recover(way));
}
const rateOf = (name: string): number => stateBytes / 1e3 / median(times.get(name) ?? [Number.POSITIVE_INFINITY]);
printFigures({
  bench: 'cluster/recovery',
  docs,
  stateMb: rounded(stateBytes / 1e6),
  logMb: rounded(logBytes / 1e6),
  rounds: ROUNDS,
  depotMbPerSecond: rounded(rateOf('depot')),
  ...Object.fromEntries(
    ['local', 'checkpoint', 'replay'].flatMap((name) => [
      [`${name}Ms`, Math.round(median(times.get(name) ?? []))],
      [`${name}MbPerSecond`, rounded(rateOf(name))],
      [`${name}ShareOfDepot`, rounded(rateOf(name) / rateOf('depot'))],
    ]),
  ),
  replayLogMbPerSecond: rounded(logBytes / 1e3 / median(times.get('replay') ?? [])),
});
await client.close();
await bus.close();
await server.stop();
await rm(folder, { recursive: true, force: true });

/** Opens the copy on a leaf of the way's kind; resolves with the milliseconds until it serves all that the log has. */
async function recover({ name, means, keepsFiles, expects }: Way): Promise<number> {
  if (!keepsFiles) await rm(join(folder, 'leaves'), { recursive: true, force: true });
  const running = await openLeaf('comes-back', means);
  const { seq = 0 } = (await log.last(0)) ?? {};
  await place('comes-back');
  await serving(running, seq);
  const tookMs = (running.atMs.get('replica') ?? 0) - (running.atMs.get('restoring') ?? 0);
  if (expects !== '' && !running.told.has(expects)) throw new Error(`${name}: nobody told \`${expects}\``);
  // What was fetched is saved beside the work; the next way needs it.
  if (means.data !== undefined) await eventually(() => (statusOf(running)?.savedSeq ?? 0) > 0, { withinMs: WITHIN_MS });
  await place('nobody');
  await running.close();
  return tookMs;
}

async function openLeaf(name: string, means: Means): Promise<Running> {
  const own = await connectNats({ servers: server.url }, systemEnv);
  const told = new Map<string, number>();
  const report = (_: string, message: string): void => void told.set(message, (told.get(message) ?? 0) + 1);
  const local = openLocal(means.data, CLUSTER);
  const context: ClusterContext = await joinCluster({ cluster: CLUSTER, bus: own, env: systemEnv, report, local });
  const host = new WorkerHost({
    ...means,
    bus: own,
    connection: { servers: server.url },
    cluster: CLUSTER,
    env: systemEnv,
    report,
    workers: 1,
    actors: { [SEARCH_REQUIREMENT]: { kind: 'builtin', name: 'search' } },
  });
  const atMs = new Map<string, number>();
  host.onTransition((step) => {
    if (step.machine === 'copy') atMs.set(step.to, step.atMs);
  });
  const provides = [SEARCH_REQUIREMENT];
  const leaf = await Leaf.start({ context, host, name, zone: '', provides, onLost: () => {} });
  const close = async (): Promise<void> => {
    await leaf.close();
    await context.close();
    await own.close();
  };
  return { leaf, host, told, atMs, close };
}

/** Puts documents in until the shard's files are as large as wanted; gives how many. */
async function grow(running: Running, wantedBytes: number): Promise<number> {
  await serving(running, 0);
  let next = 0;
  const isLarge = (): boolean => (statusOf(running)?.sizeBytes ?? 0) >= wantedBytes;
  const loader = async (): Promise<void> => {
    while (!isLarge()) {
      const from = next;
      next += BATCH;
      const operations = Array.from({ length: BATCH }, (_, n) => from + n).flatMap((n) => [
        { index: { _id: `${n}` } },
        { text: textOf(n) },
      ]);
      const answer = await client.bulk(INDEX, operations, { deadlineMs: 120_000 });
      if (answer.errors) throw new Error(`not all was taken: ${JSON.stringify(answer.items).slice(0, 500)}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, loader));
  return next;
}

/** A few glosses, of which no two documents have the same. */
function textOf(n: number): string {
  const parts = Array.from({ length: GLOSSES }, (_, k) => corpus[(n * (2 * k + 1) + k * 7_919) % corpus.length]?.text);
  return `${parts.join(' ')} number ${n}`;
}

async function serving(running: Running, seq: number): Promise<void> {
  const serves = (): boolean => {
    const status = statusOf(running);
    return status !== undefined && SERVING.has(status.state) && status.seq >= seq;
  };
  await eventually(serves, { withinMs: WITHIN_MS, what: 'the copy serves' });
}

function statusOf({ host }: Running): CopyStatus | undefined {
  return host.statuses().find(({ group: name }) => name === INDEX);
}

async function place(leaf: string): Promise<void> {
  const present = await seat.registry.get(placementKey(INDEX));
  const version = (present?.revision ?? 0) + 1;
  const shards = [{ shard: 0, copies: [leaf] }];
  await seat.registry.put(placementKey(INDEX), { generation: group.generation, version, shards });
}

async function readDepot(names: readonly string[]): Promise<{ readonly bytes: number; readonly ms: number }> {
  const depot = await bus.openDepot(depotBucket(CLUSTER));
  const startMs = performance.now();
  let bytes = 0;
  for (const name of names) for await (const piece of depot.get(name)) bytes += piece.length;
  const ms = performance.now() - startMs;
  await depot.close();
  return { bytes, ms };
}

/** All records of the log, as they are stored. */
async function bytesOfLog(): Promise<number> {
  const { seq: end = 0 } = (await log.last(0)) ?? {};
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const tail = log.tail(0, 1, {
      onError: reject,
      onEntry: ({ seq, data }) => {
        bytes += data.length;
        if (seq < end) return;
        tail.close();
        resolve(bytes);
      },
    });
  });
}
