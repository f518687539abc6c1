/**
 * The judge of a history: what was acknowledged is there, once, at the place told; what was refused is not; whoever
 * read had what the token promised; and all copies are the same.
 */
import { createHash } from 'node:crypto';
import type { History } from '../../../src/testing/history.ts';
import { type CopyAnswer, judgeCopies, judgeLists, judgeLog, type LoggedRecord } from '../../../src/testing/judge.ts';
import { type FinalDocument, judgeDocuments } from '../../../src/testing/judge-documents.ts';
import type { LedgerState } from './ledger-actor.ts';
import type { SimBlobs } from './sim-depot.ts';

/** A copy of a shard of the ledger after everything has healed. */
export type LedgerCopy = { readonly leaf: string; readonly state: LedgerState };

/** Everything that is wrong, in words; empty if nothing is. */
export function check(
  history: History,
  final: {
    ledger: readonly LedgerCopy[];
    index: readonly CopyAnswer[];
    documents: ReadonlyMap<string, FinalDocument>;
    logs: readonly (readonly LoggedRecord[])[];
    blobs: SimBlobs;
  },
): readonly string[] {
  const lists = new Map<string, readonly string[]>();
  for (const { state } of final.ledger) for (const [key, list] of state.lists) lists.set(key, list);
  return [
    ...judgeCopies(final.ledger.map(({ leaf, state }) => ({ leaf, shard: state.shard, answer: shown(state) }))),
    ...judgeCopies(final.index),
    ...judgeLists(history, lists),
    ...judgeDocuments(history, final.documents),
    ...final.logs.flatMap(judgeLog),
    ...final.logs.flatMap((log) => checkCheckpoints(log, final.blobs)),
  ];
}

function shown({ lists, order }: LedgerState): string {
  return JSON.stringify([[...lists], order]);
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
