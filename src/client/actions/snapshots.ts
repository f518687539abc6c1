/** `snapshot-create`, `snapshot-list`, `snapshot-restore` and `snapshot-delete`: leaves do the work. */
import { askDepot, runSnapshotTask } from '../snapshot-tasks.ts';
import type { RunAction } from './action.ts';
import {
  parseSnapshotCreate,
  parseSnapshotDelete,
  parseSnapshotList,
  parseSnapshotRestore,
} from './snapshot-request.ts';

/** Takes a snapshot. The subject names it. */
export const createSnapshot: RunAction = async (root, { index, body }, options) =>
  runSnapshotTask(root, parseSnapshotCreate(index, body), options);

/** Makes groups from a snapshot. */
export const restoreSnapshot: RunAction = async (root, { index, body }, options) =>
  runSnapshotTask(root, parseSnapshotRestore(index, body), options);

/** Deletes a snapshot. */
export const deleteSnapshot: RunAction = async (root, { index, body }, options) =>
  runSnapshotTask(root, parseSnapshotDelete(index, body), options);

/** Lists what is in a depot, also what is being made. */
export const listSnapshots: RunAction = async (root, { body }, options) =>
  askDepot(root, parseSnapshotList(body), options);
