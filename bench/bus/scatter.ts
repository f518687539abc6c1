/**
 * A scatter to three shards with two copies each against one bare request of the NATS client, both answered by
 * other processes. Rounds alternate, so that noise hits both; the medians of the rounds are compared.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { connectNats } from '../../src/bus/nats/connect.ts';
import { Rpc } from '../../src/bus/rpc.ts';
import { type ScatterPart, scatter } from '../../src/bus/scatter.ts';
import { Deadline, systemEnv } from '../../src/env.ts';
import { startNats } from '../../test/support/nats-server.ts';

const SHARDS = 3;
const COPIES = 2;
const ROUNDS = 9;
const CALLS = 400;
const WARM_UP_CALLS = 300;

const server = await startNats();
const children = Array.from({ length: COPIES }, (_, copy) => startResponder(copy));
await Promise.all(children.map((child) => once(child, 'message')));
const bus = await connectNats({ servers: server.url }, systemEnv);
const rpc = new Rpc(bus, systemEnv, (error) => {
  throw error;
});
const request = new Uint8Array(256);
const body = { query: { match: { text: 'whale' } }, size: 10, filler: new Uint8Array(200) };
const parts: ScatterPart[] = Array.from({ length: SHARDS }, (_, shard) => ({
  shard,
  subject: `bench.shard.${shard}`,
  copies: () => Array.from({ length: COPIES }, (_copy, copy) => `bench.copy.${copy}.${shard}`),
  body,
}));

const bare: number[][] = [];
const scattered: number[][] = [];
await measure(bareRequest, WARM_UP_CALLS);
await measure(scatterAll, WARM_UP_CALLS);
for (let round = 0; round < ROUNDS; round += 1) {
  bare.push(await measure(bareRequest, CALLS));
  scattered.push(await measure(scatterAll, CALLS));
}
const figures = {
  bench: 'bus/scatter',
  shards: SHARDS,
  copies: COPIES,
  bareP50Ms: overRounds(bare, 0.5),
  bareP99Ms: overRounds(bare, 0.99),
  scatterP50Ms: overRounds(scattered, 0.5),
  scatterP99Ms: overRounds(scattered, 0.99),
};
const ratio = median(scattered.map((times, round) => quantile(times, 0.5) / quantile(bare[round] ?? times, 0.5)));
process.stdout.write(`${JSON.stringify({ ...figures, ratioP50: rounded(ratio) })}\n`);
await bus.close();
for (const child of children) child.disconnect();
await server.stop();

async function bareRequest(): Promise<void> {
  await bus.nats.request('bench.bare', request, { timeout: 5_000 });
}

async function scatterAll(): Promise<void> {
  const outcomes = await scatter(rpc, parts, {
    deadline: new Deadline(systemEnv.clock, 5_000),
    retries: 2,
    backoffMs: 10,
    hedgeAfterMs: 1_000,
  });
  if (outcomes.some((outcome) => !outcome.ok)) throw new Error('a part failed');
}

async function measure(call: () => Promise<void>, calls: number): Promise<number[]> {
  const times: number[] = [];
  for (let done = 0; done < calls; done += 1) {
    const startMs = performance.now();
    await call();
    times.push(performance.now() - startMs);
  }
  return times.sort((a, b) => a - b);
}

function startResponder(copy: number): ReturnType<typeof fork> {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  return fork(
    join(import.meta.dirname, '..', 'support', `bus-responder.${extension}`),
    [server.url, String(copy), String(SHARDS)],
    { execArgv: process.execArgv },
  );
}

function overRounds(rounds: readonly number[][], q: number): number {
  return rounded(median(rounds.map((times) => quantile(times, q))));
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
