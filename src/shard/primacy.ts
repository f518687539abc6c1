/**
 * The shell around `primacyMachine`: looks at the lease and its owner, takes the lease by compare-and-set, appends
 * the term record and waits for the tail to reach it (protocol.md, "Promotion and handover").
 */
import { type Actor, createActor } from 'xstate';
import type { Log, LogEntry } from '../bus/log.ts';
import type { Registry } from '../bus/registry.ts';
import { pause } from '../env.ts';
import { asCoppiceError, CoppiceError } from '../errors.ts';
import { type PrimacyEvent, primacyMachine } from '../machines/primacy.ts';
import { decodeLogRecord, encodeLogRecord } from '../wire/log-record.ts';
import { pointersAfter } from './log-pointers.ts';
import { machineClock } from './machine-clock.ts';
import { type Contestant, type OwnerNews, OwnerWatch } from './owner-watch.ts';
import { ShardLease } from './shard-lease.ts';
import type { AppliedRecord, ShardState } from './shard-state.ts';
import { type Transition, watchTransitions } from './transition-watch.ts';

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
export type PrimacyOptions = Contestant & {
  readonly log: Log;
  readonly registry: Registry;
  readonly state: () => ShardState;
  /** Records that another copy, other than that on the leaf `except`, has applied and this one has not. */
  readonly lag: (except: string) => number;
  /** Milliseconds for which this copy stands back, since others would do better. */
  readonly reluctanceMs: () => number;
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
  readonly #lease: ShardLease;
  readonly #watch: OwnerWatch;
  #abort = new AbortController();
  #termRecord: { readonly id: string; seq: number } | undefined;
  #released: Promise<void> = Promise.resolve();
  /** The claim under way. */
  #claim: Promise<void> = Promise.resolve();
  #stopped = false;
  #yieldedMs = Number.NEGATIVE_INFINITY;

  constructor(options: PrimacyOptions) {
    this.#options = options;
    this.#lease = new ShardLease(options);
    this.#watch = new OwnerWatch({
      ...options,
      isCandidate: () => this.#isCandidate(),
      onNews: (news) => this.#hear(news),
    });
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
            this.#released = this.#lease.release(term);
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
    this.#watch.start();
  }

  send(event: PrimacyEvent): void {
    this.#actor.send(event);
    if (event.type === 'copy.ready') this.#watch.soon();
  }

  /** Somebody found nobody on the primary's subject. */
  doubt(): void {
    this.#watch.doubt();
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
    this.#watch.stop();
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

  #isCandidate(): boolean {
    const snapshot = this.#actor.getSnapshot();
    return snapshot.matches({ following: 'ready' }) || snapshot.matches('suspecting');
  }

  #hear(news: OwnerNews): void {
    // Won by a claim whose answer was lost: the machine gives it back or takes it up.
    if (news.kind === 'mine') this.#actor.send({ type: 'lease.won', term: news.term });
    else
      this.#actor.send(news.kind === 'alive' ? { type: 'owner.alive' } : { type: 'owner.lost', reason: news.reason });
  }

  /**
   * Shorter for the better caught up, and for the copy that placement prefers; longer right after a handover. Whom the
   * shard has lost is not waited for.
   */
  #claimDelayMs(): number {
    const { view, group, shard, leaf, env, lag, reluctanceMs } = this.#options;
    const placed = view.placement(group)?.shards.find((entry) => entry.shard === shard)?.copies ?? [];
    const rivals = placed.filter((copy) => copy === leaf || copy !== this.#watch.lastOwner);
    const rank = rivals.includes(leaf) ? rivals.indexOf(leaf) : rivals.length;
    const handedOver = env.clock.nowMs() - this.#yieldedMs < HANDED_OVER_MS ? HANDED_OVER_MS : 0;
    const lagDelay = Math.min(MAX_LAG_DELAY_MS, lag(this.#watch.lastOwner) * LAG_DELAY_MS_PER_RECORD);
    return lagDelay + rank * RANK_DELAY_MS + env.random.next() * CLAIM_JITTER_MS + handedOver + reluctanceMs();
  }

  /** Rule 1 of promotion. */
  async #claimLease(above: number): Promise<void> {
    const { shard, log } = this.#options;
    const logTerm = async (): Promise<number> => termOf(await log.last(shard));
    const term = await this.#lease.claim({ judgedTerm: this.#watch.judgedTerm, above, logTerm });
    if (term === undefined) this.#actor.send({ type: 'lease.refused' });
    else if (this.#stopped) await this.#lease.release(term);
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
        ...pointersAfter(last),
        operations: [],
      });
      const outcome = await log.append(shard, { id, data, expectedSeq: last?.seq ?? 0 }, signal);
      if (outcome.kind === 'appended') {
        this.#termRecord.seq = outcome.seq;
        if (state().appliedId === id) this.#actor.send({ type: 'barrier.reached', term });
        return;
      }
      if (!(await this.#lease.isMine(term))) return this.#actor.send({ type: 'append.fenced', term });
      await pause(this.#options.env.clock, 5 + this.#options.env.random.next() * 20, signal);
    }
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

function termOf(entry: LogEntry | undefined): number {
  return entry === undefined ? 0 : decodeLogRecord(entry.data).term;
}
