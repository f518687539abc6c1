/**
 * Bulk-loading of 117,791 glosses into three leaf processes (3 shards × 1 replica), against the bare appends of the
 * same log records: what the log alone costs of it.
 */
import { connect, type JsMsg } from 'nats';
import { connectNats } from '../../src/bus/nats/connect.ts';
import { Coppice } from '../../src/client/client.ts';
import { DEFAULT_CLUSTER } from '../../src/client/connect.ts';
import { joinCluster } from '../../src/cluster/context.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { systemEnv } from '../../src/env.ts';
import { corpus, createIndex, loadCorpus } from '../support/bulk-load.ts';
import { startClusterProcesses } from '../support/cluster-processes.ts';
import { median, printFigures, rounded } from '../support/figures.ts';

const LEAVES = 3;
const SHARDS = 3;
const REPLICAS = 1;
const ROUNDS = 3;

const cluster = await startClusterProcesses(LEAVES);
const bus = await connectNats({ servers: cluster.url }, systemEnv);
const context = await joinCluster({ cluster: DEFAULT_CLUSTER, bus, env: systemEnv, report: () => {} });
const client = new Coppice(context);
const bare = await connect({ servers: cluster.url });

const loadTimes: number[] = [];
const appendTimes: number[] = [];
let recordCount = 0;
let recordBytes = 0;
for (let round = 0; round < ROUNDS; round++) {
  const index = `wordnet-${round}`;
  await createIndex(client, index, SHARDS, REPLICAS);
  loadTimes.push(await loadCorpus(client, index));
  const records = await recordsOf(index);
  recordCount = records.flat().length;
  recordBytes = records.flat().reduce((sum, { length }) => sum + length, 0);
  appendTimes.push(await appendAll(`append_${round}`, records));
  await client.request('index-delete', index);
}
const ratios = appendTimes.map((appendMs, round) => appendMs / (loadTimes[round] ?? appendMs));
printFigures({
  bench: 'cluster/load',
  docs: corpus.length,
  leaves: LEAVES,
  shards: SHARDS,
  replicas: REPLICAS,
  docsPerSecond: Math.round((corpus.length / median(loadTimes)) * 1_000),
  loadMs: Math.round(median(loadTimes)),
  logRecords: recordCount,
  meanRecordBytes: Math.round(recordBytes / recordCount),
  appendOnlyMs: Math.round(median(appendTimes)),
  appendShare: rounded(median(ratios)),
});
await bare.close();
await client.close();
await bus.close();
await cluster.close();

/** The records of an index's log, shard by shard. */
async function recordsOf(index: string): Promise<readonly (readonly Uint8Array[])[]> {
  const group = context.view.group(index);
  if (group === undefined) throw new Error(`there is no index ${index}`);
  const { stream } = logSpec(DEFAULT_CLUSTER, group);
  const manager = await bare.jetstreamManager();
  const { state } = await manager.streams.info(stream);
  const consumer = await bare.jetstream().consumers.get(stream);
  const bySubject = new Map<string, Uint8Array[]>();
  let left = state.messages;
  for await (const message of await consumer.consume()) {
    keep(bySubject, message);
    if (--left === 0) break;
  }
  return [...bySubject.values()];
}

function keep(bySubject: Map<string, Uint8Array[]>, { subject, data }: JsMsg): void {
  const records = bySubject.get(subject);
  if (records === undefined) bySubject.set(subject, [data]);
  else records.push(data);
}

/** Appends records as primaries do, one at a time on each shard, and nothing else. */
async function appendAll(stream: string, records: readonly (readonly Uint8Array[])[]): Promise<number> {
  const spec = { stream, subjectPrefix: `bench.${stream}` };
  await bus.createLog(spec);
  const log = bus.openLog(spec);
  const { signal } = new AbortController();
  const startMs = performance.now();
  await Promise.all(
    records.map(async (ofShard, shard) => {
      let expectedSeq = 0;
      for (const data of ofShard) {
        const outcome = await log.append(shard, { id: systemEnv.random.id(), data, expectedSeq }, signal);
        if (outcome.kind !== 'appended') throw new Error('somebody else appends here');
        expectedSeq = outcome.seq;
      }
    }),
  );
  const tookMs = performance.now() - startMs;
  await bus.deleteLog(spec);
  return tookMs;
}
