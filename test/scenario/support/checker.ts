/**
 * The judge of a history: what was acknowledged is there, once, at the place told; what was refused is not; whoever
 * read had what the token promised; and all copies are the same.
 */
import { createHash } from 'node:crypto';
import { groupBy } from '../../../src/client/group-by.ts';
import type { LogRecord } from '../../../src/wire/log-record.ts';
import type { DocumentWrite, History, LedgerWrite, WriteEnd } from './history.ts';
import type { LedgerState } from './ledger-actor.ts';
import type { SimBlobs } from './sim-depot.ts';

/** A copy of a shard of the ledger after everything has healed. */
export type LedgerCopy = { readonly leaf: string; readonly state: LedgerState };

/** What a copy of a shard of the index answers to a fixed question, as text. */
export type IndexCopy = { readonly leaf: string; readonly shard: number; readonly answer: string };

/** A record of a shard's log as it lies in its stream. */
export type LoggedRecord = { readonly seq: number; readonly id: string; readonly record: LogRecord };

/** Everything that is wrong, in words; empty if nothing is. */
export function check(
  history: History,
  final: {
    ledger: readonly LedgerCopy[];
    index: readonly IndexCopy[];
    documents: ReadonlyMap<string, string>;
    logs: readonly (readonly LoggedRecord[])[];
    blobs: SimBlobs;
  },
): readonly string[] {
  const lists = new Map<string, readonly string[]>();
  for (const { state } of final.ledger) for (const [key, list] of state.lists) lists.set(key, list);
  return [
    ...differences(final.ledger.map(({ leaf, state }) => ({ leaf, shard: state.shard, answer: shown(state) }))),
    ...differences(final.index),
    ...history.writes.flatMap((write) => checkWrite(write, lists.get(write.key) ?? [])),
    ...strangers(history, lists),
    ...disorder(history, lists),
    ...staleReads(history),
    ...checkDocuments(history, final.documents),
    ...final.logs.flatMap(checkLog),
    ...final.logs.flatMap((log) => checkCheckpoints(log, final.blobs)),
  ];
}

function shown({ lists, order }: LedgerState): string {
  return JSON.stringify([[...lists], order]);
}

function differences(copies: readonly { leaf: string; shard: number; answer: string }[]): string[] {
  const first = new Map<number, { leaf: string; answer: string }>();
  return copies.flatMap(({ leaf, shard, answer }) => {
    const other = first.get(shard);
    if (other === undefined) first.set(shard, { leaf, answer });
    return other === undefined || other.answer === answer
      ? []
      : [`copies of shard ${shard} differ: ${other.leaf} has ${other.answer}, ${leaf} has ${answer}`];
  });
}

function checkWrite({ key, tag, expected, end }: LedgerWrite, list: readonly string[]): string[] {
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

/** Every record continues the one before it, terms never fall, and a reign begins with its term record. */
function checkLog(log: readonly LoggedRecord[]): string[] {
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

/** The log is cut at the second-newest checkpoint at most, and all files of the newest two are there and sound. */
function checkCheckpoints(log: readonly LoggedRecord[], blobs: SimBlobs): string[] {
  const [first] = log;
  const marks = log.flatMap(({ record }) =>
    record.kind === 'checkpoint' && record.mark !== undefined ? [record.mark] : [],
  );
  const kept = marks.slice(-2);
  const cutAt = first === undefined || first.record.prevSeq === 0 ? 0 : first.seq;
  const isCutTooFar = cutAt > 0 && (kept.length < 2 || cutAt > (kept[0]?.seq ?? 0));
  return [
    ...(isCutTooFar ? [`the log begins at ${cutAt}, which is past the second-newest checkpoint`] : []),
    ...kept.flatMap(({ seq, name, files }) =>
      [name, ...files].flatMap((file) => (isSound(blobs, file) ? [] : [`checkpoint ${seq} lacks ${file}`])),
    ),
  ];
}

function isSound(blobs: SimBlobs, file: string): boolean {
  const blob = blobs.get(file) ?? blobs.get(file.replace(/@.*/, '@'));
  return blob !== undefined && createHash('sha256').update(blob.bytes).digest('hex') === blob.sha256;
}

function strangers({ writes }: History, lists: ReadonlyMap<string, readonly string[]>): string[] {
  const known = new Set(writes.map(({ tag }) => tag));
  return [...lists.values()].flat().flatMap((tag) => (known.has(tag) ? [] : [`nobody wrote ${tag}`]));
}

/** Writes of one call to one key lie in the order of the call. */
function disorder({ sequences }: History, lists: ReadonlyMap<string, readonly string[]>): string[] {
  const places = new Map([...lists.values()].flatMap((list) => list.map((tag, at) => [tag, at] as const)));
  return sequences.flatMap((tags) => {
    const found = tags.flatMap((tag) => places.get(tag) ?? []);
    const isRising = found.every((place, at) => at === 0 || place > (found[at - 1] ?? 0));
    return isRising ? [] : [`${tags.join(', ')} lie in another order: ${found.join(', ')}`];
  });
}

function staleReads({ writes, reads, wholeReads }: History): string[] {
  const acknowledged = writes.flatMap(({ key, tag, end }) => (end?.kind === 'acknowledged' ? [{ key, tag, end }] : []));
  const stale = reads.flatMap(({ key, token, tags }) =>
    acknowledged.flatMap((write) =>
      write.key === key && isIn(token, write.end) && tags[write.end.at] !== write.tag
        ? [`a read of ${key} after ${JSON.stringify(token)} lacks ${write.tag}`]
        : [],
    ),
  );
  const incomplete = wholeReads.flatMap(({ token, tags }) => [
    ...(new Set(tags).size === tags.length ? [] : ['an answer of all shards has a tag twice']),
    ...acknowledged.flatMap((write) =>
      isIn(token, write.end) && !tags.includes(write.tag)
        ? [`an answer of all shards after ${JSON.stringify(token)} lacks ${write.tag}`]
        : [],
    ),
  ]);
  return [...stale, ...incomplete];
}

function checkDocuments({ documents, searches }: History, final: ReadonlyMap<string, string>): string[] {
  const byId = groupBy(documents, ({ id }) => id);
  const wrong = [...byId].flatMap(([id, writes]) => checkDocument(id, writes, final.get(id)));
  const unknown = [...final.keys()].flatMap((id) => (byId.has(id) ? [] : [`nobody wrote document ${id}`]));
  const incomplete = searches.flatMap(({ token, ids }) => [
    ...(new Set(ids).size === ids.length ? [] : ['a search has a document twice']),
    ...documents.flatMap(({ id, end }) =>
      end?.kind === 'acknowledged' && isIn(token, end) && !ids.includes(id)
        ? [`a search that saw all shards after ${JSON.stringify(token)} lacks ${id}`]
        : [],
    ),
  ]);
  return [...wrong, ...unknown, ...incomplete];
}

/** What is there was acknowledged last, or is of unknown outcome, which may come late. */
function checkDocument(id: string, writes: readonly DocumentWrite[], text: string | undefined): string[] {
  if (writes.some(({ end }) => end === undefined)) return [`a write of document ${id} was never answered`];
  const last = writes.findLast(({ end }) => end?.kind === 'acknowledged');
  if (text === undefined) return last === undefined ? [] : [`document ${id} was acknowledged, and is lost`];
  const possible = writes.filter((write) => write === last || write.end?.kind === 'unknown');
  return possible.some((write) => write.text === text)
    ? []
    : [`document ${id} is \`${text}\`, which was overwritten or refused`];
}

function isIn(token: Readonly<Record<string, number>>, end: WriteEnd): boolean {
  return end.kind === 'acknowledged' && end.seq <= (token[end.shard] ?? 0);
}
