/**
 * `cluster-health`, `cluster-state` and `indices`: what the pulses and the registry tell.
 */
import { shardsOf } from '../../actor/slots.ts';
import { isoTime } from '../../env.ts';
import {
  ControllerRecord,
  type CopyStatus,
  type GroupRecord,
  LeafRecord,
  parseRecord,
  SERVING_STATES,
  type WorkersStatus,
} from '../../wire/records.ts';
import { LEAF_KEYS, REGISTRY_KEYS } from '../../wire/subjects.ts';
import type { Root, RunAction } from './action.ts';

const STARTING: ReadonlySet<string> = new Set(['unassigned', 'restoring', 'replaying']);
/** Who has listened for so long has heard every leaf that pulses. */
export const SETTLED_MS = 1_300;

type Health = 'green' | 'yellow' | 'red';
type PlacedCopy = CopyStatus & { readonly leaf: string };

/** Status of the cluster: green when every copy serves, yellow when every shard has a primary, red otherwise. */
export const clusterHealth: RunAction = async (root) => {
  const leaves = await hearLeaves(root);
  const groups = groupsOf(root);
  const counts = groups.map((group) => countCopies(root, group, leaves));
  const sum = (pick: (count: ShardCounts) => number): number => counts.reduce((total, count) => total + pick(count), 0);
  const wanted = sum(({ wanted: copies }) => copies);
  const active = sum(({ active: copies }) => copies);
  return {
    cluster_name: root.context.cluster,
    status: worst(counts.map(({ health }) => health)),
    timed_out: false,
    number_of_leaves: root.context.membership.recent().length,
    active_primary_shards: sum(({ primaries }) => primaries),
    active_shards: active,
    initializing_shards: sum(({ initializing }) => initializing),
    unassigned_shards: Math.max(0, wanted - active - sum(({ initializing }) => initializing)),
    active_shards_percent_as_number: wanted === 0 ? 100 : Math.min(100, (100 * active) / wanted),
  };
};

/** Everything: leaves, controller, groups, shards, copies. */
export const clusterState: RunAction = async (root) => {
  const { context } = root;
  const leaves = await hearLeaves(root);
  const seat = await context.registry.get(REGISTRY_KEYS.controller);
  return {
    cluster: context.cluster,
    controller: seat === undefined ? null : parseRecord(ControllerRecord, seat.value, seat.key).owner || null,
    leaves: leaves.map((leaf) => describeLeaf(root, leaf)),
    indices: groupsOf(root).map((group) => describeGroup(root, group, leaves)),
  };
};

/** One row per index or group. */
export const listIndices: RunAction = async (root) => {
  const leaves = await hearLeaves(root);
  return groupsOf(root).map((group) => {
    const { health, primaryDocs, bytes } = countCopies(root, group, leaves);
    return {
      health,
      index: group.name,
      actor: group.actor,
      uuid: group.generation,
      shards: shardsOf(group.slots).length,
      replicas: group.copies - 1,
      docs: primaryDocs,
      bytes,
    };
  });
};

/** The leaves that are registered, once each was heard or has been silent for too long: a client that has just joined knows nothing. */
async function hearLeaves({ context }: Root): Promise<readonly LeafRecord[]> {
  const { membership } = context;
  const prefix = LEAF_KEYS.leaf.slice(0, LEAF_KEYS.leaf.indexOf('{'));
  const entries = await context.leaves.list(prefix);
  const leaves = entries
    .map(({ key, value }) => parseRecord(LeafRecord, value, key))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const heardAll = (): boolean => leaves.every(({ name }) => membership.pulseOf(name) !== undefined);
  await membership.until(heardAll, Math.max(0, SETTLED_MS - membership.listeningMs()));
  return leaves;
}

function describeLeaf({ context }: Root, leaf: LeafRecord): unknown {
  const heard = context.membership.pulseOf(leaf.name)?.pulse;
  const current = heard?.incarnation === leaf.incarnation ? heard : undefined;
  return {
    name: leaf.name,
    pid: leaf.pid,
    host: leaf.host,
    zone: leaf.zone,
    provides: leaf.provides,
    draining: leaf.draining,
    incarnation: leaf.incarnation,
    load: current?.load ?? null,
    rss_bytes: current?.rssBytes ?? null,
    ...(current?.workers === undefined ? {} : { workers: showWorkers(current.workers) }),
  };
}

function showWorkers({ threads, deaths, lastDeath }: WorkersStatus): unknown {
  return {
    threads: threads.map(({ worker, copies, heapBytes, outsideBytes, silentMs }) => ({
      worker,
      copies,
      heap_bytes: heapBytes,
      outside_bytes: outsideBytes,
      silent_ms: silentMs,
    })),
    deaths,
    ...(lastDeath === undefined
      ? {}
      : { last_death: { cause: lastDeath.cause, reason: lastDeath.reason, at: isoTime(lastDeath.atMs) } }),
  };
}

function describeGroup(root: Root, group: GroupRecord, leaves: readonly LeafRecord[]): unknown {
  const copies = copiesOf(root, group, leaves);
  const placed = new Map(root.context.view.placement(group)?.shards.map((entry) => [entry.shard, entry]));
  const shards = shardsOf(group.slots).map((shard) => {
    const present = copies.filter((copy) => copy.shard === shard);
    const expected = placed.get(shard);
    const absent = [...(expected?.copies ?? []), ...(expected?.move === undefined ? [] : [expected.move.to])]
      .filter((leaf) => !present.some((copy) => copy.leaf === leaf))
      .map((leaf) => ({ leaf, state: 'unassigned', primary: false, term: 0, seq: 0, last_seq: 0, docs: 0, bytes: 0 }));
    return { shard, copies: [...present.map(showCopy), ...absent] };
  });
  return {
    name: group.name,
    kind: group.kind,
    actor: group.actor,
    generation: group.generation,
    replicas: group.copies - 1,
    shards,
  };
}

function showCopy(copy: PlacedCopy): unknown {
  const { leaf, state, term, seq, lastSeq, docCount, sizeBytes, checkpointFailure } = copy;
  const { restore, replay, disk, poison, skipped } = copy;
  const recovery = restore === undefined ? replay && { from: 'log', ...replay } : { from: 'checkpoint', ...restore };
  const reason = copy.reason ?? (poison === undefined ? undefined : `${poison.reason} (tried ${poison.tries} times)`);
  return {
    leaf,
    state,
    primary: state === 'primary',
    term,
    seq,
    last_seq: lastSeq,
    docs: docCount,
    bytes: sizeBytes,
    ...(checkpointFailure === undefined ? {} : { checkpoint_failure: checkpointFailure }),
    ...(recovery === undefined ? {} : { recovery: showRecovery(recovery) }),
    ...(disk === undefined ? {} : { disk: { reason: disk.reason, waiting_bytes: disk.waitingBytes } }),
    ...(poison === undefined ? {} : { poison: { record: poison.seq, operation: poison.place, tries: poison.tries } }),
    ...(skipped === undefined ? {} : { skipped }),
    ...(reason === undefined ? {} : { reason }),
  };
}

type Recovery = {
  readonly from: string;
  readonly doneBytes: number;
  readonly totalBytes?: number;
  readonly bytesPerSecond: number;
  readonly remainingMs?: number;
};

/** How far a copy has come that reads its files, or replays its log; without a total where nobody knows it. */
function showRecovery({ from, doneBytes, totalBytes, bytesPerSecond, remainingMs }: Recovery): unknown {
  return {
    from,
    done_bytes: doneBytes,
    ...(totalBytes === undefined ? {} : { total_bytes: totalBytes }),
    bytes_per_second: bytesPerSecond,
    ...(remainingMs === undefined ? {} : { remaining_ms: remainingMs }),
  };
}

type ShardCounts = {
  readonly health: Health;
  readonly wanted: number;
  readonly active: number;
  readonly initializing: number;
  readonly primaries: number;
  readonly primaryDocs: number;
  readonly bytes: number;
};

function countCopies(root: Root, group: GroupRecord, leaves: readonly LeafRecord[]): ShardCounts {
  const copies = copiesOf(root, group, leaves);
  const shards = shardsOf(group.slots);
  const serving = copies.filter(({ state }) => SERVING_STATES.has(state));
  const leads = group.kind === 'stateless' ? SERVING_STATES : new Set(['primary', 'handingOver']);
  const led = new Map(serving.filter(({ state }) => leads.has(state)).map((copy) => [copy.shard, copy]));
  const wanted = shards.length * group.copies;
  const full = shards.every((shard) => serving.filter((copy) => copy.shard === shard).length >= group.copies);
  return {
    health: led.size < shards.length ? 'red' : full ? 'green' : 'yellow',
    wanted,
    active: serving.length,
    initializing: copies.filter(({ state }) => STARTING.has(state)).length,
    primaries: led.size,
    primaryDocs: [...led.values()].reduce((total, { docCount }) => total + docCount, 0),
    bytes: copies.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
  };
}

/** Copies that were heard of lately. What a process told whose leaf is another one by now does not count. */
function copiesOf({ context }: Root, group: GroupRecord, leaves: readonly LeafRecord[]): readonly PlacedCopy[] {
  const lives = new Map(leaves.map(({ name, incarnation }) => [name, incarnation]));
  return context.membership
    .copiesOf(group)
    .filter(({ leaf, incarnation }) => (lives.get(leaf) ?? incarnation) === incarnation)
    .toSorted((a, b) => a.shard - b.shard || (a.leaf < b.leaf ? -1 : 1));
}

function groupsOf({ context }: Root): readonly GroupRecord[] {
  return [...context.view.groups.keys()].toSorted().flatMap((name) => context.view.group(name) ?? []);
}

function worst(healths: readonly Health[]): Health {
  if (healths.includes('red')) return 'red';
  return healths.includes('yellow') ? 'yellow' : 'green';
}
