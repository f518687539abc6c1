/** What a fault is: something that is begun on a running cluster, lasts a while, and is undone. */
import type { SimRandom } from '../../src/bus/sim/sim-random.ts';

/** What faults strike; those of one domain wait for each other beyond `AT_ONCE`. */
export type FaultDomain = 'leaf' | 'root' | 'nats' | 'depot';

/** Faults of a domain at once. One nats-server of three may be away, not two: no promise is made for that. */
export const AT_ONCE: Readonly<Record<FaultDomain, number>> = { leaf: 2, root: 1, nats: 1, depot: 1 };

/** A fault that has begun. `end` undoes it, and resolves when the next of its domain may come. */
export type BegunFault = { readonly what: string; readonly end: () => Promise<void> };

/** A kind of faults. */
export type FaultKind = {
  readonly name: string;
  readonly domain: FaultDomain;
  /** What it does, for people. */
  readonly does: string;
  /** Milliseconds that it lasts; short or long by chance unless given. */
  readonly lastsMs?: { readonly from: number; readonly to: number };
  /** Whether it strikes only where it is named: it breaks more than is promised, or takes long. */
  readonly isOptional?: boolean;
  /**
   * Begins one. Whom it strikes is up to `random`.
   *
   * @throws FaultSkipped if it cannot be done now.
   */
  readonly begin: (random: SimRandom) => Promise<BegunFault>;
};

/** A fault could not be done; the message says why. */
export class FaultSkipped extends Error {
  override readonly name = 'FaultSkipped';
}
