/**
 * Writes per second through one shard whose log is synced at every append (`sync_interval: always`), by operations per
 * request, against bare JetStream publishes of the same bytes on the same server in the same run. The actor is one that
 * costs next to nothing and lives in a worker thread: what is measured is the write path, not an index.
 *
 * - `one`: one caller, one request at a time, against one publish at a time of that request's records.
 * - `many`: so many callers that the log is never idle, against publishes of the very records that came of it, one at a
 *   time, as a shard appends them; and against one publish for each request.
 *
 * Rounds alternate, so that noise hits all of them; lines give medians.
 */
import { connectNats } from '../../src/bus/nats/connect.ts';
import { JS_HEADERS, Stream } from '../../src/bus/nats/stream.ts';
import { DEFAULT_CLUSTER } from '../../src/client/connect.ts';
import { Writer } from '../../src/client/writer.ts';
import { joinCluster } from '../../src/cluster/context.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { Deadline, systemEnv } from '../../src/env.ts';
import { serve } from '../../src/host/serve.ts';
import { startNats } from '../../test/support/nats-server.ts';
import { median, printFigures, rounded } from '../support/figures.ts';

const BATCHES = [1, 10, 100, 1_000];
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const PHASE_MS = Number(process.env['PHASE_MS'] ?? 2_000);
const DEADLINE_MS = 30_000;
/** Operations under way at once, and callers at least and at most. */
const OPERATIONS_UNDER_WAY = 4_000;
const CALLERS = { min: 4, max: 128 };
const WORDS = ['amber', 'birch', 'cedar', 'delta', 'ember', 'flint', 'grove', 'heath', 'iris', 'juniper'];
const BARE_SUBJECT = 'bare.records';

type Written = { readonly perSecond: number; readonly operations: number; readonly records: readonly Uint8Array[] };

const server = await startNats({ sync: 'always' });
const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
const actor = new URL(`../support/notes-actor.${extension}`, import.meta.url);
const served = await serve(actor, { connection: { servers: server.url } });
const bus = await connectNats({ servers: server.url }, systemEnv);
const context = await joinCluster({ cluster: DEFAULT_CLUSTER, bus, env: systemEnv, report: () => {} });
const group = context.view.group(served.name);
if (group === undefined) throw new Error(`there is no group ${served.name}`);
const log = bus.openLog(logSpec(DEFAULT_CLUSTER, group));
const writer = new Writer(context);
const bare = new Stream(bus.api, 'BARE');
await bare.create({ subjects: [BARE_SUBJECT], storage: 'file', duplicate_window: 120_000_000_000 });
let count = 0;

for (const batch of BATCHES) {
  await measure('one', batch, 1);
  await measure('many', batch, Math.min(CALLERS.max, Math.max(CALLERS.min, Math.floor(OPERATIONS_UNDER_WAY / batch))));
}
await context.close();
await bus.close();
await served.close();
await server.stop();

async function measure(load: 'one' | 'many', batch: number, callers: number): Promise<void> {
  const rounds: { written: Written; sameRecords: number; messageEach: number }[] = [];
  await throughShard(batch, callers, PHASE_MS / 4);
  for (let round = 0; round < ROUNDS; round++) {
    const written = await throughShard(batch, callers, PHASE_MS);
    const { operations, records } = written;
    const sameRecords = (operations / (await publishBare(records))) * 1_000;
    const request = requestSized(records, operations, batch);
    const messages = Math.max(1, Math.min(500, Math.floor(operations / batch)));
    const messageEach =
      ((batch * messages) / (await publishBare(Array.from({ length: messages }, () => request)))) * 1_000;
    rounds.push({ written, sameRecords, messageEach });
  }
  const of = (pick: (round: (typeof rounds)[number]) => number): number => median(rounds.map(pick));
  printFigures({
    bench: 'cluster/sync-always',
    load,
    operationsPerRequest: batch,
    callers,
    writesPerSecond: Math.round(of(({ written }) => written.perSecond)),
    bareSameRecords: Math.round(of(({ sameRecords }) => sameRecords)),
    bareMessagePerRequest: Math.round(of(({ messageEach }) => messageEach)),
    ratioSameRecords: rounded(of(({ written, sameRecords }) => written.perSecond / sameRecords)),
    ratioMessagePerRequest: rounded(of(({ written, messageEach }) => written.perSecond / messageEach)),
    operationsPerRecord: rounded(of(({ written }) => written.operations / written.records.length)),
  });
}

/** Callers write for a while; what the log has of it comes along. */
async function throughShard(batch: number, callers: number, forMs: number): Promise<Written> {
  const before = (await log.last(0))?.seq ?? 0;
  const startMs = performance.now();
  const written = await Promise.all(Array.from({ length: callers }, async () => writeUntil(startMs + forMs, batch)));
  const tookMs = performance.now() - startMs;
  const operations = written.reduce((sum, one) => sum + one, 0);
  return { perSecond: (operations / tookMs) * 1_000, operations, records: await recordsAfter(before) };
}

async function writeUntil(endMs: number, batch: number): Promise<number> {
  let operations = 0;
  for (; performance.now() < endMs; operations += batch) {
    const deadline = new Deadline(systemEnv.clock, DEADLINE_MS);
    const results = await writer.write(groupOf(), 'put', Array.from({ length: batch }, newOperation), { deadline });
    if (results.some(({ ok }) => !ok)) throw new Error('a write failed');
  }
  return operations;
}

function newOperation(): { key: string; body: { key: string; text: string } } {
  count += 1;
  const key = `k${count % 10_000}`;
  return {
    key,
    body: { key, text: Array.from({ length: 20 }, (_, at) => WORDS[(count * 7 + at * at) % 10]).join(' ') },
  };
}

function groupOf(): NonNullable<typeof group> {
  if (group === undefined) throw new Error('the group is gone');
  return group;
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

/** As many bytes as a request's operations have in the log. */
function requestSized(records: readonly Uint8Array[], operations: number, batch: number): Uint8Array {
  const bytes = records.reduce((sum, { length }) => sum + length, 0);
  return new Uint8Array(Math.ceil((bytes / operations) * batch)).fill(7);
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
