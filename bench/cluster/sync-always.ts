/**
 * Writes per second through one shard whose log is synced at every append (`sync_interval: always`), by documents per
 * request, against bare JetStream publishes of the very same log records on the same server, one after the other as a
 * shard appends them. Rounds alternate, so that noise hits both; lines give medians. Enough callers are at work that the
 * log is never idle: what is measured is what Coppice adds to an append.
 */
import { connectNats } from '../../src/bus/nats/connect.ts';
import { JS_HEADERS, Stream } from '../../src/bus/nats/stream.ts';
import { Coppice } from '../../src/client/client.ts';
import { DEFAULT_CLUSTER } from '../../src/client/connect.ts';
import { joinCluster } from '../../src/cluster/context.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { systemEnv } from '../../src/env.ts';
import { startClusterProcesses } from '../support/cluster-processes.ts';
import { median, printFigures, rounded } from '../support/figures.ts';

const INDEX = 'notes';
const BATCHES = [1, 10, 100, 1_000];
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const PHASE_MS = Number(process.env['PHASE_MS'] ?? 3_000);
/** Documents under way at once, and callers at least and at most. */
const DOCUMENTS_UNDER_WAY = 2_000;
const CALLERS = { min: 4, max: 128 };
const WORDS = ['amber', 'birch', 'cedar', 'delta', 'ember', 'flint', 'grove', 'heath', 'iris', 'juniper'];
const BARE_SUBJECT = 'bare.records';

type Written = { readonly docs: number; readonly tookMs: number; readonly records: readonly Uint8Array[] };

const cluster = await startClusterProcesses(1);
const bus = await connectNats({ servers: cluster.url }, systemEnv);
const context = await joinCluster({ cluster: DEFAULT_CLUSTER, bus, env: systemEnv, report: () => {} });
const client = new Coppice(context);
const settings = { shards: 1, replicas: 0 };
await client.request('index-create', INDEX, { settings, mappings: { properties: { text: { type: 'text' } } } });
const group = context.view.group(INDEX);
if (group === undefined) throw new Error(`there is no index ${INDEX}`);
const log = bus.openLog(logSpec(DEFAULT_CLUSTER, group));
const bare = new Stream(bus.api, 'BARE');
await bare.create({ subjects: [BARE_SUBJECT], storage: 'file', duplicate_window: 120_000_000_000 });
let count = 0;

for (const batch of BATCHES) await measure(batch);
await client.close();
await bus.close();
await cluster.close();

async function measure(batch: number): Promise<void> {
  const shard: number[] = [];
  const bareRates: number[] = [];
  const perRecord: number[] = [];
  const sizes: number[] = [];
  await throughShard(batch, PHASE_MS / 4);
  for (let round = 0; round < ROUNDS; round++) {
    const { docs, tookMs, records } = await throughShard(batch, PHASE_MS);
    const bareMs = await publishBare(records);
    shard.push((docs / tookMs) * 1_000);
    bareRates.push((docs / bareMs) * 1_000);
    perRecord.push(docs / records.length);
    sizes.push(records.reduce((sum, { length }) => sum + length, 0) / records.length);
  }
  const ratios = shard.map((rate, round) => rate / (bareRates[round] ?? rate));
  printFigures({
    bench: 'cluster/sync-always',
    docsPerRequest: batch,
    callers: callersFor(batch),
    docsPerSecond: Math.round(median(shard)),
    bareDocsPerSecond: Math.round(median(bareRates)),
    ratio: rounded(median(ratios)),
    docsPerRecord: rounded(median(perRecord)),
    recordBytes: Math.round(median(sizes)),
  });
}

/** Callers write for a while; what the log has of it comes along. */
async function throughShard(batch: number, forMs: number): Promise<Written> {
  const before = (await log.last(0))?.seq ?? 0;
  const startMs = performance.now();
  const written = await Promise.all(
    Array.from({ length: callersFor(batch) }, async () => writeUntil(startMs + forMs, batch)),
  );
  const tookMs = performance.now() - startMs;
  return { docs: written.reduce((sum, docs) => sum + docs, 0), tookMs, records: await recordsAfter(before) };
}

async function writeUntil(endMs: number, batch: number): Promise<number> {
  let docs = 0;
  for (; performance.now() < endMs; docs += batch) {
    const operations = Array.from({ length: batch }, () => [{ index: { _id: `d${count}` } }, newDocument()]).flat();
    const { errors } = (await client.request('bulk', INDEX, { operations })) as { errors: boolean };
    if (errors) throw new Error('a write failed');
  }
  return docs;
}

function callersFor(batch: number): number {
  return Math.min(CALLERS.max, Math.max(CALLERS.min, Math.floor(DOCUMENTS_UNDER_WAY / batch)));
}

function newDocument(): { text: string } {
  count += 1;
  return { text: Array.from({ length: 20 }, (_, at) => WORDS[(count * 7 + at * at) % WORDS.length]).join(' ') };
}

async function recordsAfter(seq: number): Promise<readonly Uint8Array[]> {
  const last = (await log.last(0))?.seq ?? 0;
  const records: Uint8Array[] = [];
  await new Promise<void>((resolve, reject) => {
    const tail = log.tail(0, seq + 1, {
      onEntry: (entry) => {
        records.push(entry.data.slice());
        if (entry.seq < last) return;
        tail.close();
        resolve();
      },
      onError: reject,
    });
  });
  return records;
}

/** Publishes records one by one, each with the headers of an append; returns how long it took, in milliseconds. */
async function publishBare(records: readonly Uint8Array[]): Promise<number> {
  let expected = await bare.lastSeq();
  const startMs = performance.now();
  for (const record of records) {
    const headers = {
      [JS_HEADERS.messageId]: `${expected}-${startMs}`,
      [JS_HEADERS.expectedStream]: 'BARE',
      [JS_HEADERS.expectedLastSubjectSeq]: String(expected),
    };
    const answer = await bus.api.exchange(BARE_SUBJECT, record, { headers });
    if (answer === undefined || new TextDecoder().decode(answer).includes('"error"'))
      throw new Error('a bare publish failed');
    expected += 1;
  }
  return performance.now() - startMs;
}
