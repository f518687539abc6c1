/**
 * Answers queries on one copy: on the queue-group subject that any copy answers, and on the copy's own subject for
 * retries and hedges.
 */
import type { ActorDefinition, QueryEndpoint } from '../actor/definition.ts';
import { reducePartials } from '../actor/reducers.ts';
import type { RpcRequest } from '../bus/responder.ts';
import type { Server } from '../bus/rpc.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { logSpec } from '../cluster/groups.ts';
import type { WorkMarks } from '../cluster/work-marks.ts';
import { CoppiceError, isCoppiceError } from '../errors.ts';
import { APPLIED_ENDPOINT, parseQueryMessage, type QueryAnswer, SKIPPED_ENDPOINT } from '../wire/messages.ts';
import { groupToken, nameToToken } from '../wire/names.ts';
import { SNAPSHOT_ENDPOINT } from '../wire/snapshot-messages.ts';
import { fill, QUEUES, SUBJECTS, tokenAt } from '../wire/subjects.ts';
import { type CopySpec, copyPlace } from './copy-spec.ts';
import type { SequenceWaiters } from './sequence-waiters.ts';
import type { ShardState } from './shard-state.ts';
import { SnapshotDesk } from './snapshot-desk.ts';

/** Internal endpoint that runs a group's own reducer: `{endpoint, partials, request}`. */
export const REDUCE_ENDPOINT = '_reduce';

const NOTHING_SKIPPED = { count: 0, last: [] };

/** What the desk needs. */
export type QueryDeskOptions = {
  readonly context: ClusterContext;
  readonly spec: CopySpec;
  readonly definition: ActorDefinition;
  readonly waiters: SequenceWaiters;
  readonly state: () => ShardState | undefined;
  /** What the copy holds is damaged. */
  readonly onDamage: (error: CoppiceError) => void;
};

/** The query side of a copy. */
export class QueryDesk {
  readonly #options: QueryDeskOptions;
  readonly #snapshots: SnapshotDesk | undefined;
  readonly #marks: WorkMarks;
  #servers: readonly Server[] = [];
  /** The state that queries were let in for; another one may still be behind. */
  #serving: ShardState | undefined;

  constructor(options: QueryDeskOptions) {
    this.#options = options;
    if (options.definition.kind === 'stateful') this.#snapshots = this.#snapshotDesk();
    this.#marks = options.context.marksOf(copyPlace(options.spec));
  }

  /** Starts answering. */
  open(): void {
    const { context, spec, state } = this.#options;
    const { cluster, rpc } = context;
    this.#serving = state();
    const group = groupToken(spec.group.name, spec.group.generation);
    const place = { cluster, group, shard: spec.shard, endpoint: '*' };
    const shard = { template: SUBJECTS.shard, subject: fill(SUBJECTS.shard, place) };
    const copy = { template: SUBJECTS.copy, subject: fill(SUBJECTS.copy, { ...place, leaf: nameToToken(spec.leaf) }) };
    this.#servers = [
      rpc.serve({
        subject: shard.subject,
        queue: QUEUES.copies,
        handler: async (request) => this.#answer(tokenAt(shard.template, 'endpoint', request.subject), request),
      }),
      rpc.serve({
        subject: copy.subject,
        handler: async (request) => this.#answer(tokenAt(copy.template, 'endpoint', request.subject), request),
      }),
    ];
  }

  /** Stops taking queries; resolves when those taken are answered. */
  async close(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all([this.#snapshots?.close(), ...servers.map((server) => server.close())]);
  }

  #snapshotDesk(): SnapshotDesk {
    const { context, spec, waiters, state } = this.#options;
    return new SnapshotDesk({
      clock: context.env.clock,
      shard: spec.shard,
      log: context.bus.openLog(logSpec(context.cluster, spec.group)),
      waiters,
      depots: context.depots,
      state: () => {
        const present = state();
        if (present === undefined) throw this.#goneError();
        return present;
      },
    });
  }

  async #answer(name: string, request: RpcRequest): Promise<QueryAnswer> {
    const { spec, waiters } = this.#options;
    const message = parseQueryMessage(request.body);
    if (name === REDUCE_ENDPOINT) return { value: await this.#reduce(message.body, request.ticket), seq: 0 };
    if (name === SNAPSHOT_ENDPOINT && this.#snapshots !== undefined)
      return { value: await this.#snapshots.answer(message.body), seq: 0 };
    const isInternal = name === APPLIED_ENDPOINT || name === SKIPPED_ENDPOINT;
    const endpoint = isInternal ? undefined : this.#endpoint(name);
    if (message.slots !== spec.group.slots.version) {
      throw new CoppiceError(
        'WRONG_SLOT',
        `asked by slot map ${message.slots}, shard ${spec.shard} of \`${spec.group.name}\` is at ${spec.group.slots.version}`,
      );
    }
    const { after } = message;
    if (after !== undefined && after > (this.#state()?.appliedSeq ?? 0)) {
      // Taken before the desk closed, handled after: waiting here would hold up the copy's end.
      if (this.#servers.length === 0) throw this.#goneError();
      await waiters.wait(after, request.deadline.remainingMs());
    }
    const state = this.#state();
    const seq = state?.appliedSeq ?? 0;
    if (name === SKIPPED_ENDPOINT) return { value: state?.failed.skipped ?? NOTHING_SKIPPED, seq };
    if (endpoint === undefined) return { seq };
    const value = await this.#run({ name, ticket: request.ticket }, () =>
      endpoint.handle(state?.user, endpoint.parse === undefined ? message.body : endpoint.parse(message.body), {
        group: spec.group.name,
        shard: spec.shard,
        appliedSeq: seq,
        remainingMs: () => request.deadline.remainingMs(),
      }),
    );
    return { value, seq };
  }

  /** The state to answer from; undefined for a stateless group. Queries taken before the copy started over are sent away. */
  #state(): ShardState | undefined {
    const state = this.#options.state();
    if (state === this.#serving) return state;
    throw this.#goneError();
  }

  #goneError(): CoppiceError {
    const { group, shard } = this.#options.spec;
    return new CoppiceError('SHARD_UNAVAILABLE', `this copy of shard ${shard} of \`${group.name}\` stops serving`);
  }

  /** Runs the actor's own code: what it throws untyped is the actor's fault, told to the caller and reported. */
  async #run<Value>(
    { name, ticket }: { name: string; ticket: number },
    work: () => Value | Promise<Value>,
  ): Promise<Value> {
    this.#marks.begin('query', { ticket });
    try {
      const answer = work();
      this.#marks.end();
      return await answer;
    } catch (error) {
      this.#marks.end();
      // A copy that has found damage in what it holds starts over; others answer meanwhile.
      if (isCoppiceError(error, 'CORRUPT_SEGMENT')) this.#options.onDamage(error);
      if (error instanceof CoppiceError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const { group, shard } = this.#options.spec;
      const stack = error instanceof Error ? error.stack : undefined;
      this.#options.context.report('error', 'actor failed to answer', {
        group: group.name,
        shard,
        endpoint: name,
        error: message,
        stack,
      });
      throw new CoppiceError('ACTOR_FAILED', `\`${group.name}\` failed to answer \`${name}\`: ${message}`, {
        cause: error,
      });
    }
  }

  #endpoint(name: string): QueryEndpoint<unknown, unknown, unknown> {
    const { endpoints } = this.#options.definition;
    const endpoint = Object.hasOwn(endpoints, name) ? endpoints[name] : undefined;
    if (endpoint?.kind === 'query') return endpoint;
    throw new CoppiceError(
      'UNKNOWN_ENDPOINT',
      `\`${this.#options.spec.group.name}\` has no query endpoint \`${name}\``,
    );
  }

  async #reduce(body: unknown, ticket: number): Promise<unknown> {
    if (
      typeof body !== 'object' ||
      body === null ||
      !('endpoint' in body) ||
      !('partials' in body) ||
      !Array.isArray(body.partials)
    ) {
      throw new CoppiceError('BAD_REQUEST', 'a reduction needs `endpoint` and `partials`');
    }
    const { partials } = body;
    const request = 'request' in body ? body.request : undefined;
    const name = String(body.endpoint);
    const { reduce } = this.#endpoint(name);
    if (reduce === undefined) return partials;
    return this.#run({ name, ticket }, () => reducePartials(reduce, partials, request));
  }
}
