/** The other copies of a copy's shard, as their pulses tell. */
import type { Membership } from '../cluster/membership.ts';
import { type CopyStatus, SERVING_STATES } from '../wire/records.ts';
import type { CopySpec } from './copy-spec.ts';

/** Knows the rivals of one copy. */
export class RivalCopies {
  readonly #membership: Membership;
  readonly #spec: CopySpec;

  constructor(membership: Membership, spec: CopySpec) {
    this.#membership = membership;
    this.#spec = spec;
  }

  /** Log records that the best of them, but for that on the leaf `except`, is ahead of `seq`. */
  lag(seq: number, except: string): number {
    const seqs = this.#others()
      .filter(({ leaf }) => leaf !== except)
      .map((copy) => copy.seq);
    return Math.max(0, Math.max(0, ...seqs) - seq);
  }

  /** Whether one of them could lead the shard and take writes. */
  get canLead(): boolean {
    return this.#others().some(({ state, disk }) => SERVING_STATES.has(state) && disk === undefined);
  }

  #others(): readonly (CopyStatus & { readonly leaf: string })[] {
    const { group, shard, leaf } = this.#spec;
    return this.#membership.copiesOf(group).filter((copy) => copy.shard === shard && copy.leaf !== leaf);
  }
}
