/** Snapshots as they are told to callers, in Elasticsearch's words. */
import { isoTime } from '../env.ts';
import { filesOf, type SnapshotDocument } from '../wire/snapshot-format.ts';
import type { TaskProgress } from '../wire/snapshot-messages.ts';
import type { ShelfEntry } from './shelf.ts';

/** A create that has not completed: whether it runs is known of this cluster's own alone. */
export type OpenState = 'IN_PROGRESS' | 'ABANDONED';

/** Describes a snapshot. */
export function describeSnapshot(document: SnapshotDocument): Readonly<Record<string, unknown>> {
  const { id, name, cluster, startedMs, endedMs, groups } = document;
  const shards = groups.flatMap((group) => group.shards);
  const failures = groups.flatMap(({ group, failures: failed }) =>
    failed.map(({ shard, reason }) => ({ index: group.name, shard_id: shard, reason })),
  );
  return {
    snapshot: name,
    uuid: id,
    state: failures.length === 0 ? 'SUCCESS' : 'PARTIAL',
    cluster,
    indices: groups.map(({ group }) => group.name),
    start_time: isoTime(startedMs),
    end_time: isoTime(endedMs),
    duration_in_millis: Math.max(0, endedMs - startedMs),
    shards: { total: shards.length + failures.length, successful: shards.length, failed: failures.length },
    failures,
    bytes: sizeOf(document),
  };
}

/** Describes anything that is announced in a depot; `open` says how a create stands that has not completed. */
export function describeEntry(
  entry: ShelfEntry,
  open: { readonly state: OpenState; readonly progress?: TaskProgress },
): Readonly<Record<string, unknown>> | undefined {
  if (entry.state === 'complete') return describeSnapshot(entry.document);
  if (entry.state === 'gone' || entry.state === 'given-up') return undefined;
  const { id, announcement } = entry;
  const known = {
    snapshot: announcement?.name ?? null,
    uuid: id,
    state: entry.state === 'open' ? open.state : 'UNREADABLE',
    cluster: announcement?.cluster ?? null,
    start_time: announcement === undefined ? null : isoTime(announcement.startedMs),
  };
  if (entry.state === 'unreadable') return { ...known, reason: entry.error.message };
  return open.progress === undefined ? known : { ...known, progress: showProgress(open.progress) };
}

/** Progress in Elasticsearch's spelling. */
export function showProgress(progress: TaskProgress): Readonly<Record<string, unknown>> {
  const { phase, shards, shardsDone, doneBytes, totalBytes, copiedBytes } = progress;
  return {
    phase,
    shards: { total: shards, done: shardsDone },
    bytes: { total: totalBytes, done: doneBytes, copied: copiedBytes },
  };
}

/** Bytes of the files of a snapshot; one that several shards share counts once. */
function sizeOf(document: SnapshotDocument): number {
  const files = document.groups.flatMap(({ shards }) => shards.flatMap(filesOf));
  const sizes = new Map(files.map(({ blob, sizeBytes }) => [blob, sizeBytes]));
  return [...sizes.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
}
