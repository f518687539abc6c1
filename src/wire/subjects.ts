/**
 * The subject grammar, in one place: every subject, stream and bucket name of a cluster is one of these templates
 * with its holes filled. `<group>` is `<name>/<generation>` in internal subjects and the bare name in public ones.
 */

/** Every subject template. Holes stand in braces; `*` in a filled subject makes it a subscription pattern. */
export const SUBJECTS = {
  /** The public API. Queue group `root`. */
  api: '{cluster}.api.{action}.{group}',
  /** A call to an endpoint of any actor group, polled as the group says. Queue group `root`. */
  call: '{cluster}.call.{group}.{endpoint}',
  /** A query to any ready copy of a shard. Queue group `copies`. */
  shard: '{cluster}.shard.{group}.{shard}.{endpoint}',
  /** Commands to the primary of a shard. */
  primary: '{cluster}.primary.{group}.{shard}',
  /** Published by roots that found nobody on the primary's subject; every copy of the shard takes it as a reason to look. */
  doubt: '{cluster}.doubt.{group}.{shard}',
  /** A query to one copy: a retry or a hedge. */
  copy: '{cluster}.copy.{leaf}.{group}.{shard}.{endpoint}',
  /** A command to one leaf: `ping`, `drain`, `stats`, `history`. */
  leaf: '{cluster}.leaf.{leaf}.{command}',
  /** A leaf's heartbeat, published. */
  pulse: '{cluster}.pulse.{leaf}',
  /** A step of a copy, published by its leaf: news for who cares, and nothing that the cluster relies on. */
  copyEvent: '{cluster}.event.copy.{group}.{shard}',
  /** Begins a snapshot task, or asks about a depot: `start`, `list`, `settle`. Queue group `snapshots`. */
  snapshots: '{cluster}.snapshots.{command}',
  /** Asks the leaf that carries a snapshot task out. Nobody there: the task is dead. */
  snapshotTask: '{cluster}.snapshot-task.{task}',
  /** How far a snapshot task is, published by its leaf. */
  snapshotEvent: '{cluster}.event.snapshot.{snapshot}',
  /** A shard's log records, captured by the group's stream. */
  log: '{cluster}.log.{group}.{shard}',
} as const;

/** Queue groups. */
export const QUEUES = { root: 'root', copies: 'copies', snapshots: 'snapshots' } as const;

/** The names of the holes of a template. */
export type HolesOf<T extends string> = T extends `${string}{${infer Hole}}${infer Rest}`
  ? Hole | HolesOf<Rest>
  : never;

/**
 * Fills the holes of a subject template. Values are tokens already: names go through `nameToToken` first.
 * A value of `*` makes a subscription pattern.
 */
export function fill<T extends string>(template: T, holes: Readonly<Record<HolesOf<T>, string | number>>): string {
  const { head, rest } = partsOf(template);
  let filled = head;
  for (const { hole, text } of rest) filled += `${(holes as Record<string, string | number>)[hole]}${text}`;
  return filled;
}

type Parts = { readonly head: string; readonly rest: readonly { readonly hole: string; readonly text: string }[] };

/** Templates taken apart; there are as many as rows in the tables here, and each is filled all the time. */
const takenApart = new Map<string, Parts>();

function partsOf(template: string): Parts {
  const known = takenApart.get(template);
  if (known !== undefined) return known;
  const [head = '', ...pieces] = template.split('{');
  const rest = pieces.map((piece) => {
    const [hole = '', text = ''] = piece.split('}');
    return { hole, text };
  });
  const parts = { head, rest };
  takenApart.set(template, parts);
  return parts;
}

/** The token that stands at a hole of the template in a subject received. */
export function tokenAt<T extends string>(template: T, hole: HolesOf<T>, subject: string): string {
  const place = template.split('.').indexOf(`{${hole}}`);
  return subject.split('.')[place] ?? '';
}

/** Name of the stream that holds the log of one life of a group. `group` is the name's token. */
export function logStreamName(cluster: string, group: string, generation: string): string {
  return `${cluster}_log_${group}_${generation}`;
}

/** Name of the KV bucket that holds groups, placement and leases. */
export function registryBucket(cluster: string): string {
  return `${cluster}_registry`;
}

/** Bucket of the cluster's depot, where it is in NATS and has no other name. */
export function depotBucket(cluster: string): string {
  return `${cluster}_depot`;
}

/** Name of the KV bucket of leaves, whose entries expire. */
export function leavesBucket(cluster: string): string {
  return `${cluster}_leaves`;
}

/** Keys of the registry bucket. `group` is the name's token. */
export const REGISTRY_KEYS = {
  group: 'group.{group}',
  placement: 'placement.{group}',
  shared: 'shared.{group}.{generation}',
  lease: 'lease.{group}.{generation}.{shard}',
  gone: 'gone.{generation}',
  controller: 'controller',
  identity: 'identity',
} as const;

/** Keys of the leaves bucket. */
export const LEAF_KEYS = { leaf: 'leaf.{leaf}' } as const;
