/**
 * The shell around `primacyMachine`: looks at the lease and its owner, takes the lease by compare-and-set, appends
 * the term record and waits for the tail to reach it (protocol.md, "Promotion and handover").
 */
import { type Actor, createActor } from 'xstate';
import type { Log, LogEntry } from '../bus/log.ts';
import type { Registry, RegistryEntry } from '../bus/registry.ts';
import type { Membership } from '../cluster/membership.ts';
import { judgeOwner, type OwnerVerdict } from '../cluster/ownership.ts';
import { type ClusterView, leaseKey } from '../cluster/view.ts';
import { type Cancel, type Env, pause, type Reporter } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { type PrimacyEvent, primacyMachine } from '../machines/primacy.ts';
import { decodeLogRecord, encodeLogRecord } from '../wire/log-record.ts';
import { type GroupRecord, LeaseRecord, parseRecord } from '../wire/records.ts';
import { machineClock } from './machine-clock.ts';
import type { AppliedRecord, ShardState } from './shard-state.ts';
import { type Transition, watchTransitions } from './transition-watch.ts';

const LOOK_INTERVAL_MS = 250;
const PINGS_TO_BE_SURE = 2;
/** A leaf whose link was cut is back on the bus within this time, as a rule: it is not dead. */
const PINGS_APART_MS = 20;
/** Doubts of callers that come closer together are one. */
const DOUBTS_APART_MS = 50;
/** Claims spread over this time by lag and rank, so that the most caught-up copy is first. */
const LAG_DELAY_MS_PER_RECORD = 1;
const MAX_LAG_DELAY_MS = 1_000;
const RANK_DELAY_MS = 40;
const CLAIM_JITTER_MS = 5;
/** A copy that has just handed its shard over stands back for so long. */
const HANDED_OVER_MS = 1_000;

/** Where a reign began: its first append is fenced by this record. */
export type Reign = { readonly term: number; readonly termRecord: { readonly seq: number; readonly id: string } };

/** What the shell needs of its copy. */
export type PrimacyOptions = {
  readonly env: Env;
  readonly log: Log;
  readonly registry: Registry;
  readonly view: ClusterView;
  readonly membership: Membership;
  readonly report: Reporter;
  readonly group: GroupRecord;
  readonly shard: number;
  readonly leaf: string;
  readonly incarnation: string;
  readonly state: () => ShardState;
  /** Records that another copy, other than that on the leaf `except`, has applied and this one has not. */
  readonly lag: (except: string) => number;
  readonly nextRecordId: () => string;
  /** Whether the bus can be reached. */
  readonly linkUp: () => boolean;
  readonly onLeading: (reign: Reign) => void;
  readonly onStopLeading: () => void;
  /** Resolves when what the ending reign took is answered. */
  readonly resolvePending: () => Promise<void>;
  /** The machine moved; the name of its state. */
  readonly onState: (state: string) => void;
  /** Told of every step of the machine, with its cause. */
  readonly onTransition: (transition: Transition) => void;
};

/** The contest for one shard, from one copy's side. */
export class Primacy {
  readonly #options: PrimacyOptions;
  readonly #actor: Actor<typeof primacyMachine>;
  #abort = new AbortController();
  #termRecord: { readonly id: string; seq: number } | undefined;
  #look: Cancel | undefined;
  #looking = false;
  /** A look because of a caller's doubt is under way. */
  #checking = false;
  #nextDoubtMs = Number.NEGATIVE_INFINITY;
  /** The owner judged last: whoever follows it need not wait for it. */
  #lastOwner = '';
  /** Term of the lease that was judged to be without an owner. */
  #judgedTerm = 0;
  #released: Promise<void> = Promise.resolve();
  /** The claim under way. */
  #claim: Promise<void> = Promise.resolve();
  #stopped = false;
  #yieldedMs = Number.NEGATIVE_INFINITY;
  #stopWatching: () => void = () => {};

  constructor(options: PrimacyOptions) {
    this.#options = options;
    this.#actor = createActor(
      primacyMachine.provide({
        delays: { claimDelay: () => this.#claimDelayMs() },
        actions: {
          claimLease: (_, { above }) => {
            this.#claim = this.#run(() => this.#claimLease(above));
          },
          appendTerm: (_, { term }) => void this.#run((signal) => this.#appendTerm(term, signal)),
          abandonClaim: () => this.#abandon(),
          startLeading: (_, { term }) => this.#startLeading(term),
          stopLeading: () => options.onStopLeading(),
          resolvePending: () => void this.#run(() => this.#resolvePending()),
          releaseLease: (_, { term }) => {
            this.#released = this.#writeRelease(term);
          },
        },
      }),
      {
        clock: machineClock(options.env.clock),
        inspect: watchTransitions({ first: 'following.unready', nameOf: (path) => path }, options.onTransition),
      },
    );
  }

  start(): void {
    let last = 'following';
    this.#actor.subscribe(({ value }) => {
      const state = typeof value === 'string' ? value : 'following';
      if (state === last) return;
      last = state;
      this.#options.onState(state);
    });
    this.#actor.start();
    this.#stopWatching = this.#options.view.onChange((key) => {
      if (key === leaseKey(this.#options.group, this.#options.shard)) this.#lookSoon(0);
    });
    this.#lookSoon(0);
  }

  send(event: PrimacyEvent): void {
    this.#actor.send(event);
    if (event.type === 'copy.ready') this.#lookSoon(0);
  }

  /**
   * Somebody found nobody on the primary's subject. That is a reason to look at once, and proves nothing: the owner is
   * pinged as if it had been silent.
   */
  doubt(): void {
    const nowMs = this.#options.env.clock.nowMs();
    if (nowMs < this.#nextDoubtMs || this.#checking || !this.#isCandidate()) return;
    this.#nextDoubtMs = nowMs + DOUBTS_APART_MS;
    this.#checking = true;
    this.#judgeOr({ doubted: true }, () => (this.#checking = false));
  }

  /** Hands primacy over, or gives it up. Resolves when this copy does not lead any more. */
  async yield(): Promise<void> {
    this.#yieldedMs = this.#options.env.clock.nowMs();
    const done = new Promise<void>((resolve) => {
      const settled = (value: unknown): boolean => value !== 'leading' && value !== 'yielding';
      if (settled(this.#actor.getSnapshot().value) && !this.#actor.getSnapshot().matches('barrier')) return resolve();
      const subscription = this.#actor.subscribe(({ value }) => {
        if (!settled(value)) return;
        subscription.unsubscribe();
        resolve();
      });
    });
    this.#actor.send({ type: 'primacy.yield' });
    await done;
    await this.#released;
  }

  /** Hands primacy over, and stands for it no more until the copy is ready again. */
  async retire(): Promise<void> {
    await this.yield();
    if (!this.#stopped) this.#actor.send({ type: 'copy.unready' });
  }

  /** Leaves the contest for good. */
  async stop(): Promise<void> {
    this.#look?.();
    this.#stopWatching();
    this.#stopped = true;
    this.#actor.send({ type: 'primacy.stop' });
    this.#abort.abort(new CoppiceError('CANCELLED', 'the copy has left the contest'));
    // A claim cannot be called back: if it wins now, it gives the lease back itself.
    await this.#claim;
    await this.#released;
    this.#actor.stop();
  }

  /** The copy applied a record: the barrier may be reached, or a higher term may have begun. */
  onApplied(record: AppliedRecord): void {
    if (record.kind !== 'term') return;
    if (record.id === this.#termRecord?.id) {
      this.#termRecord.seq = record.seq;
      this.#actor.send({ type: 'barrier.reached', term: record.term });
    } else {
      this.#actor.send({ type: 'term.outranked', term: record.term });
    }
  }

  /** Judges the lease's owner, now and then, and at once when the lease changes. */
  #lookSoon(delayMs: number): void {
    this.#look?.();
    this.#look = this.#options.env.clock.after(delayMs, () => {
      this.#lookSoon(LOOK_INTERVAL_MS);
      if (this.#looking || !this.#isCandidate()) return;
      this.#looking = true;
      this.#judgeOr({ doubted: false }, () => (this.#looking = false));
    });
  }

  /** Judges, or reports why it could not. */
  #judgeOr(evidence: { doubted: boolean }, done: () => void): void {
    this.#judge(evidence)
      .catch((error: unknown) =>
        this.#options.report('warn', 'lease could not be judged', { error: asCoppiceError(error).message }),
      )
      .finally(done);
  }

  #isCandidate(): boolean {
    const snapshot = this.#actor.getSnapshot();
    return snapshot.matches({ following: 'ready' }) || snapshot.matches('suspecting');
  }

  async #judge({ doubted }: { doubted: boolean }): Promise<void> {
    const { view, membership, group, shard, env, leaf, incarnation } = this.#options;
    const seen = view.lease(group, shard);
    const lease = seen === undefined ? undefined : { ...seen.value, seenAtMs: seen.seenAtMs };
    if (lease !== undefined && lease.owner === leaf && lease.incarnation === incarnation) {
      // Won by a claim whose answer was lost: the machine gives it back or takes it up.
      this.#actor.send({ type: 'lease.won', term: lease.term });
      return;
    }
    const verdict = judgeOwner({
      lease,
      group: group.name,
      generation: group.generation,
      shard,
      heard: lease === undefined ? undefined : membership.pulseOf(lease.owner),
      busSilenceMs: membership.silenceMs(),
      nowMs: env.clock.nowMs(),
    });
    if (lease !== undefined && lease.owner !== '') this.#lastOwner = lease.owner;
    const ask = verdict === 'ask' || (verdict === 'alive' && doubted);
    const lost = verdict === 'lost' || (ask && lease !== undefined && (await this.#isDead(lease)));
    if (lost) this.#judgedTerm = lease?.term ?? 0;
    this.#actor.send(
      lost ? { type: 'owner.lost', reason: lossOf(lease, ask ? 'ask' : verdict) } : { type: 'owner.alive' },
    );
  }

  /** Nobody answers for the leaf, twice; or another incarnation does. */
  async #isDead(lease: LeaseRecord): Promise<boolean> {
    const { env } = this.#options;
    for (let ping = 0; ping < PINGS_TO_BE_SURE; ping++) {
      if (ping > 0) await pause(env.clock, PINGS_APART_MS);
      const result = await this.#options.membership.ping(lease.owner);
      if (result.kind === 'silent') return false;
      if (result.kind === 'answered') return result.incarnation !== lease.incarnation;
    }
    return true;
  }

  /**
   * Shorter for the better caught up, and for the copy that placement prefers; longer right after a handover. Whom the
   * shard has lost is not waited for.
   */
  #claimDelayMs(): number {
    const { view, group, shard, leaf, env, lag } = this.#options;
    const placed = view.placement(group)?.shards.find((entry) => entry.shard === shard)?.copies ?? [];
    const rivals = placed.filter((copy) => copy === leaf || copy !== this.#lastOwner);
    const rank = rivals.includes(leaf) ? rivals.indexOf(leaf) : rivals.length;
    const handedOver = env.clock.nowMs() - this.#yieldedMs < HANDED_OVER_MS ? HANDED_OVER_MS : 0;
    const lagDelay = Math.min(MAX_LAG_DELAY_MS, lag(this.#lastOwner) * LAG_DELAY_MS_PER_RECORD);
    return lagDelay + rank * RANK_DELAY_MS + env.random.next() * CLAIM_JITTER_MS + handedOver;
  }

  /** Rule 1 of promotion. */
  async #claimLease(above: number): Promise<void> {
    const { registry, group, shard, log, leaf, incarnation } = this.#options;
    const key = leaseKey(group, shard);
    const entry = await registry.get(key);
    const lease = entry === undefined ? undefined : parseRecord(LeaseRecord, entry.value, key);
    // Another was faster, and the view is about to tell: whom it names has not been judged.
    if (lease !== undefined && lease.owner !== '' && lease.term !== this.#judgedTerm)
      return this.#actor.send({ type: 'lease.refused' });
    const term = Math.max(above, lease?.term ?? 0, termOf(await log.last(shard))) + 1;
    const mine: LeaseRecord = { owner: leaf, incarnation, term };
    try {
      if (entry === undefined) await registry.create(key, mine);
      else await registry.update(key, mine, entry.revision);
    } catch (error) {
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
      this.#actor.send({ type: 'lease.refused' });
      return;
    }
    if (this.#stopped) await this.#writeRelease(term);
    else this.#actor.send({ type: 'lease.won', term });
  }

  /** Rules 2 to 4 of promotion: give up if the log's term is not lower, append, then the tail tells. */
  async #appendTerm(term: number, signal: AbortSignal): Promise<void> {
    const { log, shard, group, state } = this.#options;
    for (;;) {
      const last = await log.last(shard);
      signal.throwIfAborted();
      if (termOf(last) >= term) return this.#actor.send({ type: 'term.outranked', term: termOf(last) });
      const id = this.#options.nextRecordId();
      this.#termRecord = { id, seq: 0 };
      const data = encodeLogRecord({
        kind: 'term',
        generation: group.generation,
        term,
        prevSeq: last?.seq ?? 0,
        prevId: last?.id ?? '',
        ...checkpointBefore(last),
        operations: [],
      });
      const outcome = await log.append(shard, { id, data, expectedSeq: last?.seq ?? 0 }, signal);
      if (outcome.kind === 'appended') {
        this.#termRecord.seq = outcome.seq;
        if (state().appliedId === id) this.#actor.send({ type: 'barrier.reached', term });
        return;
      }
      if (!(await this.#leaseIsMine(term))) return this.#actor.send({ type: 'append.fenced', term });
      await pause(this.#options.env.clock, 5 + this.#options.env.random.next() * 20, signal);
    }
  }

  async #leaseIsMine(term: number): Promise<boolean> {
    return (await this.#ownLease(term)) !== undefined;
  }

  /** The entry of the lease, if it names this incarnation with this term. */
  async #ownLease(term: number): Promise<RegistryEntry | undefined> {
    const { registry, group, shard, leaf, incarnation } = this.#options;
    const key = leaseKey(group, shard);
    const entry = await registry.get(key);
    if (entry === undefined) return undefined;
    const lease = parseRecord(LeaseRecord, entry.value, key);
    return lease.owner === leaf && lease.incarnation === incarnation && lease.term === term ? entry : undefined;
  }

  #startLeading(term: number): void {
    const termRecord = this.#termRecord;
    if (termRecord === undefined) throw new Error(`leading in term ${term} without a term record`);
    this.#options.onLeading({ term, termRecord: { seq: termRecord.seq, id: termRecord.id } });
  }

  async #resolvePending(): Promise<void> {
    await this.#options.resolvePending();
    this.#actor.send({ type: 'pending.resolved' });
  }

  async #writeRelease(term: number): Promise<void> {
    const { registry, group, shard, report, linkUp } = this.#options;
    if (!linkUp()) return;
    try {
      const entry = await this.#ownLease(term);
      if (entry === undefined) return;
      await registry.update(entry.key, { owner: '', incarnation: '', term }, entry.revision);
    } catch (error) {
      // Another took it, or the bus is away: then the lease is lost by evidence instead.
      report('info', 'lease not released', { group: group.name, shard, term, error: asCoppiceError(error).message });
    }
  }

  #abandon(): void {
    this.#abort.abort(new CoppiceError('CANCELLED', 'the claim was abandoned'));
    this.#abort = new AbortController();
    this.#termRecord = undefined;
  }

  /** Never rejects: a failure is an event. */
  async #run(effect: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#abort;
    const { report, group, shard } = this.#options;
    await Promise.resolve(); // the machine is in the middle of its step
    try {
      await effect(signal);
    } catch (error) {
      if (signal.aborted) return;
      const reason = asCoppiceError(error).message;
      report('warn', 'claim failed', { group: group.name, shard, error: reason });
      this.#actor.send({ type: 'claim.failed', reason });
    }
  }
}

/** Why an owner counts as lost, for people. */
function lossOf(lease: LeaseRecord | undefined, verdict: OwnerVerdict): string {
  if (lease === undefined) return 'nobody has led the shard yet';
  if (lease.owner === '') return `the lease of term ${lease.term} was given back`;
  return verdict === 'ask'
    ? `nobody answers for leaf ${lease.owner}, owner in term ${lease.term}`
    : `leaf ${lease.owner}, owner in term ${lease.term}, is silent, was started again or does not lead`;
}

/** The newest checkpoint record up to `last`, as the record after it tells. */
function checkpointBefore(last: LogEntry | undefined): { readonly checkpointSeq?: number } {
  if (last === undefined) return {};
  const { kind, checkpointSeq } = decodeLogRecord(last.data);
  if (kind === 'checkpoint') return { checkpointSeq: last.seq };
  return checkpointSeq === undefined ? {} : { checkpointSeq };
}

function termOf(entry: LogEntry | undefined): number {
  return entry === undefined ? 0 : decodeLogRecord(entry.data).term;
}
