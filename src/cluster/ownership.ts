/**
 * Does the owner of a lease still live and lead? Judged from pulses on one's own clock. A judgement only decides how
 * fast a shard fails over; a wrong one costs a needless promotion, never data.
 */
import { LEADING_STATES, type LeaseRecord } from '../wire/records.ts';
import type { HeardPulse } from './membership.ts';

/** A pulse missing for so long raises doubt, which a ping settles. */
export const DOUBT_MS = 800;
/** A leaf that neither pulses nor answers for so long is taken for dead, if the bus itself is alive. */
export const DEAD_MS = 2_000;
/** A new owner has so long to show in its pulses that it reaches for the shard. */
export const CLAIM_GRACE_MS = 2_500;

/** What the owner's silence means: `ask` is a doubt that a ping settles. */
export type OwnerVerdict = 'alive' | 'lost' | 'ask';

/** Everything that is known. Times are of one monotonic clock. */
export type OwnerEvidence = {
  readonly lease: (LeaseRecord & { readonly seenAtMs: number }) | undefined;
  readonly group: string;
  readonly generation: string;
  readonly shard: number;
  /** Last pulse of the leaf that the lease names. */
  readonly heard: HeardPulse | undefined;
  /** Milliseconds since any leaf was heard. */
  readonly busSilenceMs: number;
  readonly nowMs: number;
};

/** Judges the owner of a lease. */
export function judgeOwner(evidence: OwnerEvidence): OwnerVerdict {
  const { lease, heard, nowMs } = evidence;
  if (lease === undefined || lease.owner === '') return 'lost';
  const fresh = heard !== undefined && heard.atMs > lease.seenAtMs ? heard : undefined;
  if (fresh !== undefined && fresh.pulse.incarnation !== lease.incarnation) return 'lost';
  const lastSignMs = Math.max(lease.seenAtMs, heard?.pulse.incarnation === lease.incarnation ? heard.atMs : 0);
  const silenceMs = nowMs - lastSignMs;
  if (silenceMs >= DOUBT_MS) {
    const busIsSilent = evidence.busSilenceMs >= DOUBT_MS;
    return silenceMs >= DEAD_MS && !busIsSilent ? 'lost' : 'ask';
  }
  if (fresh === undefined || nowMs - lease.seenAtMs < CLAIM_GRACE_MS) return 'alive';
  return leads(fresh, evidence) ? 'alive' : 'lost';
}

function leads({ pulse }: HeardPulse, { group, generation, shard }: OwnerEvidence): boolean {
  return pulse.copies.some(
    (copy) =>
      copy.group === group && copy.generation === generation && copy.shard === shard && LEADING_STATES.has(copy.state),
  );
}
