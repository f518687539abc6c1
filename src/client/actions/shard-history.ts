/**
 * `shard-history`: the steps of all copies of one shard, with their causes, as one timeline. Every leaf tells what it
 * remembers; one that cannot be asked is named.
 */
import { shardsOf } from '../../actor/slots.ts';
import { Deadline, isoTime } from '../../env.ts';
import { asCoppiceError, CoppiceError } from '../../errors.ts';
import { errorReason } from '../../search/answers.ts';
import { ObjectReader } from '../../search/object-reader.ts';
import { checkName, nameToToken } from '../../wire/names.ts';
import { type GroupRecord, LeafRecord, parseRecord } from '../../wire/records.ts';
import { fill, LEAF_KEYS, SUBJECTS } from '../../wire/subjects.ts';
import {
  type CopyTransition,
  type HistoryRequest,
  historyRequest,
  parseHistoryAnswer,
} from '../../wire/transitions.ts';
import type { CallOptions } from '../router.ts';
import type { Root, RunAction } from './action.ts';

/** A leaf that hangs must not keep the others' answers. */
const LEAF_BUDGET_MS = 2_000;

type Step = { readonly leaf: string; readonly transition: CopyTransition };
type LeafHistory = { readonly leaf: string; readonly steps: readonly Step[]; readonly error?: CoppiceError };

/** Tells the history of a shard of an index or group. */
export const shardHistory: RunAction = async (root, { index, body }, options) => {
  const reader = ObjectReader.open(body, '', { known: ['shard'] });
  reader.required('shard', 'the number of a shard');
  const shard = reader.integer('shard', { min: 0 }) ?? 0;
  const group = await root.router.group(checkName('index', index));
  checkShard(group, shard);
  const leaves = await leafNames(root);
  const wanted = historyRequest(group, shard);
  const histories = await Promise.all(leaves.map(async (leaf) => askLeaf(root, { leaf, wanted }, options)));
  const failures = histories.flatMap(({ leaf, error }) =>
    error === undefined ? [] : [{ leaf, reason: errorReason(error) }],
  );
  return {
    index,
    shard,
    generation: group.generation,
    _leaves: { total: leaves.length, successful: leaves.length - failures.length, failed: failures.length, failures },
    transitions: mergeSteps(histories.map(({ steps }) => steps)).map(showStep),
  };
};

/**
 * Merges the histories of several leaves by time. Each keeps its own order, even where its clock was set back.
 *
 * @param lists One list for each leaf, oldest first.
 */
export function mergeSteps(lists: readonly (readonly Step[])[]): readonly Step[] {
  const queues = lists.map((list) => list.toReversed());
  const merged: Step[] = [];
  for (;;) {
    const waiting = queues.filter((queue) => queue.length > 0);
    const [first] = waiting.toSorted((a, b) => headMs(a) - headMs(b));
    const step = first?.pop();
    if (step === undefined) return merged;
    merged.push(step);
  }
}

function headMs(queue: readonly Step[]): number {
  return queue.at(-1)?.transition.atMs ?? 0;
}

function checkShard(group: GroupRecord, shard: number): void {
  const shards = shardsOf(group.slots);
  if (shards.includes(shard)) return;
  throw new CoppiceError('NOT_FOUND', `\`${group.name}\` has no shard ${shard}; it has ${shards.join(', ')}`);
}

async function leafNames({ context }: Root): Promise<readonly string[]> {
  const entries = await context.leaves.list(LEAF_KEYS.leaf.slice(0, LEAF_KEYS.leaf.indexOf('{')));
  return entries.map(({ key, value }) => parseRecord(LeafRecord, value, key).name).toSorted();
}

async function askLeaf(
  { context }: Root,
  { leaf, wanted }: { leaf: string; wanted: HistoryRequest },
  { deadline, signal }: CallOptions,
): Promise<LeafHistory> {
  const { cluster, rpc, env } = context;
  const subject = fill(SUBJECTS.leaf, { cluster, leaf: nameToToken(leaf), command: 'history' });
  const budget = new Deadline(env.clock, Math.min(LEAF_BUDGET_MS, deadline.remainingMs()));
  try {
    const answer = await rpc.request(subject, wanted, {
      deadline: budget,
      encoding: 'msgpack',
      ...(signal === undefined ? {} : { signal }),
    });
    return { leaf, steps: parseHistoryAnswer(answer).transitions.map((transition) => ({ leaf, transition })) };
  } catch (error) {
    return { leaf, steps: [], error: asCoppiceError(error) };
  }
}

function showStep({ leaf, transition }: Step): unknown {
  const { machine, from, to, cause, reason, term, atMs } = transition;
  return {
    at: isoTime(atMs),
    leaf,
    machine,
    from,
    to,
    cause,
    ...(reason === undefined ? {} : { reason }),
    ...(term === undefined ? {} : { term }),
  };
}
