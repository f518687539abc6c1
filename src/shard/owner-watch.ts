/**
 * Looks at the lease of a shard and judges its owner: now and then, at once when the lease changes, and when somebody
 * doubts. A judgement decides only how fast a shard fails over.
 */
import type { Membership } from '../cluster/membership.ts';
import { judgeOwner, type OwnerVerdict } from '../cluster/ownership.ts';
import { type ClusterView, leaseKey } from '../cluster/view.ts';
import { type Cancel, type Env, pause, type Reporter } from '../env.ts';
import { asCoppiceError } from '../errors.ts';
import type { GroupRecord, LeaseRecord } from '../wire/records.ts';

const LOOK_INTERVAL_MS = 250;
const PINGS_TO_BE_SURE = 2;
/** A leaf whose link was cut is back on the bus within this time, as a rule: it is not dead. */
const PINGS_APART_MS = 20;
/** Doubts of callers that come closer together are one. */
const DOUBTS_APART_MS = 50;

/** What a look has found. `mine`: won by a claim whose answer was lost. */
export type OwnerNews =
  | { readonly kind: 'mine'; readonly term: number }
  | { readonly kind: 'alive' }
  | { readonly kind: 'lost'; readonly reason: string };

/** A copy of a shard that may stand for primacy, and where it lives. */
export type Contestant = {
  readonly env: Env;
  readonly view: ClusterView;
  readonly membership: Membership;
  readonly report: Reporter;
  readonly group: GroupRecord;
  readonly shard: number;
  readonly leaf: string;
  readonly incarnation: string;
};

/** What looking needs. */
export type OwnerWatchOptions = Contestant & {
  /** Whether this copy would stand for primacy: else nobody looks. */
  readonly isCandidate: () => boolean;
  readonly onNews: (news: OwnerNews) => void;
};

/** Watches the owner of one shard's lease. */
export class OwnerWatch {
  readonly #options: OwnerWatchOptions;
  #look: Cancel | undefined;
  #looking = false;
  /** A look because of a caller's doubt is under way. */
  #checking = false;
  #nextDoubtMs = Number.NEGATIVE_INFINITY;
  #lastOwner = '';
  #judgedTerm = 0;
  #stopWatching: () => void = () => {};

  constructor(options: OwnerWatchOptions) {
    this.#options = options;
  }

  /** The owner judged last: whoever follows it need not wait for it. */
  get lastOwner(): string {
    return this.#lastOwner;
  }

  /** Term of the lease that was judged to be without an owner. */
  get judgedTerm(): number {
    return this.#judgedTerm;
  }

  start(): void {
    const { view, group, shard } = this.#options;
    this.#stopWatching = view.onChange((key) => {
      if (key === leaseKey(group, shard)) this.soon();
    });
    this.soon();
  }

  stop(): void {
    this.#look?.();
    this.#stopWatching();
  }

  /** Looks at once, and from then on now and then. */
  soon(): void {
    this.#lookAfter(0);
  }

  /**
   * Somebody found nobody on the primary's subject. That is a reason to look at once, and proves nothing: the owner is
   * pinged as if it had been silent.
   */
  doubt(): void {
    const nowMs = this.#options.env.clock.nowMs();
    if (nowMs < this.#nextDoubtMs || this.#checking || !this.#options.isCandidate()) return;
    this.#nextDoubtMs = nowMs + DOUBTS_APART_MS;
    this.#checking = true;
    this.#judgeOr({ doubted: true }, () => (this.#checking = false));
  }

  #lookAfter(delayMs: number): void {
    this.#look?.();
    this.#look = this.#options.env.clock.after(delayMs, () => {
      this.#lookAfter(LOOK_INTERVAL_MS);
      if (this.#looking || !this.#options.isCandidate()) return;
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

  async #judge({ doubted }: { doubted: boolean }): Promise<void> {
    const { view, membership, group, shard, env, leaf, incarnation, onNews } = this.#options;
    const seen = view.lease(group, shard);
    const lease = seen === undefined ? undefined : { ...seen.value, seenAtMs: seen.seenAtMs };
    if (lease !== undefined && lease.owner === leaf && lease.incarnation === incarnation)
      return onNews({ kind: 'mine', term: lease.term });
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
    if (!lost) return onNews({ kind: 'alive' });
    this.#judgedTerm = lease?.term ?? 0;
    onNews({ kind: 'lost', reason: lossOf(lease, ask ? 'ask' : verdict) });
  }

  /** Nobody answers for the leaf, twice; or another incarnation does. */
  async #isDead(lease: LeaseRecord): Promise<boolean> {
    const { env, membership } = this.#options;
    for (let ping = 0; ping < PINGS_TO_BE_SURE; ping++) {
      if (ping > 0) await pause(env.clock, PINGS_APART_MS);
      const result = await membership.ping(lease.owner);
      if (result.kind === 'silent') return false;
      if (result.kind === 'answered') return result.incarnation !== lease.incarnation;
    }
    return true;
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
