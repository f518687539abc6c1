/**
 * `wait_for: all` of a write: every copy that serves its shard is asked whether it has applied the record, and those
 * that did not say so within the deadline are named. The write itself stands by then, whatever they answer.
 */
import { Deadline } from '../../env.ts';
import { asCoppiceError } from '../../errors.ts';
import { errorReason, type ShardsOutcome } from '../../search/answers.ts';
import { APPLIED_ENDPOINT, parseQueryAnswer } from '../../wire/messages.ts';
import { groupToken, nameToToken } from '../../wire/names.ts';
import { type GroupRecord, SERVING_STATES } from '../../wire/records.ts';
import { fill, SUBJECTS } from '../../wire/subjects.ts';
import type { CallOptions } from '../router.ts';
import { tokenOf, type WriteResult } from '../writer.ts';
import type { Root } from './action.ts';
import { SETTLED_MS } from './cluster.ts';

/** Left of the deadline for the answer to travel. */
const TRAVEL_MS = 50;

/** What became of the copies of each shard written to. */
export type CopiesOutcome = ReadonlyMap<number, ShardsOutcome>;

type Place = { readonly shard: number; readonly seq: number };

/** Waits until every serving copy has applied what was written, at most until the deadline. Never throws. */
export async function waitForCopies(
  root: Root,
  group: GroupRecord,
  results: readonly WriteResult[],
  options: CallOptions,
): Promise<CopiesOutcome> {
  const places = Object.entries(tokenOf(results)).map(([shard, seq]): Place => ({ shard: Number(shard), seq }));
  const deadline = new Deadline(root.context.env.clock, Math.max(0, options.deadline.remainingMs() - TRAVEL_MS));
  const outcomes = await Promise.all(
    places.map(async (place) => waitForShard(root, { group, place }, { ...options, deadline })),
  );
  return new Map(
    places.map(({ shard }, at) => [shard, outcomes[at] ?? { total: group.copies, successful: 0, failed: 0 }]),
  );
}

async function waitForShard(
  root: Root,
  { group, place }: { readonly group: GroupRecord; readonly place: Place },
  options: CallOptions,
): Promise<ShardsOutcome> {
  const { shard } = place;
  await hearCopies(root, group, shard, options);
  const leaves = root.context.membership
    .copiesOf(group)
    .filter((copy) => copy.shard === shard && SERVING_STATES.has(copy.state))
    .map(({ leaf }) => leaf);
  const asked = await Promise.all(leaves.map(async (leaf) => askCopy(root, { group, place, leaf }, options)));
  const failures = asked.flatMap((failure) => failure ?? []);
  return {
    total: group.copies,
    successful: leaves.length - failures.length,
    failed: failures.length,
    ...(failures.length === 0 ? {} : { failures }),
  };
}

/** A root that has just joined knows no copy yet: each that is placed is heard, or has been silent for too long. */
async function hearCopies(
  { context }: Root,
  group: GroupRecord,
  shard: number,
  { deadline }: CallOptions,
): Promise<void> {
  const { membership, view } = context;
  const placed = view.placement(group)?.shards.find((entry) => entry.shard === shard)?.copies ?? [];
  const heardAll = (): boolean => placed.every((leaf) => membership.pulseOf(leaf) !== undefined);
  const settledMs = Math.max(0, SETTLED_MS - membership.listeningMs());
  await membership.until(heardAll, Math.min(settledMs, deadline.remainingMs()));
}

/** Why a copy did not say that it has applied the record; undefined if it said so. */
async function askCopy(
  { context }: Root,
  { group, place, leaf }: { readonly group: GroupRecord; readonly place: Place; readonly leaf: string },
  { deadline, signal }: CallOptions,
): Promise<NonNullable<ShardsOutcome['failures']>[number] | undefined> {
  const { cluster, rpc } = context;
  const subject = fill(SUBJECTS.copy, {
    cluster,
    leaf: nameToToken(leaf),
    group: groupToken(group.name, group.generation),
    shard: place.shard,
    endpoint: APPLIED_ENDPOINT,
  });
  const body = { slots: group.slots.version, after: place.seq };
  try {
    const options = { deadline, encoding: 'msgpack' as const, ...(signal === undefined ? {} : { signal }) };
    parseQueryAnswer(await rpc.request(subject, body, options));
    return undefined;
  } catch (error) {
    const reason = errorReason(asCoppiceError(error));
    return { _index: group.name, _shard: place.shard, _node: leaf, reason };
  }
}
