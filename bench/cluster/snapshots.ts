/**
 * What a snapshot costs, and those who search and write meanwhile: WordNet's glosses in two shards on two leaf processes, taken
 * into a folder and into NATS, a second time with little new, and restored. Files are read from the page cache.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect } from '../../src/client/connect.ts';
import { createIndex, loadCorpus } from '../support/bulk-load.ts';
import { startClusterProcesses } from '../support/cluster-processes.ts';
import { median, printFigures, quantile, rounded } from '../support/figures.ts';
import { SteadyLoad } from '../support/steady-load.ts';

const INDEX = 'glosses';
const NOTES = 'notes';
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const CALM_MS = 5_000;
const MIB = 1024 * 1024;
const FAST = 1_024 * MIB;
const RATES = { writesPerSecond: 100, searchesPerSecond: 50, deadlineMs: 10_000 };

const cluster = await startClusterProcesses(2);
const folder = await mkdtemp(join(tmpdir(), 'coppice-snapshots-'));
const client = await connect({ servers: cluster.url });
try {
  await createIndex(client, INDEX, 2, 0);
  await createIndex(client, NOTES, 2, 0);
  await loadCorpus(client, INDEX);
  for (const depot of [pathToFileURL(folder).href, 'nats:']) await measureDepot(depot);
  await measureOthers(pathToFileURL(folder).href);
} finally {
  await client.close();
  await cluster.close();
  await rm(folder, { recursive: true, force: true });
}

async function measureDepot(depot: string): Promise<void> {
  const [full, again, restored]: [number[], number[], number[]] = [[], [], []];
  let [bytes, more] = [0, 0];
  const limits = { indices: INDEX, depot, max_bytes_per_sec: FAST };
  for (let round = 0; round < ROUNDS; round++) {
    full.push(await timed(async () => (bytes = (await client.createSnapshot('one', limits)).snapshot.bytes)));
    await client.index(INDEX, { id: `more-${round}`, doc: { text: 'a little more' } });
    again.push(await timed(async () => (more = (await client.createSnapshot('two', limits)).snapshot.copied.bytes)));
    const back = { depot, as: 'back', replicas: 0, max_bytes_per_sec: FAST };
    restored.push(await timed(async () => client.restoreSnapshot('two', back)));
    await client.request('index-delete', 'back');
    for (const name of ['one', 'two']) await client.deleteSnapshot(name, { depot });
  }
  const perSecond = (ms: readonly number[]): number => rounded(bytes / MIB / (median(ms) / 1_000));
  printFigures({
    bench: 'cluster/snapshots',
    case: depot === 'nats:' ? 'nats' : 'folder',
    rounds: ROUNDS,
    mib: rounded(bytes / MIB),
    createMs: rounded(median(full)),
    createMibPerSecond: perSecond(full),
    againMs: rounded(median(again)),
    againMib: rounded(more / MIB),
    restoreMs: rounded(median(restored)),
    restoreMibPerSecond: perSecond(restored),
  });
}

/** Searches and writes of another index on the same leaves, before and while snapshots are taken, at the rate that is usual. */
async function measureOthers(depot: string): Promise<void> {
  const load = new SteadyLoad({ client, index: NOTES, ...RATES });
  await passed(CALM_MS);
  const fromMs = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    await client.createSnapshot('one', { indices: INDEX, depot });
    await client.deleteSnapshot('one', { depot });
  }
  const untilMs = performance.now();
  await load.stop();
  const tookOf = (isIn: (atMs: number) => boolean): readonly number[] =>
    load.searches.filter(({ atMs }) => isIn(atMs)).map(({ tookMs }) => tookMs);
  const [calm, busy] = [tookOf((atMs) => atMs < fromMs), tookOf((atMs) => atMs >= fromMs && atMs < untilMs)];
  printFigures({
    bench: 'cluster/snapshots',
    case: 'searches meanwhile',
    seconds: rounded((untilMs - fromMs) / 1_000),
    calmP50Ms: rounded(median(calm)),
    calmP99Ms: rounded(quantile(calm, 0.99)),
    busyP50Ms: rounded(median(busy)),
    busyP99Ms: rounded(quantile(busy, 0.99)),
    failedSearches: load.failedSearches.length,
    failedWrites: load.failedWrites.length,
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function passed(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
