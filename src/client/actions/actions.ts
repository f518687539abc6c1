/**
 * The table of public actions: adding one is a row here and a function beside it.
 */
import { CoppiceError } from '../../errors.ts';
import { closest } from '../../wire/suggest.ts';
import type { Action } from './action.ts';
import { analyzeText } from './analyze.ts';
import { clusterHealth, clusterState, listIndices } from './cluster.ts';
import { explain } from './explain.ts';
import { removeGroup } from './groups.ts';
import { createIndex, deleteIndex, getIndex, updateIndex } from './indices.ts';
import { get, multiGet } from './read.ts';
import { count, multiSearch, search } from './search.ts';
import { shardHistory } from './shard-history.ts';
import { skippedOperations } from './skipped-operations.ts';
import { createSnapshot, deleteSnapshot, listSnapshots, restoreSnapshot } from './snapshots.ts';
import { bulk, writeAction } from './write.ts';

const READ_MS = 10_000;
const WRITE_MS = 30_000;
const SNAPSHOT_MS = 3_600_000;

/** Every public action, by its token in the subject. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  search: {
    run: search,
    index: 'one',
    deadlineMs: READ_MS,
    summary: 'searches an index',
    example: '{"query":{"match":{"text":"whale"}},"size":10}',
  },
  msearch: {
    run: multiSearch,
    index: 'any',
    deadlineMs: READ_MS,
    summary: 'runs several searches',
    example: '{"searches":[{"index":"books"},{"query":{"match_all":{}}}]}',
  },
  count: {
    run: count,
    index: 'one',
    deadlineMs: READ_MS,
    summary: 'counts matching documents',
    example: '{"query":{"term":{"lang":"en"}}}',
  },
  explain: {
    run: explain,
    index: 'one',
    deadlineMs: READ_MS,
    summary: 'tells how a document scores',
    example: '{"id":"1","query":{"match":{"text":"whale"}}}',
  },
  get: { run: get, index: 'one', deadlineMs: READ_MS, summary: 'reads a document', example: '{"id":"1"}' },
  mget: {
    run: multiGet,
    index: 'any',
    deadlineMs: READ_MS,
    summary: 'reads several documents',
    example: '{"ids":["1","2"]}',
  },
  index: {
    run: writeAction('index'),
    index: 'one',
    deadlineMs: WRITE_MS,
    summary: 'writes a document',
    example: '{"id":"1","doc":{"title":"Moby Dick"}}',
  },
  create: {
    run: writeAction('create'),
    index: 'one',
    deadlineMs: WRITE_MS,
    summary: 'writes a document that must not exist',
    example: '{"id":"1","doc":{"title":"Moby Dick"}}',
  },
  update: {
    run: writeAction('update'),
    index: 'one',
    deadlineMs: WRITE_MS,
    summary: 'changes fields of a document',
    example: '{"id":"1","doc":{"year":1851}}',
  },
  delete: {
    run: writeAction('delete'),
    index: 'one',
    deadlineMs: WRITE_MS,
    summary: 'deletes a document',
    example: '{"id":"1"}',
  },
  bulk: {
    run: bulk,
    index: 'any',
    deadlineMs: WRITE_MS,
    summary: 'carries out many writes',
    example: '{"operations":[{"index":{"_id":"1"}},{"title":"Moby Dick"}]}',
  },
  'index-create': {
    run: createIndex,
    index: 'one',
    deadlineMs: WRITE_MS,
    summary: 'creates an index',
    example: '{"settings":{"shards":3,"replicas":1},"mappings":{"properties":{"title":{"type":"text"}}}}',
  },
  'index-update': {
    run: updateIndex,
    index: 'one',
    deadlineMs: WRITE_MS,
    summary: 'changes replicas, adds fields',
    example: '{"settings":{"replicas":2}}',
  },
  'index-get': { run: getIndex, index: 'one', deadlineMs: READ_MS, summary: 'describes an index', example: '{}' },
  'index-delete': { run: deleteIndex, index: 'one', deadlineMs: WRITE_MS, summary: 'deletes an index', example: '{}' },
  'group-delete': {
    run: removeGroup,
    index: 'one',
    deadlineMs: WRITE_MS,
    summary: 'deletes a group of an actor of your own',
    example: '{}',
  },
  analyze: {
    run: analyzeText,
    index: 'any',
    deadlineMs: READ_MS,
    summary: 'shows the tokens of a text',
    example: '{"analyzer":"english","text":"The whales are swimming"}',
  },
  'cluster-health': {
    run: clusterHealth,
    index: 'none',
    deadlineMs: READ_MS,
    summary: 'tells whether all copies serve',
    example: '{}',
  },
  'cluster-state': {
    run: clusterState,
    index: 'none',
    deadlineMs: READ_MS,
    summary: 'tells of leaves, shards and copies',
    example: '{}',
  },
  'shard-history': {
    run: shardHistory,
    index: 'one',
    deadlineMs: READ_MS,
    summary: 'tells what the copies of a shard went through, and why',
    example: '{"shard":0}',
  },
  'snapshot-create': {
    run: createSnapshot,
    index: 'snapshot',
    deadlineMs: SNAPSHOT_MS,
    summary: 'takes a snapshot of indices and groups',
    example: '{"indices":"books,logs-*","depot":"file:///mnt/backup"}',
  },
  'snapshot-list': {
    run: listSnapshots,
    index: 'none',
    deadlineMs: WRITE_MS,
    summary: 'lists the snapshots of a depot',
    example: '{"depot":"file:///mnt/backup"}',
  },
  'snapshot-restore': {
    run: restoreSnapshot,
    index: 'snapshot',
    deadlineMs: SNAPSHOT_MS,
    summary: 'makes indices and groups from a snapshot',
    example: '{"indices":"books","as":"books-of-may","replicas":0}',
  },
  'snapshot-delete': {
    run: deleteSnapshot,
    index: 'snapshot',
    deadlineMs: SNAPSHOT_MS,
    summary: 'deletes a snapshot, or gives up one that is being taken',
    example: '{}',
  },
  'skipped-operations': {
    run: skippedOperations,
    index: 'one',
    deadlineMs: READ_MS,
    summary: 'lists the writes that could not be applied and were skipped',
    example: '{}',
  },
  indices: { run: listIndices, index: 'none', deadlineMs: READ_MS, summary: 'lists indices and groups', example: '{}' },
};

/**
 * The action of a name.
 *
 * @throws CoppiceError `UNKNOWN_ACTION`, with a name that is close.
 */
export function actionOf(name: string): Action {
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action !== undefined) return action;
  const near = closest(name, Object.keys(ACTIONS));
  const hint = near === undefined ? `known are ${Object.keys(ACTIONS).join(', ')}` : `did you mean \`${near}\`?`;
  throw new CoppiceError('UNKNOWN_ACTION', `there is no action \`${name}\`; ${hint}`);
}
