/**
 * Keeps the depot tidy: removes the checkpoints of groups that were deleted while none of their leaves ran, and what
 * uploads have left that died. Every host with a depot does it; that several do costs nothing.
 */
import type { Closeable } from '../bus/bus.ts';
import type { Depot } from '../bus/depot.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { goneKey } from '../cluster/view.ts';
import type { Cancel } from '../env.ts';
import { asCoppiceError, isCoppiceError } from '../errors.ts';

/** When the keeper works, in milliseconds. */
export type KeeperTimes = {
  /** From one look for deleted groups to the next. */
  readonly lookMs: number;
  /** A deleted group is looked for until nothing was found for so long: a primary may be in the middle of an upload. */
  readonly quietMs: number;
  /** From one sweep for dead uploads to the next, and how old these must be. */
  readonly sweepMs: number;
};

const HOUR_MS = 3_600_000;
const TIMES: KeeperTimes = { lookMs: 30_000, quietMs: 600_000, sweepMs: HOUR_MS };
/** A cluster without any depot forgets of its own accord. */
const FORGOTTEN_MS = 30 * 24 * HOUR_MS;

/** Keeps the depot of a host; without one it drops entries that are very old. */
export class DepotKeeper implements Closeable {
  readonly #context: ClusterContext;
  readonly #depot: Depot | undefined;
  readonly #times: KeeperTimes;
  /** Since when nothing was found of a generation, by one's own clock. */
  readonly #quietSinceMs = new Map<string, number>();
  #next: Cancel | undefined;
  #sweepAtMs: number;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(context: ClusterContext, times: Partial<KeeperTimes> = {}) {
    this.#context = context;
    this.#depot = context.checkpoints?.depot;
    this.#times = { ...TIMES, ...times };
    this.#sweepAtMs = context.env.clock.nowMs() + this.#spread(this.#times.sweepMs);
  }

  start(): void {
    this.#lookLater();
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#next?.();
    await this.#running;
  }

  #lookLater(): void {
    if (this.#closed) return;
    const { clock } = this.#context.env;
    this.#next = clock.after(this.#spread(this.#times.lookMs), () => {
      this.#running = this.#look().finally(() => this.#lookLater());
    });
  }

  /** Hosts do not all look at once. */
  #spread(ms: number): number {
    return ms * (0.5 + this.#context.env.random.next() / 2);
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { view, bus, report } = this.#context;
    if (!bus.link.up) return;
    for (const generation of this.#quietSinceMs.keys())
      if (!view.gone.has(generation)) this.#quietSinceMs.delete(generation);
    try {
      for (const generation of [...view.gone.keys()]) await this.#clear(generation);
      await this.#sweep();
    } catch (error) {
      report('info', 'depot not tidied up', { error: asCoppiceError(error).message });
    }
  }

  async #clear(generation: string): Promise<void> {
    const entry = this.#context.view.gone.get(generation);
    if (entry === undefined) return;
    const { clock } = this.#context.env;
    const { group, deletedMs } = entry.value;
    const names = (await this.#depot?.list(`${generation}/`)) ?? [];
    for (const name of names) {
      if (this.#closed) return;
      await this.#depot?.delete(name);
    }
    if (names.length > 0)
      this.#context.report('info', 'files of a deleted group removed', { group, count: names.length });
    const sinceMs = names.length > 0 ? undefined : this.#quietSinceMs.get(generation);
    this.#quietSinceMs.set(generation, sinceMs ?? clock.nowMs());
    const isQuiet =
      this.#depot !== undefined && sinceMs !== undefined && clock.nowMs() - sinceMs >= this.#times.quietMs;
    if (isQuiet || clock.wallMs() - deletedMs >= FORGOTTEN_MS) await this.#forget(generation, entry.revision);
  }

  async #forget(generation: string, revision: number): Promise<void> {
    try {
      await this.#context.registry.delete(goneKey(generation), revision);
    } catch (error) {
      // Another was faster.
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
    }
  }

  async #sweep(): Promise<void> {
    const { env, report } = this.#context;
    const nowMs = env.clock.nowMs();
    if (this.#depot === undefined || nowMs < this.#sweepAtMs) return;
    this.#sweepAtMs = nowMs + this.#spread(this.#times.sweepMs);
    const count = await this.#depot.sweep(this.#times.sweepMs);
    if (count > 0) report('info', 'dead uploads removed', { count });
  }
}
