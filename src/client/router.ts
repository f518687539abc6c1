/**
 * Carries a request to the shards it is for: any one, all, or the owner of a key, and makes one answer of theirs.
 * This is what a root does; every client embeds one.
 */
import { reducePartials } from '../actor/reducers.ts';
import { shardOfSlot, shardsOf, slotOf } from '../actor/slots.ts';
import { valueAt } from '../actor/value-at.ts';
import { type Outcome, type ScatterPart, scatter } from '../bus/scatter.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { groupKey } from '../cluster/view.ts';
import type { Deadline } from '../env.ts';
import { CoppiceError } from '../errors.ts';
import { parseQueryAnswer, type QueryAnswer } from '../wire/messages.ts';
import { groupToken, nameToToken } from '../wire/names.ts';
import type { EndpointRecord, GroupRecord } from '../wire/records.ts';
import type { TaskProgress } from '../wire/snapshot-messages.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';
import { closest } from '../wire/suggest.ts';
import { HedgeDelay } from './hedge-delay.ts';
import { SilentCopies } from './silent-copies.ts';

const RETRIES_PER_SHARD = 3;
const BACKOFF_MS = 15;
/** How long a group of the registry may take until the view knows it. */
const LOOK_AGAIN_MS = 250;

/** A log sequence per shard: what a write returns, and a read can demand to see. */
export type Token = Readonly<Record<string, number>>;

/** How a request is carried out. */
export type CallOptions = {
  readonly deadline: Deadline;
  readonly signal?: AbortSignal;
  readonly after?: Token;
  /** Told how far a long task is. */
  readonly onProgress?: (progress: TaskProgress) => void;
};

/** A shard's part of an answer, or why it is missing. */
export type ShardAnswer =
  | { readonly shard: number; readonly ok: true; readonly value: unknown; readonly seq: number; readonly via: string }
  | { readonly shard: number; readonly ok: false; readonly error: CoppiceError };

/** Routes queries. */
export class Router {
  readonly #context: ClusterContext;
  readonly #hedge: HedgeDelay;
  readonly #silent: SilentCopies;

  constructor(context: ClusterContext) {
    this.#context = context;
    this.#hedge = new HedgeDelay();
    this.#silent = new SilentCopies(context.env.clock, context.membership);
  }

  /**
   * The group of a name.
   *
   * @throws CoppiceError `GROUP_NOT_FOUND`, with a name that is close.
   */
  async group(name: string): Promise<GroupRecord> {
    const { view, registry } = this.#context;
    const known = view.group(name);
    if (known !== undefined) return known;
    // It may have been made a moment ago by another root: then the view is about to know it.
    const exists = (await registry.get(groupKey(name))) !== undefined;
    if (exists && (await view.until(() => view.group(name) !== undefined, LOOK_AGAIN_MS))) return this.group(name);
    const near = closest(name, [...view.groups.keys()]);
    const hint = near === undefined ? '' : `; did you mean \`${near}\`?`;
    throw new CoppiceError('GROUP_NOT_FOUND', `there is no index or group \`${name}\`${hint}`, {
      details: { index: name },
    });
  }

  /**
   * Asks shards of a group and returns what each answered, in shard order. Waits for none beyond the deadline.
   *
   * @param request `shards` undefined asks all; `bodies` gives each shard its own body.
   * @throws CoppiceError `BAD_REQUEST` for a token of a shard that the group does not have.
   */
  async ask(
    group: GroupRecord,
    request: { endpoint: string; body?: unknown; bodies?: ReadonlyMap<number, unknown>; shards?: readonly number[] },
    options: CallOptions,
  ): Promise<readonly ShardAnswer[]> {
    const shards = request.shards ?? shardsOf(group.slots);
    if (options.after !== undefined) checkToken(group, options.after);
    const shared = this.#message(group, request.body, undefined);
    const parts = shards.map((shard): ScatterPart => {
      const after = options.after?.[String(shard)];
      const own = request.bodies?.has(shard) === true || after !== undefined;
      const body = own ? this.#message(group, request.bodies?.get(shard) ?? request.body, after) : shared;
      const first = this.#firstCopy(group, shard, request.endpoint);
      return {
        shard,
        body,
        subject: this.#shardSubject(group, shard, request.endpoint),
        ...(first === undefined ? {} : { first }),
        copies: () => this.#copySubjects(group, shard, request.endpoint),
      };
    });
    const outcomes = await scatter(this.#context.rpc, parts, {
      deadline: options.deadline,
      retries: parts.length * RETRIES_PER_SHARD,
      backoffMs: BACKOFF_MS,
      hedgeAfterMs: this.#hedge.delayMs(request.endpoint),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    for (const outcome of outcomes) this.#learn(group, request.endpoint, outcome);
    return outcomes.map(readOutcome);
  }

  /** Calls an endpoint as its group says: polled, and reduced. */
  async call(name: string, endpointName: string, body: unknown, options: CallOptions): Promise<unknown> {
    const group = await this.group(name);
    const endpoint = endpointOf(group, endpointName);
    if (endpoint.kind === 'command') throw new Error('commands go through the writer');
    if (endpoint.polling === 'all') return this.#callAll(group, { name: endpointName, endpoint, body }, options);
    const shard =
      endpoint.polling === 'any'
        ? this.#anyShard(group)
        : shardOfSlot(group.slots, slotOf(valueAt(body, endpoint.polling.by)));
    const [answer] = await this.ask(group, { endpoint: endpointName, body, shards: [shard] }, options);
    if (answer === undefined) throw new Error('a request to one shard has one outcome');
    if (!answer.ok) throw unavailable(group, [answer]);
    return answer.value;
  }

  async #callAll(
    group: GroupRecord,
    call: { name: string; endpoint: EndpointRecord; body: unknown },
    options: CallOptions,
  ): Promise<unknown> {
    const answers = await this.ask(group, { endpoint: call.name, body: call.body }, options);
    const failed = answers.filter((answer) => !answer.ok);
    if (failed.length > 0) throw unavailable(group, failed);
    const partials = answers.map((answer) => (answer.ok ? answer.value : undefined));
    const { reduce } = call.endpoint;
    if (reduce === undefined) return partials;
    if (reduce !== 'custom') return reducePartials(readyMade(reduce), partials, call.body);
    // The reducer is a function where the group is hosted: any copy runs it.
    const body = { endpoint: call.name, partials, request: call.body };
    const [reduced] = await this.ask(group, { endpoint: '_reduce', body, shards: [this.#anyShard(group)] }, options);
    if (reduced === undefined || !reduced.ok) throw unavailable(group, reduced === undefined ? [] : [reduced]);
    return reduced.value;
  }

  #anyShard(group: GroupRecord): number {
    const shards = shardsOf(group.slots);
    const shard = shards[Math.floor(this.#context.env.random.next() * shards.length)];
    if (shard === undefined) throw new Error(`group ${group.name} has no shards`);
    return shard;
  }

  #message(group: GroupRecord, body: unknown, after: number | undefined): unknown {
    return after === undefined ? { body, slots: group.slots.version } : { body, after, slots: group.slots.version };
  }

  #shardSubject(group: GroupRecord, shard: number, endpoint: string): string {
    return fill(SUBJECTS.shard, {
      cluster: this.#context.cluster,
      group: groupToken(group.name, group.generation),
      shard,
      endpoint,
    });
  }

  /** The copy to ask by name, if the queue group would hand requests to one that is silent; else undefined. */
  #firstCopy(group: GroupRecord, shard: number, endpoint: string): string | undefined {
    const place = shardPlace(group, shard);
    const leaves = this.#leavesOf(group, shard);
    const good = leaves.filter((leaf) => !this.#silent.isSilent({ leaf, shard: place }));
    if (good.length === leaves.length && !this.#silent.isWatched(place)) return undefined;
    const leaf = good[Math.floor(this.#context.env.random.next() * good.length)];
    return leaf === undefined ? undefined : this.#copySubject(group, { leaf, shard, endpoint });
  }

  /** Single copies that a retry or hedge may go to: in a random order that spreads the load, silent ones last. */
  #copySubjects(group: GroupRecord, shard: number, endpoint: string): readonly string[] {
    const place = shardPlace(group, shard);
    const leaves = this.#leavesOf(group, shard);
    const from = Math.floor(this.#context.env.random.next() * leaves.length);
    const turned = [...leaves.slice(from), ...leaves.slice(0, from)];
    const isSilent = (leaf: string): number => Number(this.#silent.isSilent({ leaf, shard: place }));
    return turned
      .toSorted((a, b) => isSilent(a) - isSilent(b))
      .map((leaf) => this.#copySubject(group, { leaf, shard, endpoint }));
  }

  #leavesOf(group: GroupRecord, shard: number): readonly string[] {
    return this.#context.view.placement(group)?.shards.find((entry) => entry.shard === shard)?.copies ?? [];
  }

  #copySubject(group: GroupRecord, copy: { leaf: string; shard: number; endpoint: string }): string {
    return fill(SUBJECTS.copy, {
      cluster: this.#context.cluster,
      leaf: nameToToken(copy.leaf),
      group: groupToken(group.name, group.generation),
      shard: copy.shard,
      endpoint: copy.endpoint,
    });
  }

  /** Takes what an outcome tells of latencies and of silent copies into account. */
  #learn(group: GroupRecord, endpoint: string, outcome: Outcome): void {
    if (!outcome.ok) return;
    // The wait for a hedge is no latency: it would make the next wait longer, and that the next.
    if (outcome.attempt === 0) this.#hedge.observe(endpoint, outcome.tookMs);
    const { shard, via, silent } = outcome;
    const queue = this.#shardSubject(group, shard, endpoint);
    if (via === queue && silent.length === 0) return;
    const place = shardPlace(group, shard);
    for (const leaf of this.#leavesOf(group, shard)) {
      const subject = this.#copySubject(group, { leaf, shard, endpoint });
      if (subject === via) this.#silent.noteAnswered({ leaf, shard: place });
      else if (silent.includes(subject)) this.#silent.noteSilent({ leaf, shard: place });
    }
    if (silent.includes(queue)) this.#silent.watch(place);
  }
}

function readOutcome(outcome: Outcome): ShardAnswer {
  const { shard } = outcome;
  if (!outcome.ok) return { shard, ok: false, error: outcome.error };
  const answer: QueryAnswer = parseQueryAnswer(outcome.value);
  return { shard, ok: true, value: answer.value, seq: answer.seq, via: outcome.via };
}

function shardPlace(group: GroupRecord, shard: number): string {
  return `${groupToken(group.name, group.generation)}/${shard}`;
}

/**
 * The endpoint of a name.
 *
 * @throws CoppiceError `UNKNOWN_ENDPOINT`, with a name that is close.
 */
export function endpointOf(group: GroupRecord, name: string): EndpointRecord {
  const endpoint = Object.hasOwn(group.endpoints, name) ? group.endpoints[name] : undefined;
  if (endpoint !== undefined) return endpoint;
  const near = closest(name, Object.keys(group.endpoints));
  const hint =
    near === undefined ? `; it has ${Object.keys(group.endpoints).join(', ')}` : `; did you mean \`${near}\`?`;
  throw new CoppiceError('UNKNOWN_ENDPOINT', `\`${group.name}\` has no endpoint \`${name}\`${hint}`);
}

/** One error for shards that did not answer: the caller's own mistake goes before what is nobody's. */
export function unavailable(group: GroupRecord, failed: readonly ShardAnswer[]): CoppiceError {
  const errors = failed.flatMap((answer) => (answer.ok ? [] : [answer]));
  const callers = errors.find(({ error }) => !error.retryable);
  if (callers !== undefined) return callers.error;
  const [first] = errors;
  const code =
    first !== undefined && errors.every(({ error }) => error.code === 'DEADLINE_EXCEEDED')
      ? 'DEADLINE_EXCEEDED'
      : 'SHARD_UNAVAILABLE';
  const reasons = errors.map(({ shard, error }) => `shard ${shard}: ${error.message}`);
  return new CoppiceError(code, `\`${group.name}\` did not answer whole: ${reasons.join('; ')}`, {
    details: { failures: errors.map(({ shard, error }) => ({ shard, reason: error.toWire() })) },
  });
}

type ReadyMade = Exclude<NonNullable<EndpointRecord['reduce']>, 'custom'>;

function readyMade(reduce: ReadyMade): Parameters<typeof reducePartials>[0] {
  if (typeof reduce === 'string') return reduce;
  const { by, k, order } = reduce.topk;
  return { topk: { by, ...(k === undefined ? {} : { k }), ...(order === undefined ? {} : { order }) } };
}

function checkToken(group: GroupRecord, token: Token): void {
  const shards = new Set(shardsOf(group.slots).map(String));
  const unknown = Object.keys(token).find((shard) => !shards.has(shard));
  if (unknown === undefined) return;
  throw new CoppiceError(
    'BAD_REQUEST',
    `after names shard [${unknown.slice(0, 20)}], which \`${group.name}\` does not have`,
  );
}
