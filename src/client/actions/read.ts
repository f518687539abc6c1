/**
 * `get` and `mget`: documents by id, from any copy of their shards.
 */
import { shardOfSlot, slotOf } from '../../actor/slots.ts';
import { CoppiceError } from '../../errors.ts';
import { getAnswer, multiGetDocument } from '../../search/answers.ts';
import type { FoundDocument } from '../../search/partials.ts';
import { type GetRequest, type MultiGetItem, parseGet, parseMultiGet } from '../../search/request/read-request.ts';
import type { GroupRecord } from '../../wire/records.ts';
import { groupBy } from '../group-by.ts';
import { type CallOptions, unavailable } from '../router.ts';
import { NO_INDEX, type Root, type RunAction, searchGroup, within } from './action.ts';

/** Reads one document. */
export const get: RunAction = async (root, { index, body }, options) => {
  const { id, routing, source, timeoutMs, after } = parseGet(body);
  const group = await searchGroup(root, index);
  const asked = { ...within(root, options, timeoutMs), ...(after === undefined ? {} : { after }) };
  return getAnswer(await readDocument(root, group, { id, routing, source }, asked), index);
};

/** Reads one document from any copy of its shard. Throws what the shard answered, or that it did not. */
export async function readDocument(
  { router }: Root,
  group: GroupRecord,
  wanted: Pick<GetRequest, 'id' | 'routing' | 'source'>,
  options: CallOptions,
): Promise<FoundDocument> {
  const shard = shardOfSlot(group.slots, slotOf(wanted.routing));
  const [answer] = await router.ask(group, { endpoint: 'get', body: wanted, shards: [shard] }, options);
  if (answer === undefined || !answer.ok) throw unavailable(group, answer === undefined ? [] : [answer]);
  return answer.value as FoundDocument;
}

/** Reads several documents, of one index or, at `_`, of several. */
export const multiGet: RunAction = async (root, { index, body }, options) => {
  const request = parseMultiGet(body, index === NO_INDEX ? undefined : index);
  const asked = {
    ...within(root, options, request.timeoutMs),
    ...(request.after === undefined ? {} : { after: request.after }),
  };
  const places = request.items.map((item, place) => ({ item, place }));
  const byIndex = groupBy(places, ({ item }) => item.index ?? index);
  const docs: unknown[] = [];
  await Promise.all([...byIndex].map(async ([name, items]) => readIndex(root, { name, items, docs }, asked)));
  return { docs };
};

type Place = { readonly item: MultiGetItem; readonly place: number };

async function readIndex(
  root: Root,
  { name, items, docs }: { name: string; items: readonly Place[]; docs: unknown[] },
  options: CallOptions,
): Promise<void> {
  let group: GroupRecord;
  try {
    group = await searchGroup(root, name);
  } catch (error) {
    if (!(error instanceof CoppiceError)) throw error;
    for (const { item, place } of items) docs[place] = multiGetDocument({ id: item.id, index: name }, error);
    return;
  }
  const byShard = groupBy(items, ({ item }) => shardOfSlot(group.slots, slotOf(item.routing)));
  const bodies = new Map(
    [...byShard].map(([shard, wanted]) => [
      shard,
      { items: wanted.map(({ item }) => ({ id: item.id, source: item.source })) },
    ]),
  );
  for (const answer of await root.router.ask(
    group,
    { endpoint: 'mget', bodies, shards: [...bodies.keys()] },
    options,
  )) {
    const found = answer.ok ? (answer.value as readonly FoundDocument[]) : answer.error;
    for (const [at, { item, place }] of (byShard.get(answer.shard) ?? []).entries()) {
      const one =
        found instanceof CoppiceError
          ? found
          : (found[at] ?? new CoppiceError('INTERNAL', `shard ${answer.shard} left out document ${item.id}`));
      docs[place] = multiGetDocument({ id: item.id, index: name }, one);
    }
  }
}
