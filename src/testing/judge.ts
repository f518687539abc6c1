/**
 * The judge of a history: what was acknowledged is there, once, at the place told; what was refused is not; whoever
 * read had what the token promised; copies are the same; and logs are chains. Each finding is a sentence.
 */
import { groupBy } from '../client/group-by.ts';
import type { LogRecord } from '../wire/log-record.ts';
import { covers, type History, type LedgerWrite } from './history.ts';

/** What a copy of a shard holds, or answers to a fixed question, as text. */
export type CopyAnswer = { readonly leaf: string; readonly shard: number; readonly answer: string };

/** A record of a shard's log as it lies in its stream. */
export type LoggedRecord = { readonly seq: number; readonly id: string; readonly record: LogRecord };

/** What each list has in the end, by key. */
export type FinalLists = ReadonlyMap<string, readonly string[]>;

/** Copies of a shard that do not answer the same. */
export function judgeCopies(copies: readonly CopyAnswer[]): string[] {
  const first = new Map<number, CopyAnswer>();
  return copies.flatMap((copy) => {
    const other = first.get(copy.shard);
    if (other === undefined) first.set(copy.shard, copy);
    return other === undefined || other.answer === copy.answer
      ? []
      : [`copies of shard ${copy.shard} differ: ${other.leaf} has ${other.answer}, ${copy.leaf} has ${copy.answer}`];
  });
}

/** Writes to lists, and reads of lists, against what the lists have in the end. */
export function judgeLists(history: History, lists: FinalLists): string[] {
  return [
    ...history.writes.flatMap((write) => judgeWrite(write, lists.get(write.key) ?? [])),
    ...strangers(history, lists),
    ...disorder(history, lists),
    ...staleReads(history),
    ...incompleteReads(history),
  ];
}

/** Every record continues the one before it, terms never fall, and a reign begins with its term record. */
export function judgeLog(log: readonly LoggedRecord[]): string[] {
  let last = beginningOf(log);
  return log.flatMap(({ seq, id, record }) => {
    const { kind, term, prevSeq, prevId } = record;
    const before = last;
    last = { seq, id, term };
    return [
      ...(prevSeq === before.seq && prevId === before.id
        ? []
        : [`record ${seq} does not continue record ${before.seq}`]),
      ...((kind === 'term' ? term > before.term : term === before.term)
        ? []
        : [`a ${kind} record of term ${term} follows one of term ${before.term}`]),
    ];
  });
}

/** What the first record left by a purge continues. */
function beginningOf([first]: readonly LoggedRecord[]): { seq: number; id: string; term: number } {
  if (first === undefined || first.record.prevSeq === 0) return { seq: 0, id: '', term: 0 };
  const { kind, term, prevSeq, prevId } = first.record;
  return { seq: prevSeq, id: prevId, term: kind === 'term' ? term - 1 : term };
}

function judgeWrite({ key, tag, expected, end }: LedgerWrite, list: readonly string[]): string[] {
  const times = list.filter((one) => one === tag).length;
  if (times > 1) return [`${tag} was applied ${times} times`];
  if (end === undefined) return [`${tag} was never answered`];
  if (end.kind === 'none') return times === 0 ? [] : [`${tag} was refused with ${end.code}, and applied`];
  if (times === 1 && expected !== undefined && list.indexOf(tag) !== expected)
    return [`${tag} was to be at ${key}[${expected}] or nowhere, and is at ${list.indexOf(tag)}`];
  if (end.kind === 'unknown') return [];
  return list[end.at] === tag
    ? []
    : [`${tag} was acknowledged at ${key}[${end.at}], which has ${list[end.at] ?? 'nothing'}`];
}

function strangers({ writes }: History, lists: FinalLists): string[] {
  const known = new Set(writes.map(({ tag }) => tag));
  return [...lists.values()].flat().flatMap((tag) => (known.has(tag) ? [] : [`nobody wrote ${tag}`]));
}

/** Writes of one call to one key lie in the order of the call. */
function disorder({ sequences }: History, lists: FinalLists): string[] {
  const places = new Map([...lists.values()].flatMap((list) => list.map((tag, at) => [tag, at] as const)));
  return sequences.flatMap((tags) => {
    const found = tags.flatMap((tag) => places.get(tag) ?? []);
    const isRising = found.every((place, at) => at === 0 || place > (found[at - 1] ?? 0));
    return isRising ? [] : [`${tags.join(', ')} lie in another order: ${found.join(', ')}`];
  });
}

function staleReads({ writes, reads }: History): string[] {
  const byKey = groupBy(writes, ({ key }) => key);
  return reads.flatMap(({ key, token, tags }) =>
    (byKey.get(key) ?? []).flatMap(({ tag, end }) =>
      end?.kind === 'acknowledged' && covers(token, end) && tags[end.at] !== tag
        ? [`a read of ${key} after ${JSON.stringify(token)} lacks ${tag}`]
        : [],
    ),
  );
}

function incompleteReads({ writes, wholeReads }: History): string[] {
  return wholeReads.flatMap(({ token, tags }) => [
    ...(new Set(tags).size === tags.length ? [] : ['an answer of all shards has a tag twice']),
    ...writes.flatMap(({ tag, end }) =>
      covers(token, end) && !tags.includes(tag)
        ? [`an answer of all shards after ${JSON.stringify(token)} lacks ${tag}`]
        : [],
    ),
  ]);
}
