/**
 * `index-create`, `index-update`, `index-get` and `index-delete`.
 */

import { shardsOf } from '../../actor/slots.ts';
import { createGroup, deleteGroup, setCopies } from '../../cluster/groups.ts';
import { whenUsable } from '../../cluster/readiness.ts';
import { sharedKey } from '../../cluster/view.ts';
import { CoppiceError, isCoppiceError } from '../../errors.ts';
import { searchActor } from '../../search/actor.ts';
import { analyzersOf, checkAnalyzers } from '../../search/analysis.ts';
import { type Mappings, mergeMappings } from '../../search/mapping.ts';
import { mappingToJson } from '../../search/parse-mappings.ts';
import { parseIndexCreate, parseIndexUpdate, searchSettings } from '../../search/request/index-request.ts';
import { initialAnalysis, type SearchShared } from '../../search/state.ts';
import { checkName } from '../../wire/names.ts';
import { type GroupRecord, parseRecord, SharedRecord } from '../../wire/records.ts';
import { type Root, type RunAction, searchGroup, within } from './action.ts';
import { readMappings } from './mappings.ts';

const DEFAULT_READY_MS = 10_000;

/** Creates an index and waits, within its deadline, until every shard has a primary. */
export const createIndex: RunAction = async (root, { index, body }, options) => {
  checkName('index', index);
  const create = parseIndexCreate(body);
  const group = await createGroup(root.context, {
    name: index,
    definition: searchActor,
    shards: create.shards,
    copies: create.replicas + 1,
    requires: 'search',
    settings: searchSettings(create),
  });
  const ready = await whenUsable(
    root.context,
    group,
    within(root, options, create.timeoutMs ?? DEFAULT_READY_MS).deadline.remainingMs(),
  );
  return { acknowledged: true, shards_acknowledged: ready, index };
};

/** Changes the number of replicas, or adds fields. */
export const updateIndex: RunAction = async (root, { index, body }) => {
  const { replicas, mappings } = parseIndexUpdate(body);
  const group = await searchGroup(root, index);
  if (mappings !== undefined) checkAnalyzers(mappings, analyzersOf(initialAnalysis(group.settings)));
  if (mappings !== undefined) await addMappings(root, group, mappings);
  if (replicas !== undefined) await setCopies(root.context, index, replicas + 1);
  return { acknowledged: true };
};

/** Describes an index. */
export const getIndex: RunAction = async (root, { index }) => {
  const group = await searchGroup(root, index);
  return { [index]: await describe(root, group) };
};

/** Deletes an index with all it holds. */
export const deleteIndex: RunAction = async (root, { index }) => {
  const group = await searchGroup(root, index);
  await deleteGroup(root.context, group.name);
  return { acknowledged: true };
};

async function describe(root: Root, group: GroupRecord): Promise<unknown> {
  const mappings = await readMappings(root, group);
  const analysis = initialAnalysis(group.settings);
  return {
    aliases: {},
    mappings: mappingToJson(mappings),
    settings: {
      index: {
        number_of_shards: shardsOf(group.slots).length,
        number_of_replicas: group.copies - 1,
        creation_date: group.createdMs,
        uuid: group.generation,
        provided_name: group.name,
        ...(analysis === undefined ? {} : { analysis }),
      },
    },
  };
}

async function addMappings({ context }: Root, group: GroupRecord, addition: Mappings): Promise<void> {
  for (;;) {
    const entry = await context.registry.get(sharedKey(group));
    if (entry === undefined) throw new CoppiceError('GROUP_NOT_FOUND', `\`${group.name}\` was deleted`);
    const shared = parseRecord(SharedRecord, entry.value, entry.key).document as SearchShared;
    const mappings = mergeMappings(shared.mappings, addition);
    if (mappings === shared.mappings) return;
    try {
      await context.registry.update(entry.key, { document: { ...shared, mappings } }, entry.revision);
      return;
    } catch (error) {
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
    }
  }
}
