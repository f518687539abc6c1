/**
 * The client of a cluster. It embeds a root: requests go straight to the shards, with no process in between.
 */

import { setMaxListeners } from 'node:events';
import { valueAt } from '../actor/value-at.ts';
import type { Closeable } from '../bus/bus.ts';
import { type ClusterContext } from '../cluster/context.ts';
import { Deadline } from '../env.ts';
import { CoppiceError } from '../errors.ts';
import type { BulkAnswerItem, WriteAnswer } from '../search/answers.ts';
import type { FoundDocument } from '../search/partials.ts';
import type { SearchAnswer } from '../search/reduce.ts';
import { checkName } from '../wire/names.ts';
import type { TaskProgress } from '../wire/snapshot-messages.ts';
import { NO_INDEX, type Root } from './actions/action.ts';
import { actionOf } from './actions/actions.ts';
import { type CallOptions, endpointOf, Router, type Token } from './router.ts';
import type {
  SnapshotCreate,
  SnapshotDeleted,
  SnapshotList,
  SnapshotRestore,
  SnapshotRestored,
  SnapshotTaken,
} from './snapshot-answers.ts';
import { tokenOf, Writer } from './writer.ts';

const CALL_MS = 10_000;

/** How one request is made. */
export type RequestOptions = {
  /** Milliseconds until the answer is not wanted any more; each action has a default. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** What the answer must have seen: the token of a write. */
  readonly after?: Token;
  /** Of a snapshot that is taken, restored or deleted: told how far that is, some times a second. */
  readonly onProgress?: (progress: TaskProgress) => void;
};

/** What a command of a group is answered with. */
export type CommandResult = { readonly result: unknown; readonly token: Token };

/** What a write of one document is answered with. */
export type Written = WriteAnswer & { readonly token: Token };

/** What a bulk of one index is answered with; there is no token if nothing was written. */
export type BulkWritten = {
  readonly took: number;
  readonly errors: boolean;
  readonly items: readonly BulkAnswerItem[];
  readonly token?: Token;
};

/** What a read by id is answered with; `found` tells whether there is a document. */
export type Found = FoundDocument & { readonly _index: string };

/** A client. Every method throws CoppiceError; bodies and answers have Elasticsearch's shapes. */
export class Coppice implements Closeable {
  readonly #root: Root;
  readonly #onClose: () => Promise<void>;
  #closing: Promise<void> | undefined;

  /** @param onClose Run after the context is closed, for what was opened with it. */
  constructor(context: ClusterContext, onClose: () => Promise<void> = async () => {}) {
    this.#root = { context, router: new Router(context), writer: new Writer(context) };
    this.#onClose = onClose;
  }

  /** Carries out any public action; `_` stands for the index where none applies. */
  async request(action: string, index: string, body?: unknown, options: RequestOptions = {}): Promise<unknown> {
    const { run, index: needs, deadlineMs } = actionOf(action);
    if (needs === 'none' && index !== NO_INDEX)
      throw new CoppiceError('BAD_REQUEST', `\`${action}\` is about no index: use \`_\` in its place`);
    if ((needs === 'one' || needs === 'snapshot') && index === NO_INDEX)
      throw new CoppiceError(
        'BAD_REQUEST',
        `\`${action}\` needs the name of ${needs === 'one' ? 'an index' : 'a snapshot'}`,
      );
    if (index !== NO_INDEX) checkName(needs === 'snapshot' ? 'snapshot' : 'index', index);
    return run(this.#root, { index, body }, this.#callOptions(options, deadlineMs));
  }

  /** Searches an index. */
  async search(index: string, body: unknown = {}, options?: RequestOptions): Promise<SearchAnswer> {
    return (await this.request('search', index, body, options)) as SearchAnswer;
  }

  /** Writes a document, under a fresh id if none is given. */
  async index(index: string, document: { id?: string; doc: unknown }, options?: RequestOptions): Promise<Written> {
    return (await this.request('index', index, document, options)) as Written;
  }

  /** Reads a document by id. */
  async get(index: string, id: string, options?: RequestOptions): Promise<Found> {
    return (await this.request('get', index, { id }, options)) as Found;
  }

  /** Deletes a document by id. */
  async delete(index: string, id: string, options?: RequestOptions): Promise<Written> {
    return (await this.request('delete', index, { id }, options)) as Written;
  }

  /** Carries out many writes: `[{index: {_id: '1'}}, {title: '…'}, …]`. */
  async bulk(index: string, operations: readonly unknown[], options?: RequestOptions): Promise<BulkWritten> {
    return (await this.request('bulk', index, { operations }, options)) as BulkWritten;
  }

  /**
   * Takes a snapshot of indices and groups, of all unless some are named. Resolves when it is complete; no snapshot is left
   * if it fails. An hour unless `deadlineMs` says otherwise.
   */
  async createSnapshot(name: string, request: SnapshotCreate = {}, options?: RequestOptions): Promise<SnapshotTaken> {
    return (await this.request('snapshot-create', name, request, options)) as SnapshotTaken;
  }

  /** Lists the snapshots of a depot, oldest first, with those that are being taken. */
  async snapshots(request: { depot?: string } = {}, options?: RequestOptions): Promise<SnapshotList> {
    return (await this.request('snapshot-list', NO_INDEX, request, options)) as SnapshotList;
  }

  /** Makes indices and groups from a snapshot, all that are asked for or none. */
  async restoreSnapshot(
    name: string,
    request: SnapshotRestore = {},
    options?: RequestOptions,
  ): Promise<SnapshotRestored> {
    return (await this.request('snapshot-restore', name, request, options)) as SnapshotRestored;
  }

  /** Deletes a snapshot, and the files that no other one needs. */
  async deleteSnapshot(
    name: string,
    request: { depot?: string } = {},
    options?: RequestOptions,
  ): Promise<SnapshotDeleted> {
    return (await this.request('snapshot-delete', name, request, options)) as SnapshotDeleted;
  }

  /**
   * Calls an endpoint of any actor group, polled and reduced as the group says. A query gives its answer, a command a
   * `CommandResult`.
   */
  async call(group: string, endpoint: string, body?: unknown, options: RequestOptions = {}): Promise<unknown> {
    const name = endpoint.startsWith('/') ? endpoint.slice(1) : endpoint;
    checkName('group', group);
    checkName('endpoint', name);
    const callOptions = this.#callOptions(options, CALL_MS);
    const record = await this.#root.router.group(group);
    const { kind, polling } = endpointOf(record, name);
    if (kind === 'query') return this.#root.router.call(group, name, body, callOptions);
    if (typeof polling === 'string')
      throw new CoppiceError('UNSUPPORTED_FORMAT', `command \`${name}\` of \`${group}\` has no key`);
    const [result] = await this.#root.writer.write(
      record,
      name,
      [{ key: valueAt(body, polling.by), body }],
      callOptions,
    );
    if (result === undefined) throw new Error('one command has one result');
    if (!result.ok) throw result.error;
    return { result: result.value, token: tokenOf([result]) } satisfies CommandResult;
  }

  /** Leaves the cluster. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    await this.#root.context.close();
    await this.#onClose();
  }

  #callOptions({ deadlineMs, signal, after, onProgress }: RequestOptions, defaultMs: number): CallOptions {
    if (deadlineMs !== undefined && !(deadlineMs > 0))
      throw new CoppiceError('BAD_REQUEST', `deadlineMs must be above 0, got ${deadlineMs}`);
    const deadline = new Deadline(this.#root.context.env.clock, deadlineMs ?? defaultMs);
    // One signal for many requests is no leak: each takes its listener back.
    if (signal !== undefined) setMaxListeners(0, signal);
    return {
      deadline,
      ...(signal === undefined ? {} : { signal }),
      ...(after === undefined ? {} : { after }),
      ...(onProgress === undefined ? {} : { onProgress }),
    };
  }
}
