/** Stories about leaves with disks in memory, which outlive them, and an index whose copies are saved there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatefulDefinition } from '../../../src/actor/definition.ts';
import type { Depot } from '../../../src/bus/depot.ts';
import { openFolderDepot } from '../../../src/bus/folder/folder-depot.ts';
import { CHECKPOINT_SCHEDULE } from '../../../src/cluster/checkpoint-options.ts';
import { logSpec } from '../../../src/cluster/groups.ts';
import { LOCAL_SCHEDULE, type LocalOptions } from '../../../src/cluster/local-options.ts';
import { systemEnv } from '../../../src/env.ts';
import { searchActor } from '../../../src/search/actor.ts';
import { parseSearch } from '../../../src/search/request/search-request.ts';
import { encode } from '../../../src/wire/codec.ts';
import { groupToken } from '../../../src/wire/names.ts';
import type { CopyStatus, GroupRecord } from '../../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../../src/wire/subjects.ts';
import { eventually } from '../../support/eventually.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import type { TestServer } from '../../support/nats-server.ts';
import { isCopy, openStory, type Story, type StoryLeaf } from './story.ts';

/** The index that the stories are about. */
export const search = searchActor as StatefulDefinition;
export const INDEX = 'books';
const WORDS = ['oak', 'ash', 'elm', 'fir', 'yew'];

/** A leaf with a disk of its own, which outlives it. */
export type DiskLeaf = StoryLeaf & {
  /** Names that it has read from the depot. */
  readonly fetched: readonly string[];
  /** Ends it as a loss of power would: nothing more reaches its disk. */
  crash(): Promise<void>;
};

/** A cluster with leaves that have disks. */
export type Place = {
  readonly story: Story;
  readonly group: GroupRecord;
  readonly disks: ReadonlyMap<string, MemoryDisk>;
  openLeaf(name: string, options?: Partial<LocalOptions>): Promise<DiskLeaf>;
  close(): Promise<void>;
};

/** Opens a cluster, with copies of the index on these leaves. */
export async function openPlace(server: TestServer, leaves: readonly string[], records = 1_000_000): Promise<Place> {
  const story = await openStory(server);
  const folder = await mkdtemp(join(tmpdir(), 'local-recovery-'));
  const depot = await openFolderDepot(systemEnv, folder);
  const disks = new Map<string, MemoryDisk>();
  const openLeaf = async (name: string, options: Partial<LocalOptions> = {}): Promise<DiskLeaf> => {
    const disk = disks.get(name) ?? new MemoryDisk();
    disks.set(name, disk);
    const door = disk.door();
    const fetched: string[] = [];
    const checkpoints = { ...CHECKPOINT_SCHEDULE, depot: counted(depot, fetched), records, minIntervalMs: 0 };
    const local = { ...LOCAL_SCHEDULE, disk: door, folder: '/data', minIntervalMs: 0, retryMs: 100, ...options };
    const leaf = await story.openLeaf(name, search, checkpoints, local);
    const crash = async (): Promise<void> => {
      door.close();
      await leaf.kill();
      disk.crash(() => systemEnv.random.next());
    };
    return Object.assign(Object.create(leaf) as StoryLeaf, { ...leaf, crash, fetched });
  };
  const opened = new Map<string, DiskLeaf>();
  for (const name of leaves) opened.set(name, await openLeaf(name));
  const group = await story.createGroup(INDEX, { leaves, definition: search });
  if (leaves.length > 0) await story.primaryOf(group);
  const close = async (): Promise<void> => {
    await story.close();
    await depot.close();
    await rm(folder, { recursive: true });
  };
  return { story, group, disks, openLeaf, close };
}

/** A depot that notes what is read from it. */
function counted(depot: Depot, fetched: string[]): Depot {
  return Object.assign(Object.create(depot) as Depot, {
    put: depot.put.bind(depot),
    stat: depot.stat.bind(depot),
    list: depot.list.bind(depot),
    delete: depot.delete.bind(depot),
    get: (name: string, options: object) => {
      fetched.push(name);
      return depot.get(name, options);
    },
  });
}

/** Writes documents, of which later ones replace earlier ones. */
export async function index(story: Story, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    const doc = { text: `${WORDS[n % 5]} ${WORDS[(n * n) % 4]}`, n };
    await story.client.request('index', INDEX, { id: `${n % 200}`, doc }, { deadlineMs: 10_000 });
  }
}

/** Sequence of the last record of the log. */
export async function lastSeq({ story, group }: Place): Promise<number> {
  return (await story.context.bus.openLog(logSpec(story.cluster, group)).last(0))?.seq ?? 0;
}

/** What a leaf tells of its copy. */
export function statusOf(leaf: StoryLeaf, group: GroupRecord): CopyStatus | undefined {
  return leaf.statuses().find((copy) => isCopy(copy, group));
}

/** Waits until a leaf's copy serves all up to a record. */
export async function untilServing(leaf: StoryLeaf, { group }: Place, seq: number): Promise<void> {
  const serves = (): boolean => {
    const status = statusOf(leaf, group);
    return status !== undefined && ['replica', 'primary'].includes(status.state) && status.seq >= seq;
  };
  await eventually(serves, { withinMs: 15_000, what: `${leaf.name} serves` });
}

/** Waits until a leaf's copy has saved all up to a record. */
export async function untilSaved(leaf: StoryLeaf, { group }: Place, seq: number): Promise<void> {
  const isSaved = (): boolean => (statusOf(leaf, group)?.savedSeq ?? 0) >= seq;
  await eventually(isSaved, { withinMs: 15_000, what: `${leaf.name} saves` });
}

/** How often a leaf has reported something. */
export function told(leaf: StoryLeaf, message: string): number {
  return leaf.reported.filter((one) => one.message === message).length;
}

/** What a copy answers to a search over all it has. */
export async function answerOf({ story, group }: Place, leaf: StoryLeaf): Promise<string> {
  const { cluster, rpc } = story.context;
  const token = groupToken(group.name, group.generation);
  const subject = fill(SUBJECTS.copy, { cluster, leaf: leaf.name, group: token, shard: 0, endpoint: 'search' });
  const request = parseSearch({ query: { match: { text: 'oak yew ash' } }, size: 300 });
  const body = { slots: group.slots.version, body: { request, sources: true } };
  // A new copy's subscription may be behind its status.
  const answer = await eventually(async () => rpc.request(subject, body));
  return Buffer.from(encode((answer as { value: unknown }).value, 'msgpack')).toString('latin1');
}

/** The steps and events of a copy that a leaf remembers, by cause. */
export async function causes({ story, group }: Place, leaf: StoryLeaf): Promise<readonly string[]> {
  const answer = await story.client.request('shard-history', group.name, { shard: 0 });
  const { transitions } = answer as { transitions: readonly { leaf: string; cause: string; reason?: string }[] };
  return transitions.filter((step) => step.leaf === leaf.name).map(({ cause }) => cause);
}
