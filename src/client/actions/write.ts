/**
 * `index`, `create`, `update`, `delete` and `bulk`: every write goes to the primary of its shard.
 */
import { CoppiceError } from '../../errors.ts';
import { type BulkAnswerItem, bulkAnswer, bulkError, bulkItem, writeAnswer } from '../../search/answers.ts';
import { type BulkItem, parseBulk } from '../../search/request/bulk-request.ts';
import {
  completeWrite,
  parseWrite,
  type WaitFor,
  type WriteDraft,
  type WriteOp,
} from '../../search/request/write-request.ts';
import type { WriteResult as DocumentResult } from '../../search/write.ts';
import type { GroupRecord } from '../../wire/records.ts';
import { groupBy } from '../group-by.ts';
import type { CallOptions } from '../router.ts';
import { tokenOf, type WriteOperation } from '../writer.ts';
import { NO_INDEX, type Root, type RunAction, searchGroup, stopwatch, within } from './action.ts';
import { readDocument } from './read.ts';
import { waitForCopies } from './wait-for-copies.ts';

const ENDPOINT = 'write';

/** Makes the action of one kind of write. */
export function writeAction(op: WriteOp): RunAction {
  return async (root, { index, body }, options) => {
    const { draft, timeoutMs, waitFor, source } = parseWrite(op, body);
    const group = await searchGroup(root, index);
    const asked = within(root, options, timeoutMs);
    const operation = operationOf(root, draft);
    const [result] = await root.writer.write(group, ENDPOINT, [operation], asked);
    if (result === undefined) throw new Error('one write has one result');
    if (!result.ok) throw result.error;
    const token = tokenOf([result]);
    const copies = waitFor === 'all' ? await waitForCopies(root, group, [result], asked) : undefined;
    const shards = copies?.get(result.shard);
    const answer = writeAnswer(result.value as DocumentResult, { index, copies: group.copies, token, shards });
    if (source?.enabled !== true) return answer;
    const { _id } = answer;
    const found = await readDocument(
      root,
      group,
      { id: _id, routing: operation.key, source },
      { ...asked, after: token },
    );
    return { ...answer, get: found };
  };
}

/** Carries out many writes, of one index or, at `_`, of several; items succeed and fail one by one. */
export const bulk: RunAction = async (root, { index, body }, options) => {
  const tookMs = stopwatch(root);
  const request = parseBulk(body, index === NO_INDEX ? undefined : index);
  const places = request.items.map((item, place) => ({ item, place }));
  const answers: BulkAnswerItem[] = [];
  const asked = within(root, options, request.timeoutMs);
  const byIndex = groupBy(places, ({ item }) => item.index ?? index);
  const tokens = await Promise.all(
    [...byIndex].map(async ([name, items]) =>
      writeIndex(root, { name, items, answers, waitFor: request.waitFor }, asked),
    ),
  );
  const [token] = tokens;
  return bulkAnswer(answers, { tookMs: tookMs(), ...(tokens.length === 1 && token !== undefined ? { token } : {}) });
};

type Place = { readonly item: BulkItem; readonly place: number };
type Draft = { readonly item: BulkItem; readonly place: number; readonly draft: WriteDraft };
type Work = {
  readonly name: string;
  readonly items: readonly Place[];
  readonly answers: BulkAnswerItem[];
  readonly waitFor: WaitFor | undefined;
};

async function writeIndex(
  root: Root,
  { name, items, answers, waitFor }: Work,
  options: CallOptions,
): Promise<ReturnType<typeof tokenOf> | undefined> {
  const drafts = items.flatMap(({ item, place }): Draft[] => {
    if ('draft' in item) return [{ item, place, draft: item.draft }];
    answers[place] = bulkError(item.op, item.error, { index: item.index, id: item.id });
    return [];
  });
  if (drafts.length === 0) return undefined;
  let group: GroupRecord;
  try {
    group = await searchGroup(root, name);
  } catch (error) {
    if (!(error instanceof CoppiceError)) throw error;
    for (const { item, place } of drafts) answers[place] = bulkError(item.op, error, { index: name, id: item.id });
    return undefined;
  }
  const operations = drafts.map(({ draft }) => operationOf(root, draft));
  const results = await root.writer.write(group, ENDPOINT, operations, options);
  const copies = waitFor === 'all' ? await waitForCopies(root, group, results, options) : undefined;
  for (const [at, { item, place }] of drafts.entries()) {
    const result = results[at];
    if (result === undefined) throw new Error('every write has a result');
    answers[place] = result.ok
      ? bulkItem(item.op, result.value as DocumentResult, {
          index: name,
          copies: group.copies,
          shards: copies?.get(result.shard),
        })
      : bulkError(item.op, result.error, { index: name, id: item.id });
  }
  return tokenOf(results);
}

function operationOf({ context }: Root, draft: WriteDraft): WriteOperation {
  const command = completeWrite(draft, () => context.env.random.id());
  return { key: command.routing, body: command };
}
