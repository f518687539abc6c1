/**
 * Tells the copies of a shard that nobody serves its primary's subject, so that they look at once instead of at the
 * next of their own looks. A doubt is evidence, never proof: it costs a needless one two pings.
 */
import type { ClusterContext } from '../cluster/context.ts';
import { groupToken } from '../wire/names.ts';
import type { GroupRecord } from '../wire/records.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';

/** One shard is told of so often at most, however many writes wait for it. */
const APART_MS = 50;
/** Beyond so many shards the times of old are forgotten: at worst one is told of twice. */
const MANY = 1_024;
const NOTHING = new Uint8Array(0);

/** Publishes doubts. */
export class DoubtTeller {
  readonly #context: ClusterContext;
  readonly #toldMs = new Map<string, number>();

  constructor(context: ClusterContext) {
    this.#context = context;
  }

  /** Tells a shard's copies, unless that was done a moment ago or the link is down. */
  tell(group: GroupRecord, shard: number): void {
    const { cluster, bus, env } = this.#context;
    const subject = fill(SUBJECTS.doubt, { cluster, group: groupToken(group.name, group.generation), shard });
    const nowMs = env.clock.nowMs();
    if (!bus.link.up || nowMs - (this.#toldMs.get(subject) ?? Number.NEGATIVE_INFINITY) < APART_MS) return;
    if (this.#toldMs.size >= MANY) this.#toldMs.clear();
    this.#toldMs.set(subject, nowMs);
    bus.publish(subject, NOTHING);
  }
}
