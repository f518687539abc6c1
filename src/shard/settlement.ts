/** Work that must end before a copy counts as closed: answers under way, a handover, a last save. */
import type { Clock } from '../env.ts';

/** What has to end. */
export class Settlement {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  #settled: Promise<void> = Promise.resolve();

  /** @param onError Told what work failed with. */
  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Rejects with what any of it failed with. */
  get done(): Promise<void> {
    return this.#settled;
  }

  /** Remembers work. */
  add(work: Promise<void> | undefined): void {
    if (work === undefined) return;
    const before = this.#settled;
    this.#settled = Promise.all([before, work]).then(() => {});
    this.#settled.catch(this.#onError);
  }

  /** Resolves when all has ended, however, or has taken longer than `withinMs`. */
  async letGo(withinMs: number): Promise<void> {
    let cancel = (): void => {};
    const tooLong = new Promise<void>((resolve) => {
      cancel = this.#clock.after(withinMs, resolve);
    });
    // What failed was told.
    await Promise.race([this.#settled.catch(() => {}), tooLong]);
    cancel();
  }
}
