/**
 * Restores groups from a snapshot, under the names that they had or others: as new lives, whose logs go on where the
 * snapshot was taken. All of them or none: until the last step of each they are marked as being restored, and a failure
 * takes them down again.
 */
import { shardsOf } from '../actor/slots.ts';
import type { Depot } from '../bus/depot.ts';
import { deleteGroup, logSpec, MAX_COPIES, newGeneration } from '../cluster/groups.ts';
import { whenUsable } from '../cluster/readiness.ts';
import { sharedKey } from '../cluster/view.ts';
import { Deadline } from '../env.ts';
import { CoppiceError } from '../errors.ts';
import { encodeLogRecord } from '../wire/log-record.ts';
import { checkName } from '../wire/names.ts';
import type { GroupRecord } from '../wire/records.ts';
import { filesOf, type GroupSnapshot, type ShardSnapshot, type SnapshotDocument } from '../wire/snapshot-format.ts';
import type { RestoreSpec } from '../wire/snapshot-messages.ts';
import { type CopiedShard, copyShard } from './copy-shard.ts';
import { snapshotNotFound } from './delete-snapshot.ts';
import { type Reserved, release, reserve, takeDown, takeDownDead, unmarked } from './restored-group.ts';
import { selectNames } from './select-groups.ts';
import { Shelf } from './shelf.ts';
import { BYTES_PER_SECOND, clearUp, type Task, withDepot } from './task.ts';

const SHARDS_AT_ONCE = 4;
/** The first copies of a restored group are waited for as long as those of a new one. */
const READY_MS = 10_000;
/**
 * A new life begins with a term above those of the snapshot by so much at most, at random: what another life of the index
 * wrote after the snapshot has the same sequence numbers, and a condition (`if_seq_no` with `if_primary_term`) that was
 * read there must not hold here.
 */
const TERM_SPREAD = 2 ** 32;

/** A shard that is in the cluster's depot, and what its log begins with. */
type Brought = CopiedShard & { readonly generation: string; readonly term: number };

/** A group on its way. */
type Restored = { readonly from: GroupSnapshot; readonly reserved: Reserved };

/**
 * Restores; resolves when the groups exist, and says whether all of their shards answer.
 *
 * @throws CoppiceError `SNAPSHOT_NOT_FOUND`, `GROUP_NOT_FOUND`, `ALREADY_EXISTS`, `INVALID_NAME`, `BAD_REQUEST`,
 *   `SNAPSHOT_FAILED` for a group of which the snapshot lacks shards, `CORRUPT_BLOB` that names a file,
 *   `UNSUPPORTED_FORMAT`, what the depots throw, or the signal's reason.
 */
export async function restoreSnapshot(spec: RestoreSpec, task: Task): Promise<unknown> {
  return withDepot(task.depots, spec.depot, async (from, url) => {
    const document = await readDocument(spec, from, { task, url });
    const plans = plan(spec, document, task);
    return withDepot(task.depots, undefined, async (to) => {
      const { context, signal, id: owner } = task;
      await takeDownDead(context, { owner, depot: to, signal });
      const groups = await restoreAll(plans, { spec, task, from, to });
      return answer(spec, groups, task);
    });
  });
}

type Plan = { readonly from: GroupSnapshot; readonly group: GroupRecord };
type Ways = { readonly spec: RestoreSpec; readonly task: Task; readonly from: Depot; readonly to: Depot };

async function readDocument(
  { name }: RestoreSpec,
  depot: Depot,
  { task, url }: { task: Task; url: string },
): Promise<SnapshotDocument> {
  const entry = await new Shelf(depot, task.signal).find(name);
  if (entry?.state === 'unreadable') throw entry.error;
  if (entry?.state === 'complete') return entry.document;
  if (entry?.state === 'open')
    throw new CoppiceError('SNAPSHOT_NOT_FOUND', `snapshot \`${name}\` is not complete`, {
      details: { snapshot: name },
    });
  throw snapshotNotFound(name, url);
}

function plan(spec: RestoreSpec, document: SnapshotDocument, { context, id }: Task): readonly Plan[] {
  const known = document.groups.map(({ group }) => group.name);
  const names = selectNames(known, spec.indices, `snapshot \`${spec.name}\``);
  const copies = spec.copies;
  if (copies !== undefined && copies > MAX_COPIES)
    throw new CoppiceError('BAD_REQUEST', `replicas must be from 0 to ${MAX_COPIES - 1}, got ${copies - 1}`);
  const plans = document.groups
    .filter(({ group }) => names.includes(group.name))
    .map((from): Plan => {
      checkWhole(spec, from);
      const group = unmarked(from.group);
      return {
        from,
        group: {
          ...group,
          name: newName(spec, group.name),
          generation: newGeneration(context.env.random),
          copies: copies ?? group.copies,
          createdMs: context.env.clock.wallMs(),
          restoring: { task: id },
        },
      };
    });
  checkDistinct(plans);
  return plans;
}

function newName({ as }: RestoreSpec, name: string): string {
  return as === undefined ? name : checkName('index', as.replaceAll('*', name));
}

function checkDistinct(plans: readonly Plan[]): void {
  const names = plans.map(({ group }) => group.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return;
  const hint = 'choose one index, or put a `*` where its own name shall stand';
  throw new CoppiceError('BAD_REQUEST', `${names.length} groups cannot all be restored as \`${twice}\`: ${hint}`);
}

function checkWhole({ name }: RestoreSpec, { group, shards }: GroupSnapshot): void {
  const absent = shardsOf(group.slots).filter((shard) => !shards.some((one) => one.shard === shard));
  if (absent.length === 0) return;
  throw new CoppiceError(
    'SNAPSHOT_FAILED',
    `snapshot \`${name}\` is partial: it lacks of \`${group.name}\` the shards ${absent.join(', ')}`,
    { details: { snapshot: name, index: group.name, shards: absent } },
  );
}

/** All or none, but for a leaf that dies between the last steps of two groups: then some are there. */
async function restoreAll(plans: readonly Plan[], ways: Ways): Promise<readonly GroupRecord[]> {
  const { context, signal } = ways.task;
  const restored: Restored[] = [];
  const released: GroupRecord[] = [];
  try {
    for (const { from, group } of plans) restored.push({ from, reserved: await reserve(context, group) });
    await fill(restored, ways);
    signal.throwIfAborted();
    for (const { reserved } of restored) released.push(await release(context, reserved));
    return released;
  } catch (error) {
    await undo({ reserved: restored.map(({ reserved }) => reserved), released }, ways);
    throw error;
  }
}

/** Copies all shards of all groups, and begins the logs. */
async function fill(groups: readonly Restored[], ways: Ways): Promise<void> {
  const { context, signal } = ways.task;
  const copied = await copyShards(groups, ways);
  for (const { from, reserved } of groups) {
    const { group } = reserved;
    await beginLogs(
      ways.task,
      group,
      copied.filter(({ generation }) => generation === group.generation),
    );
    signal.throwIfAborted();
    if ('shared' in from) await context.registry.create(sharedKey(group), { document: from.shared });
  }
}

/** A few at once. When one fails the others end, and have ended before this does: nothing is stored behind an undo's back. */
async function copyShards(groups: readonly Restored[], ways: Ways): Promise<readonly Brought[]> {
  const failure = new AbortController();
  const task = { ...ways.task, signal: AbortSignal.any([ways.task.signal, failure.signal]) };
  const progress = new RestoreProgress(groups, task);
  const queue = groups.flatMap(({ from, reserved }) => from.shards.map((shard) => ({ shard, group: reserved.group })));
  const copied: Brought[] = [];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      copied.push(await bring(next.shard, next.group, { ways: { ...ways, task }, progress }));
      progress.shardDone();
    }
  };
  const lanes = Array.from({ length: SHARDS_AT_ONCE }, async () =>
    lane().catch((error: unknown) => failure.abort(error)),
  );
  await Promise.all(lanes);
  task.signal.throwIfAborted();
  return copied;
}

async function bring(
  shard: ShardSnapshot,
  { generation }: GroupRecord,
  { ways, progress }: { readonly ways: Ways; readonly progress: RestoreProgress },
): Promise<Brought> {
  const { spec, task, from, to } = ways;
  const { clock, random } = task.context.env;
  const term = shard.term + 1 + Math.floor(random.next() * TERM_SPREAD);
  const bytesPerSecond = Math.ceil((spec.bytesPerSecond ?? BYTES_PER_SECOND) / SHARDS_AT_ONCE);
  const onBytes = (bytes: number): void => progress.bytesDone(bytes);
  const copied = await copyShard(shard, {
    from,
    to,
    generation,
    term,
    clock,
    signal: task.signal,
    bytesPerSecond,
    onBytes,
  });
  return { ...copied, term, generation };
}

/**
 * Begins the log of a new life: above every sequence that the snapshot knows, so that places in the log, which documents
 * and tokens hold, go on rising. The first record of each shard is its checkpoint. It follows the last record of the
 * snapshot, which is not in this log: a copy that has not restored the checkpoint cannot apply it, and so never takes an
 * empty shard for the restored one.
 */
async function beginLogs(
  { context, signal, id: task }: Task,
  group: GroupRecord,
  shards: readonly Brought[],
): Promise<void> {
  const { bus, cluster } = context;
  const spec = logSpec(cluster, group);
  await bus.createLog(spec, Math.max(...shards.map(({ mark }) => mark.seq)) + 1);
  const log = bus.openLog(spec);
  for (const { shard, mark, prevId, term } of shards) {
    const data = encodeLogRecord({
      kind: 'checkpoint',
      generation: group.generation,
      term,
      prevSeq: mark.seq,
      prevId,
      mark,
      operations: [],
    });
    const id = `${group.generation}.${shard}.restore-${task}.0`;
    const outcome = await log.append(shard, { id, data, expectedSeq: 0 }, signal);
    if (outcome.kind === 'fenced') throw new Error(`shard ${shard} of the new \`${group.name}\` has records already`);
  }
}

/** Takes down what is not whole. What was released already is a group like any other. */
async function undo(
  { reserved, released }: { reserved: readonly Reserved[]; released: readonly GroupRecord[] },
  { task, to }: Ways,
): Promise<void> {
  const { context } = task;
  for (const { group } of reserved) {
    const isReleased = released.some(({ generation }) => generation === group.generation);
    await clearUp(context, `restored group \`${group.name}\``, async (signal) =>
      isReleased ? deleteGroup(context, group.name) : takeDown(context, { group, depot: to, signal }),
    );
  }
}

async function answer(spec: RestoreSpec, groups: readonly GroupRecord[], { context }: Task): Promise<unknown> {
  const deadline = new Deadline(context.env.clock, READY_MS);
  const ready: boolean[] = [];
  for (const group of groups) ready.push(await whenUsable(context, group, deadline.remainingMs()));
  const total = groups.reduce((sum, group) => sum + shardsOf(group.slots).length, 0);
  return {
    snapshot: {
      snapshot: spec.name,
      indices: groups.map(({ name }) => name),
      shards: { total, successful: total, failed: 0 },
    },
    shards_acknowledged: !ready.includes(false),
  };
}

/** Counts for those who wait. */
class RestoreProgress {
  readonly #task: Task;
  readonly #shards: number;
  readonly #totalBytes: number;
  #shardsDone = 0;
  #doneBytes = 0;

  constructor(groups: readonly Restored[], task: Task) {
    const shards = groups.flatMap(({ from }) => from.shards);
    this.#task = task;
    this.#shards = shards.length;
    this.#totalBytes = shards.flatMap(filesOf).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  bytesDone(bytes: number): void {
    this.#doneBytes = Math.min(this.#totalBytes, this.#doneBytes + bytes);
    this.#tell();
  }

  shardDone(): void {
    this.#shardsDone += 1;
    this.#tell();
  }

  #tell(): void {
    this.#task.onProgress({
      phase: 'fetching',
      shards: this.#shards,
      shardsDone: this.#shardsDone,
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      copiedBytes: this.#doneBytes,
    });
  }
}
