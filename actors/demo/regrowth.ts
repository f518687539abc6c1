/** Tells how the copies of a leaf that was killed come back, one line for each thing that changes. */
import type { ClusterState, CopyState } from '../cli/cluster-state.ts';
import { showCount } from '../cli/quantity.ts';

/** Share of the log after which a copy that replays is told of again. */
const STEP = 0.25;

/** A leaf that was killed, and the process that it was. */
export type Victim = { readonly leaf: string; readonly pid: number };

/** Watches one leaf. */
export class Regrowth {
  readonly #index: string;
  readonly #victim: Victim;
  readonly #say: (line: string) => void;
  readonly #told = new Map<string, string>();

  constructor({ index, victim, say }: { index: string; victim: Victim; say: (line: string) => void }) {
    this.#index = index;
    this.#victim = victim;
    this.#say = say;
  }

  /** Takes a state of the cluster, and tells what is new in it. Returns whether the leaf lives again. */
  look({ indices, leaves }: ClusterState): boolean {
    const { leaf, pid } = this.#victim;
    // Until the new process has been heard, the dead one's last words stand in the state.
    const isBack = leaves.some((one) => one.name === leaf && one.pid !== pid && typeof one.load === 'number');
    for (const { name, shards } of indices) {
      if (name !== this.#index) continue;
      for (const { shard, copies } of shards)
        for (const copy of copies) if (isBack || copy.leaf !== leaf) this.#lookAt(shard, copy);
    }
    return isBack;
  }

  #lookAt(shard: number, copy: CopyState): void {
    const key = `${copy.leaf}/${shard}`;
    const share = copy.last_seq === 0 ? 0 : copy.seq / copy.last_seq;
    const now = copy.state === 'replaying' ? `replaying ${Math.floor(share / STEP)}` : copy.state;
    const before = this.#told.get(key);
    if (before === now) return;
    this.#told.set(key, now);
    // Of the others only what changes is news.
    if (before === undefined && copy.leaf !== this.#victim.leaf) return;
    const progress = copy.state === 'replaying' ? ` (${Math.floor(share * 100)} % of the log)` : '';
    this.#say(
      `shard ${shard} on ${copy.leaf}: ${copy.state}${progress}${copy.docs === 0 ? '' : `, ${showCount(copy.docs)} documents`}`,
    );
  }
}
