/**
 * 64 MiB into each depot and out again, against the NATS client's own object store on the same server, and against
 * writing and syncing, or reading, a plain file, which is the floor. Rounds alternate, so that noise hits all; a line
 * gives medians of the rounds, and the processor time of this process, which says more where others use the machine, too
 * (the server's own comes on top, and is about the same for both ways into NATS). The S3 depot speaks to a fake in this very process, so its figures are of both.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Depot } from '../../src/bus/depot.ts';
import { openFolderDepot } from '../../src/bus/folder/folder-depot.ts';
import { connectNats } from '../../src/bus/nats/connect.ts';
import { openS3Depot } from '../../src/bus/s3/s3-depot.ts';
import { systemEnv } from '../../src/env.ts';
import { seededBytes } from '../../test/support/depot/depot-context.ts';
import { FAKE, FakeS3 } from '../../test/support/depot/fake-s3.ts';
import { startNats } from '../../test/support/nats-server.ts';
import { median, printFigures, rounded } from '../support/figures.ts';

type Contestant = {
  readonly name: string;
  readonly put: (round: number) => Promise<void>;
  /** Resolves with the number of bytes that came. */
  readonly get: (round: number) => Promise<number>;
  readonly remove: (round: number) => Promise<void>;
};

type Taken = { readonly wallMs: number; readonly cpuMs: number };

const MIB = 1024 * 1024;
const SIZE_MIB = 64;
const ROUNDS = 5;
const PIECE_BYTES = 256 * 1024;

const bytes = seededBytes(SIZE_MIB * MIB, 1);
const folder = await mkdtemp(join(tmpdir(), 'coppice-bench-'));
const server = await startNats();
const bus = await connectNats({ servers: server.url }, systemEnv);
const contestants = [
  plainFile(),
  ofDepot('nats', await bus.openDepot('bench')),
  await ofClient(),
  ofDepot('folder', await openFolderDepot(systemEnv, join(folder, 'depot'))),
];
const times = new Map<string, { readonly puts: Taken[]; readonly gets: Taken[] }>();
await run(contestants);
// last, since the code of the AWS SDK makes the heap larger, and with it every collection of garbage dearer
const fake = await FakeS3.start();
const { bucket, ...credentials } = FAKE;
const s3 = await openS3Depot(systemEnv, { bucket, prefix: '', endpoint: fake.url, credentials });
await run([ofDepot('s3 (fake)', s3)]);
const client = times.get('nats client') ?? emptyTimes();
for (const [name, { puts, gets }] of times) {
  printFigures({
    bench: 'bus/depot',
    depot: name,
    sizeMib: SIZE_MIB,
    ...figuresOf('put', puts, client.puts),
    ...figuresOf('get', gets, client.gets),
  });
}
await s3.close();
await fake.stop();
await bus.close();
await server.stop();
await rm(folder, { recursive: true, force: true });

async function run(inTurns: readonly Contestant[]): Promise<void> {
  for (const { name } of inTurns) times.set(name, emptyTimes());
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { name, put, get, remove } of inTurns) {
      const putting = await timed(() => put(round));
      const getting = await timed(async () => {
        if ((await get(round)) !== bytes.length) throw new Error(`${name} lost bytes`);
      });
      await remove(round);
      if (round === 0) continue; // warming up
      times.get(name)?.puts.push(putting);
      times.get(name)?.gets.push(getting);
    }
  }
}

function ofDepot(name: string, depot: Depot): Contestant {
  return {
    name,
    put: async (round) => {
      await depot.put(`bench/${round}`, pieces());
    },
    get: async (round) => lengthOf(depot.get(`bench/${round}`)),
    remove: (round) => depot.delete(`bench/${round}`),
  };
}

async function ofClient(): Promise<Contestant> {
  const store = await bus.nats.jetstream().views.os('client');
  return {
    name: 'nats client',
    put: async (round) => {
      await store.put({ name: String(round) }, ReadableStream.from(pieces()));
    },
    get: async (round) => {
      const object = await store.get(String(round));
      return object === null ? 0 : lengthOf(object.data);
    },
    remove: async (round) => {
      await store.delete(String(round));
    },
  };
}

function plainFile(): Contestant {
  const pathOf = (round: number): string => join(folder, `plain-${round}`);
  return {
    name: 'plain file',
    put: async (round) => {
      const file = await open(pathOf(round), 'wx');
      for await (const piece of pieces()) await file.write(piece);
      await file.sync();
      await file.close();
    },
    get: async (round) => {
      const file = await open(pathOf(round), 'r');
      return lengthOf(file.createReadStream({ highWaterMark: PIECE_BYTES }));
    },
    remove: (round) => rm(pathOf(round)),
  };
}

/** The blob as a checkpoint comes: in pieces, of which the depot does not know how many. */
async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

async function lengthOf(source: AsyncIterable<Uint8Array>): Promise<number> {
  let sizeBytes = 0;
  for await (const piece of source) sizeBytes += piece.length;
  return sizeBytes;
}

function figuresOf(what: string, taken: readonly Taken[], client: readonly Taken[]): Record<string, number> {
  const wallMs = median(taken.map((one) => one.wallMs));
  return {
    [`${what}MibPerS`]: rounded(SIZE_MIB / (wallMs / 1_000)),
    [`${what}CpuMs`]: rounded(median(taken.map((one) => one.cpuMs))),
    [`${what}TimesClient`]: rounded(median(taken.map((one, round) => (client[round]?.wallMs ?? 0) / one.wallMs))),
  };
}

async function timed(work: () => Promise<unknown>): Promise<Taken> {
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(startCpu);
  return { wallMs: performance.now() - startMs, cpuMs: (user + system) / 1_000 };
}

function emptyTimes(): { readonly puts: Taken[]; readonly gets: Taken[] } {
  return { puts: [], gets: [] };
}
