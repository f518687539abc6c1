/**
 * The life of a group in the registry: created whole or not at all, changed by compare-and-set, and taken down in
 * steps that anyone can finish.
 */
import type { ActorDefinition } from '../actor/definition.ts';
import { evenSlotMap, SLOT_COUNT } from '../actor/slots.ts';
import type { LogSpec } from '../bus/bus.ts';
import { type Random, randomToken } from '../env.ts';
import { CoppiceError, isCoppiceError } from '../errors.ts';
import { checkName, groupToken, nameToToken } from '../wire/names.ts';
import { type EndpointRecord, type GoneRecord, GroupRecord, PlacementRecord, parseRecord } from '../wire/records.ts';
import { fill, logStreamName, REGISTRY_KEYS, SUBJECTS } from '../wire/subjects.ts';
import type { ClusterContext } from './context.ts';
import { goneKey, groupKey, placementKey, sharedKey } from './view.ts';

const GENERATION_LENGTH = 12;

/** Most copies of one shard. */
export const MAX_COPIES = 10;

/** What a new group is made of. */
export type GroupSpec = {
  readonly name: string;
  readonly definition: ActorDefinition;
  readonly shards: number;
  /** Copies of each shard, the primary included. */
  readonly copies: number;
  /** What a leaf must provide to host it. */
  readonly requires: string;
  readonly settings: unknown;
};

/** A name for one life of a group. */
export function newGeneration(random: Random): string {
  return randomToken(random, GENERATION_LENGTH);
}

/**
 * Creates a group: its log, its shared document, then its entry, which makes it exist.
 *
 * @throws CoppiceError `INVALID_NAME`, `BAD_REQUEST` for counts out of range, `ALREADY_EXISTS`.
 */
export async function createGroup(context: ClusterContext, spec: GroupSpec): Promise<GroupRecord> {
  const { bus, env, registry } = context;
  const name = checkName('group', spec.name);
  checkCount('shards', spec.shards, SLOT_COUNT);
  checkCount('copies', spec.copies, MAX_COPIES);
  const key = groupKey(name);
  const present = await registry.get(key);
  if (present !== undefined) throw takenError(parseRecord(GroupRecord, present.value, key));
  const { definition } = spec;
  const group: GroupRecord = {
    name,
    generation: newGeneration(env.random),
    kind: definition.kind,
    actor: definition.name,
    requires: spec.requires,
    copies: spec.copies,
    slots: { version: 1, ranges: [...evenSlotMap(spec.shards).ranges] },
    endpoints: endpointRecords(definition),
    settings: spec.settings,
    createdMs: env.clock.wallMs(),
  };
  if (definition.kind === 'stateful') {
    await bus.createLog(logSpec(context.cluster, group));
    if (definition.initShared !== undefined)
      await registry.create(sharedKey(group), { document: definition.initShared(spec.settings) });
  }
  try {
    await registry.create(key, group);
  } catch (error) {
    await removeParts(context, group);
    if (isCoppiceError(error, 'CONFLICT'))
      throw new CoppiceError('ALREADY_EXISTS', `\`${name}\` exists already`, { cause: error });
    throw error;
  }
  return group;
}

/**
 * Changes the number of copies of a group.
 *
 * @throws CoppiceError `GROUP_NOT_FOUND`, `BAD_REQUEST`.
 */
export async function setCopies(context: ClusterContext, name: string, copies: number): Promise<GroupRecord> {
  checkCount('copies', copies, MAX_COPIES);
  return changeGroup(context, name, (group) => {
    if (group.deleting === true || group.restoring !== undefined) throw notFound(name);
    return { ...group, copies };
  });
}

/**
 * Takes a group down: marks it first, so that nobody routes to it and anyone can finish the work.
 *
 * @throws CoppiceError `GROUP_NOT_FOUND`.
 */
export async function deleteGroup(context: ClusterContext, name: string): Promise<void> {
  const group = await changeGroup(context, name, (present) => ({ ...present, deleting: true }));
  await finishDeletion(context, group);
}

/** Removes everything of a group that is marked as being deleted, its entry last. Harmless to repeat. */
export async function finishDeletion(context: ClusterContext, group: GroupRecord): Promise<void> {
  await removeParts(context, group);
  if (group.kind === 'stateful') {
    const gone: GoneRecord = { group: group.name, deletedMs: context.env.clock.wallMs() };
    await context.registry.put(goneKey(group.generation), gone);
  }
  await removeEntry(context, { key: placementKey(group.name), schema: PlacementRecord, generation: group.generation });
  await removeEntry(context, { key: groupKey(group.name), schema: GroupRecord, generation: group.generation });
}

/** Removes an entry of one life of a group: the same name may live again already. */
async function removeEntry(
  { registry }: ClusterContext,
  what: { key: string; schema: typeof PlacementRecord | typeof GroupRecord; generation: string },
): Promise<void> {
  for (;;) {
    const entry = await registry.get(what.key);
    if (entry === undefined || parseRecord(what.schema, entry.value, what.key).generation !== what.generation) return;
    try {
      return await registry.delete(what.key, entry.revision);
    } catch (error) {
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
    }
  }
}

/** The log of one life of a group. */
export function logSpec(cluster: string, group: Pick<GroupRecord, 'name' | 'generation'>): LogSpec {
  const token = groupToken(group.name, group.generation);
  return {
    stream: logStreamName(cluster, nameToToken(group.name), group.generation),
    subjectPrefix: fill(SUBJECTS.log, { cluster, group: token, shard: '' }).slice(0, -1),
  };
}

/** What every root needs to know of a definition's endpoints. */
export function endpointRecords(definition: ActorDefinition): Record<string, EndpointRecord> {
  return Object.fromEntries(
    Object.entries(definition.endpoints).map(([name, endpoint]): [string, EndpointRecord] => {
      const polling = typeof endpoint.polling === 'string' ? endpoint.polling : { by: endpoint.polling.by };
      if (endpoint.kind === 'command' || endpoint.reduce === undefined) return [name, { kind: endpoint.kind, polling }];
      return [
        name,
        { kind: 'query', polling, reduce: typeof endpoint.reduce === 'function' ? 'custom' : endpoint.reduce },
      ];
    }),
  );
}

async function removeParts(context: ClusterContext, group: GroupRecord): Promise<void> {
  const { bus, registry, cluster } = context;
  if (group.kind === 'stateful') await bus.deleteLog(logSpec(cluster, group));
  await registry.delete(sharedKey(group));
  const leases = fill(REGISTRY_KEYS.lease, { group: nameToToken(group.name), generation: group.generation, shard: '' });
  for (const { key } of await registry.list(leases)) await registry.delete(key);
}

async function changeGroup(
  context: ClusterContext,
  name: string,
  change: (group: GroupRecord) => GroupRecord,
): Promise<GroupRecord> {
  for (;;) {
    const entry = await context.registry.get(groupKey(name));
    const group = entry === undefined ? undefined : parseRecord(GroupRecord, entry.value, entry.key);
    if (entry === undefined || group === undefined) throw notFound(name);
    const next = change(group);
    try {
      await context.registry.update(entry.key, next, entry.revision);
      return next;
    } catch (error) {
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
    }
  }
}

function takenError({ name, restoring }: GroupRecord): CoppiceError {
  const how = restoring === undefined ? 'exists already' : 'is being restored from a snapshot';
  return new CoppiceError('ALREADY_EXISTS', `\`${name}\` ${how}`);
}

function notFound(name: string): CoppiceError {
  return new CoppiceError('GROUP_NOT_FOUND', `there is no index or group \`${name}\``);
}

function checkCount(what: string, count: number, most: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= most) return;
  throw new CoppiceError('BAD_REQUEST', `${what} must be a whole number from 1 to ${most}, got ${count}`);
}
