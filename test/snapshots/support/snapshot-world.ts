/** What the tests of snapshots share: a cluster with documents, and what can be seen of it. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import type { Coppice } from '../../../src/client/client.ts';
import { type CoppiceError, type ErrorCode, isCoppiceError } from '../../../src/errors.ts';
import type { TestServer } from '../../support/nats-server.ts';
import { openSnapshotCluster, type SnapshotCluster } from './snapshot-cluster.ts';

const QUERIES = [
  { match: { text: 'whale sea' } },
  { match_phrase: { text: 'white whale' } },
  { bool: { must: [{ match: { text: 'captain' } }], filter: [{ range: { year: { gte: 1851 } } }] } },
  { match_all: {} },
] as const;
const WORDS = ['whale', 'white', 'sea', 'captain', 'harpoon', 'ship', 'storm', 'island'] as const;
let clusters = 0;

/** A cluster, a depot beside it, and more clusters if wanted. */
export type World = {
  readonly cluster: SnapshotCluster;
  readonly client: Coppice;
  /** A folder that is no cluster's own depot, and its address. */
  readonly folder: string;
  readonly depot: string;
  open(options?: { server?: TestServer; leaves?: number; depot?: string }): Promise<SnapshotCluster>;
};

/** Runs a test in a world of its own. */
export async function withWorld(
  server: TestServer,
  run: (world: World) => Promise<void>,
  options: Partial<Parameters<typeof openSnapshotCluster>[1]> = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'snapshots-'));
  const opened: SnapshotCluster[] = [];
  const open: World['open'] = async ({ server: where = server, ...others } = {}) => {
    clusters += 1;
    const cluster = await openSnapshotCluster(where, { cluster: `c${clusters}`, ...others });
    opened.push(cluster);
    return cluster;
  };
  try {
    const cluster = await open({ ...options });
    await run({ cluster, client: cluster.client, folder, depot: pathToFileURL(folder).href, open });
  } finally {
    for (const cluster of opened.toReversed()) await cluster.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The text of a document. */
export function textOf(n: number): string {
  return [n % 8, (n * 3) % 8, (n * 7 + 1) % 8, (n >> 3) % 8].map((word) => WORDS[word]).join(' ');
}

/** Writes the documents `from` to `to - 1`, in one bulk. */
export async function fill(client: Coppice, index: string, from: number, to: number): Promise<void> {
  const operations = Array.from({ length: to - from }, (_, at) => from + at).flatMap((n) => [
    { index: { _id: `d${n}` } },
    { text: textOf(n), year: 1800 + (n % 100) },
  ]);
  const answer = await client.bulk(index, operations);
  assert.is(answer.errors, false);
}

/** Creates an index without replicas. */
export async function create(client: Coppice, index: string, shards = 2): Promise<void> {
  const mappings = { properties: { text: { type: 'text' }, year: { type: 'integer' } } };
  await client.request('index-create', index, { settings: { shards, replicas: 0 }, mappings });
}

/** What an index answers: hits with scores, and every document with its version. */
export async function contentOf(client: Coppice, index: string): Promise<unknown> {
  const searches = [];
  for (const query of QUERIES) {
    const { hits } = await client.search(index, { query, size: 1_000 });
    searches.push({ total: hits.total, hits: hits.hits.map(({ _id, _score, _source }) => ({ _id, _score, _source })) });
  }
  const { hits } = await client.search(index, { size: 1_000 });
  const ids = hits.hits.map(({ _id }) => _id).toSorted();
  const documents = [];
  for (const id of ids) {
    documents.push({ ...(await client.get(index, id)), _index: '' });
  }
  return { searches, documents };
}

/** The error that some work ends with, which must be of a code. */
export async function failure(work: Promise<unknown>, code: ErrorCode): Promise<CoppiceError> {
  try {
    await work;
  } catch (error) {
    assert.ok(isCoppiceError(error, code), `expected ${code}, got ${String(error)}`);
    return error;
  }
  throw new Error(`expected ${code}`);
}

/** Names of the blobs of a folder, below a prefix. */
export async function blobsIn(folder: string, prefix = 'snapshots/'): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith('+blob'))
    .map((name) => name.slice(0, -'+blob'.length))
    .filter((name) => name.startsWith(prefix));
}

/** Files of snapshots, among names of blobs. */
export function filesAmong(names: readonly string[]): readonly string[] {
  return names.filter((name) => /\/[0-9a-f]{64}$/.test(name));
}

/** Damages a blob. */
export async function flipBit(folder: string, name: string): Promise<void> {
  const path = join(folder, `${name}+blob`);
  const bytes = await readFile(path);
  bytes[8] = (bytes[8] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** All that there is of groups: entries in the registry, streams, and blobs in the cluster's own depot. */
export async function traces({ context, bus, leaves }: SnapshotCluster): Promise<readonly string[]> {
  const entries = await context.registry.list('');
  const keys = entries.map(({ key }) => key).filter((key) => /^(group|shared|placement)\./.test(key));
  const jsm = await bus.nats.jetstreamManager();
  const streams = (await jsm.streams.list().next()).map(({ config }) => config.name);
  const depot = await leaves[0]?.context.depots?.open('nats:');
  const blobs = (await depot?.list('')) ?? [];
  await depot?.close();
  const logs = streams.filter((name) => name.startsWith(`${context.cluster}_log_`));
  return [...keys, ...logs, ...blobs.filter((name) => !name.startsWith('snapshots/'))].toSorted();
}
