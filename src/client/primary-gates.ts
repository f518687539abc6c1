/**
 * Holds the writes of shards that nobody leads for the moment. While a shard's gate is shut its writes wait together,
 * and one question, asked again and again, finds out when somebody leads: a thousand writes that each tried for
 * themselves would keep a small machine from failing over at all.
 */
import type { ClusterContext } from '../cluster/context.ts';
import { leaseKey } from '../cluster/view.ts';
import { Deadline } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import type { GroupRecord } from '../wire/records.ts';
import { DoubtTeller } from './doubt-teller.ts';
import type { CallOptions } from './router.ts';

/** The shard that a gate is for. */
export type Gated = { readonly group: GroupRecord; readonly shard: number };

/** Asks the primary anything; rejects unless one answers. */
export type Probe = (deadline: Deadline) => Promise<void>;

const FIRST_WAIT_MS = 8;
const MAX_WAIT_MS = 60;
/** A primary that is stopped, not dead, is asked again after this time. */
const PROBE_MS = 500;

/** Writes that waited go on in groups of so many, so that none finds the primary busy with the others. */
const RELEASED_AT_ONCE = 32;
const RELEASE_EVERY_MS = 10;

type Gate = {
  /** Writes that wait: with none left the question is not asked any more. */
  waiting: number;
  lastError: CoppiceError;
  readonly listeners: Set<() => void>;
};

/** The gates of all shards. */
export class PrimaryGates {
  readonly #context: ClusterContext;
  readonly #doubts: DoubtTeller;
  readonly #gates = new Map<string, Gate>();

  constructor(context: ClusterContext) {
    this.#context = context;
    this.#doubts = new DoubtTeller(context);
  }

  /** Whether the shard's writes have to wait. */
  isShut({ group, shard }: Gated): boolean {
    return this.#gates.has(leaseKey(group, shard));
  }

  /** Shuts a gate, which opens when `probe` is answered; harmless if it is shut. */
  shut(gated: Gated, why: CoppiceError, probe: Probe): void {
    const key = leaseKey(gated.group, gated.shard);
    this.#noteFailure(gated, why);
    if (this.#gates.has(key)) return;
    const gate: Gate = { waiting: 0, lastError: why, listeners: new Set() };
    this.#gates.set(key, gate);
    this.#ask(gated, gate, probe)
      .catch((error: unknown) => (gate.lastError = asCoppiceError(error)))
      .finally(() => {
        this.#gates.delete(key);
        this.#release([...gate.listeners]);
      });
  }

  /**
   * Resolves when the shard's gate is open, which it is as a rule. An error is why it stayed shut until the deadline:
   * what the last question failed with, or `CANCELLED` if the signal was aborted.
   */
  async pass({ group, shard }: Gated, { deadline, signal }: CallOptions): Promise<CoppiceError | undefined> {
    const gate = this.#gates.get(leaseKey(group, shard));
    if (gate === undefined) return undefined;
    gate.waiting += 1;
    return new Promise((resolve) => {
      const finish = (error: CoppiceError | undefined): void => {
        gate.waiting -= 1;
        gate.listeners.delete(onOpen);
        cancel();
        signal?.removeEventListener('abort', onAbort);
        resolve(error);
      };
      const onOpen = (): void => finish(undefined);
      const onAbort = (): void =>
        finish(new CoppiceError('CANCELLED', 'the write was cancelled', { cause: signal?.reason }));
      const cancel = this.#context.env.clock.after(deadline.remainingMs(), () => finish(gate.lastError));
      gate.listeners.add(onOpen);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted === true) onAbort();
    });
  }

  /** Asks until somebody answers, the answer is final, or nobody waits for it. */
  async #ask(gated: Gated, gate: Gate, probe: Probe): Promise<void> {
    const { env, view } = this.#context;
    const { name, generation } = gated.group;
    let waitMs = FIRST_WAIT_MS;
    do {
      const changed = await this.#wait(gated, waitMs * (0.5 + env.random.next()));
      waitMs = changed ? FIRST_WAIT_MS : Math.min(MAX_WAIT_MS, waitMs * 2);
      try {
        return await probe(new Deadline(env.clock, PROBE_MS));
      } catch (error) {
        gate.lastError = asCoppiceError(error);
        this.#noteFailure(gated, gate.lastError);
      }
    } while (gate.waiting > 0 && gate.lastError.retryable && view.group(name)?.generation === generation);
  }

  #release(listeners: readonly (() => void)[]): void {
    for (const listener of listeners.slice(0, RELEASED_AT_ONCE)) listener();
    const later = listeners.slice(RELEASED_AT_ONCE);
    if (later.length > 0) this.#context.env.clock.after(RELEASE_EVERY_MS, () => this.#release(later));
  }

  #noteFailure({ group, shard }: Gated, error: CoppiceError): void {
    if (isCoppiceError(error, 'NO_RESPONDERS')) this.#doubts.tell(group, shard);
  }

  /** Waits, or until the shard's lease goes to another, who will serve in a moment: then true. */
  async #wait({ group, shard }: Gated, ms: number): Promise<boolean> {
    const key = leaseKey(group, shard);
    return new Promise((resolve) => {
      const finish = (changed: boolean): void => {
        stop();
        cancel();
        resolve(changed);
      };
      const cancel = this.#context.env.clock.after(ms, () => finish(false));
      const stop = this.#context.view.onChange((changed) => {
        if (changed === key) finish(true);
      });
    });
  }
}
