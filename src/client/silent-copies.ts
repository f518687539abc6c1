/**
 * Which copies do not answer though they are there: a leaf that is stopped, or a worker that is stuck, takes its share
 * of a queue group's requests and is silent. Each of them costs the wait for the hedge, so such a copy is passed over,
 * a breaker per copy, until it may answer again.
 *
 * A request that went to the queue group does not tell who was silent. It has the shard watched for a while: its
 * requests go to single copies by name then, which answer or do not.
 */
import type { Membership } from '../cluster/membership.ts';
import type { Clock } from '../env.ts';

/** One copy, where it matters which. */
export type CopyPlace = { readonly leaf: string; readonly shard: string };

/** So many unanswered requests on end make a copy silent. One may be bad luck: a hedge comes early. */
const MISSES = 3;
/** A silent copy is passed over for so long, and until its leaf is heard again. */
const BREAK_MS = 1_000;
const WATCH_MS = 1_000;
/** Beyond so many entries all are forgotten, breakers in force as well: at worst silent copies are found out once more. */
const MANY = 1_024;

type Misses = { misses: number; brokenAtMs: number | undefined };

/** The breakers of one root. */
export class SilentCopies {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #membership: Pick<Membership, 'pulseOf'>;
  readonly #copies = new Map<string, Misses>();
  readonly #watchedUntilMs = new Map<string, number>();

  constructor(clock: Pick<Clock, 'nowMs'>, membership: Pick<Membership, 'pulseOf'>) {
    this.#clock = clock;
    this.#membership = membership;
  }

  /** Whether requests to this shard should name their copy. `shard` is its group's token and its number. */
  isWatched(shard: string): boolean {
    return (this.#watchedUntilMs.get(shard) ?? Number.NEGATIVE_INFINITY) > this.#clock.nowMs();
  }

  /** A request to the shard's queue group was not answered when another copy had answered it. */
  watch(shard: string): void {
    if (this.#watchedUntilMs.size >= MANY) this.#watchedUntilMs.clear();
    this.#watchedUntilMs.set(shard, this.#clock.nowMs() + WATCH_MS);
  }

  /** Whether a copy is to be passed over. One that may answer again is let through, and is silent again if it does not. */
  isSilent(place: CopyPlace): boolean {
    const record = this.#copies.get(keyOf(place));
    if (record?.brokenAtMs === undefined) return false;
    const heardMs = this.#membership.pulseOf(place.leaf)?.atMs ?? Number.NEGATIVE_INFINITY;
    if (this.#clock.nowMs() - record.brokenAtMs < BREAK_MS || heardMs < record.brokenAtMs) return true;
    record.brokenAtMs = undefined;
    record.misses = MISSES - 1;
    return false;
  }

  /** A request to this very copy was not answered when another had answered it. */
  noteSilent(place: CopyPlace): void {
    const key = keyOf(place);
    if (this.#copies.size >= MANY) this.#copies.clear();
    const record = this.#copies.get(key) ?? { misses: 0, brokenAtMs: undefined };
    record.misses += 1;
    if (record.misses >= MISSES) record.brokenAtMs ??= this.#clock.nowMs();
    this.#copies.set(key, record);
    this.watch(place.shard);
  }

  /** A request to this very copy was answered. */
  noteAnswered(place: CopyPlace): void {
    this.#copies.delete(keyOf(place));
  }
}

function keyOf({ leaf, shard }: CopyPlace): string {
  return `${shard}/${leaf}`;
}
