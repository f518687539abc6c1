/** The lease of one shard in the registry, from one copy's side: taken by compare-and-set, and given back. */
import type { Registry, RegistryEntry } from '../bus/registry.ts';
import { leaseKey } from '../cluster/view.ts';
import { asCoppiceError, isCoppiceError } from '../errors.ts';
import { LeaseRecord, parseRecord } from '../wire/records.ts';
import type { Contestant } from './owner-watch.ts';

/** Whose claims are made. */
export type ShardLeaseOptions = Pick<Contestant, 'report' | 'group' | 'shard' | 'leaf' | 'incarnation'> & {
  readonly registry: Registry;
  /** Whether the bus can be reached. */
  readonly linkUp: () => boolean;
};

/** One shard's lease. */
export class ShardLease {
  readonly #options: ShardLeaseOptions;
  readonly #key: string;

  constructor(options: ShardLeaseOptions) {
    this.#options = options;
    this.#key = leaseKey(options.group, options.shard);
  }

  /**
   * Takes the lease (rule 1 of promotion), unless another has it whom nobody has judged.
   *
   * @param claim `judgedTerm`: term of the lease that was judged to be without an owner; `above`: a term that the new one
   *   must exceed; `logTerm` asks the log for its last.
   * @returns The term won; undefined if another was faster.
   * @throws CoppiceError `DISCONNECTED`, `STALE_GENERATION`.
   */
  async claim(claim: {
    judgedTerm: number;
    above: number;
    logTerm: () => Promise<number>;
  }): Promise<number | undefined> {
    const { registry, leaf, incarnation } = this.#options;
    const { entry, lease } = await this.#read();
    // Another was faster, and the view is about to tell: whom it names has not been judged.
    if (lease !== undefined && lease.owner !== '' && lease.term !== claim.judgedTerm) return undefined;
    const term = Math.max(claim.above, lease?.term ?? 0, await claim.logTerm()) + 1;
    const mine: LeaseRecord = { owner: leaf, incarnation, term };
    try {
      if (entry === undefined) await registry.create(this.#key, mine);
      else await registry.update(this.#key, mine, entry.revision);
      return term;
    } catch (error) {
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
      return undefined;
    }
  }

  /** Whether the lease names this incarnation with this term. */
  async isMine(term: number): Promise<boolean> {
    return (await this.#own(term)) !== undefined;
  }

  /** Gives the lease of a term back. Never rejects: what is not given back is lost by evidence instead. */
  async release(term: number): Promise<void> {
    const { registry, group, shard, report, linkUp } = this.#options;
    if (!linkUp()) return;
    try {
      const entry = await this.#own(term);
      if (entry === undefined) return;
      await registry.update(entry.key, { owner: '', incarnation: '', term }, entry.revision);
    } catch (error) {
      report('info', 'lease not released', { group: group.name, shard, term, error: asCoppiceError(error).message });
    }
  }

  async #own(term: number): Promise<RegistryEntry | undefined> {
    const { leaf, incarnation } = this.#options;
    const { entry, lease } = await this.#read();
    return lease?.owner === leaf && lease.incarnation === incarnation && lease.term === term ? entry : undefined;
  }

  async #read(): Promise<{ entry: RegistryEntry | undefined; lease: LeaseRecord | undefined }> {
    const entry = await this.#options.registry.get(this.#key);
    return { entry, lease: entry === undefined ? undefined : parseRecord(LeaseRecord, entry.value, this.#key) };
  }
}
