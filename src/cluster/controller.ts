/**
 * Decides placement. Every root runs a candidate; one holds the seat in the registry and renews it. Two that believe
 * to hold it do no harm: each write is a compare-and-set.
 */

import { shardsOf } from '../actor/slots.ts';
import type { Closeable } from '../bus/bus.ts';
import type { RegistryEntry } from '../bus/registry.ts';
import type { Cancel } from '../env.ts';
import { asCoppiceError, isCoppiceError } from '../errors.ts';
import { nameToToken } from '../wire/names.ts';
import { ControllerRecord, type GroupRecord, LeafRecord, parseRecord, SERVING_STATES } from '../wire/records.ts';
import { REGISTRY_KEYS } from '../wire/subjects.ts';
import type { ClusterContext } from './context.ts';
import { countCopies } from './group-placement.ts';
import { finishDeletion } from './groups.ts';
import { type GroupPlacement, type LeafInfo, placeGroup, type ShardPlacement } from './placement.ts';
import { placementKey } from './view.ts';

const TICK_MS = 400;
/** A seat not renewed for so long is taken over. */
const SEAT_TIMEOUT_MS = 3_000;
/** A leaf of which nothing was heard for so long gets no new copies. */
const LEAF_SILENCE_MS = 3_000;
/** A leaf gone for less is expected back, and keeps its copies. */
export const LEAF_GRACE_MS = 10_000;
/** A deletion that its root did not finish is finished for it. */
const DELETION_GRACE_MS = 5_000;

/** A leaf's entry; `entryMs` is when it was last refreshed. */
type KnownLeaf = { readonly info: LeafInfo; readonly entryMs: number; goneSinceMs: number | undefined };

/** A candidate for the seat. */
export class Controller implements Closeable {
  readonly #context: ClusterContext;
  readonly #id: string;
  readonly #leaves = new Map<string, KnownLeaf>();
  readonly #deletingSinceMs = new Map<string, number>();
  #seat: { beat: number; owner: string; seenAtMs: number } | undefined;
  #watch: Closeable | undefined;
  #stopListening: () => void = () => {};
  #tick: Cancel | undefined;
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #closed = false;

  constructor(context: ClusterContext) {
    this.#context = context;
    this.#id = context.env.random.id();
  }

  /** Whether this candidate holds the seat, as far as it knows. */
  get presides(): boolean {
    return this.#seat?.owner === this.#id;
  }

  /** Begins to stand for the seat. */
  async start(): Promise<void> {
    this.#watch = await this.#context.leaves.watch('', ({ key, value }) => this.#takeLeaf(key, value));
    this.#stopListening = this.#context.view.onChange((key) => {
      if (key.startsWith('group.') && this.presides) this.#schedule(0);
    });
    this.#schedule(0);
  }

  /** Gives the seat back, if it holds it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#tick?.();
    this.#stopListening();
    await this.#watch?.close();
    await this.#running;
    if (this.presides) await this.#leaveSeat();
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#tick?.();
    this.#tick = this.#context.env.clock.after(delayMs, () => {
      this.#schedule(TICK_MS);
      if (this.#busy) return;
      this.#busy = true;
      this.#running = this.#turn()
        .catch((error: unknown) =>
          this.#context.report('warn', 'placement turn failed', { error: asCoppiceError(error).message }),
        )
        .finally(() => (this.#busy = false));
    });
  }

  async #turn(): Promise<void> {
    if (!this.#context.bus.link.up) return;
    await this.#holdSeat();
    if (!this.presides || this.#closed) return;
    const groups = [...this.#context.view.groups.values()].map(({ value }) => value);
    for (const group of groups) await this.#tend(group);
    for (const key of this.#deletingSinceMs.keys())
      if (!groups.some((group) => lifeOf(group) === key)) this.#deletingSinceMs.delete(key);
  }

  /** One group's trouble is not the others'. */
  async #tend(group: GroupRecord): Promise<void> {
    if (group.restoring !== undefined && group.deleting !== true) return;
    try {
      await (group.deleting === true ? this.#finishDeletion(group) : this.#place(group));
    } catch (error) {
      if (isCoppiceError(error, 'CONFLICT')) return;
      const { message } = asCoppiceError(error);
      this.#context.report('warn', 'group not placed', { group: group.name, error: message });
    }
  }

  /** Takes the seat if it is free or abandoned, renews it if it is ours. */
  async #holdSeat(): Promise<void> {
    const { registry, env, report } = this.#context;
    const entry = await registry.get(REGISTRY_KEYS.controller);
    const nowMs = env.clock.nowMs();
    const held = entry === undefined ? undefined : parseRecord(ControllerRecord, entry.value, entry.key);
    if (held !== undefined && (held.owner !== this.#seat?.owner || held.beat !== this.#seat.beat)) {
      this.#seat = { ...held, seenAtMs: nowMs };
    }
    const abandoned = this.#seat !== undefined && nowMs - this.#seat.seenAtMs > SEAT_TIMEOUT_MS;
    if (held !== undefined && held.owner !== this.#id && held.owner !== '' && !abandoned) return;
    const { pid, hostname: host } = env.machine;
    const mine: ControllerRecord = { owner: this.#id, beat: (held?.beat ?? 0) + 1, pid, host };
    if (!(await this.#writeSeat(entry, mine))) return;
    if (held?.owner !== this.#id) report('info', 'controller seat taken', { from: held?.owner ?? '' });
    this.#seat = { ...mine, seenAtMs: nowMs };
  }

  async #writeSeat(entry: RegistryEntry | undefined, seat: ControllerRecord): Promise<boolean> {
    const { registry } = this.#context;
    try {
      if (entry === undefined) await registry.create(REGISTRY_KEYS.controller, seat);
      else await registry.update(REGISTRY_KEYS.controller, seat, entry.revision);
      return true;
    } catch (error) {
      if (isCoppiceError(error, 'CONFLICT')) return false;
      throw error;
    }
  }

  async #leaveSeat(): Promise<void> {
    try {
      const entry = await this.#context.registry.get(REGISTRY_KEYS.controller);
      if (entry === undefined || parseRecord(ControllerRecord, entry.value, entry.key).owner !== this.#id) return;
      await this.#writeSeat(entry, { owner: '', beat: 0 });
    } catch (error) {
      this.#context.report('info', 'controller seat not given back', { error: asCoppiceError(error).message });
    }
  }

  #takeLeaf(key: string, value: unknown): void {
    const known = this.#leaves.get(key);
    const entryMs = this.#context.env.clock.nowMs();
    if (value === undefined) {
      if (known !== undefined) known.goneSinceMs ??= entryMs;
      return;
    }
    try {
      const { name, zone, provides, draining } = parseRecord(LeafRecord, value, key);
      this.#leaves.set(key, { info: { name, zone, provides, draining }, entryMs, goneSinceMs: undefined });
    } catch (error) {
      return this.#context.report('error', 'leaf entry ignored', { key, error: asCoppiceError(error).message });
    }
    if (known === undefined && this.presides) this.#schedule(0);
  }

  async #place(group: GroupRecord): Promise<void> {
    const { view, registry, membership } = this.#context;
    const present = view.placements.get(group.name);
    const current = present?.value.generation === group.generation ? present.value : undefined;
    const copies = membership.copiesOf(group);
    const leaves = this.#expectedLeaves();
    const away = new Set(leaves.filter((leaf) => this.#isAway(leaf)).map(({ info }) => info.name));
    const held = current?.shards ?? [];
    const next = placeGroup({
      group: {
        generation: group.generation,
        requires: group.requires,
        shards: shardsOf(group.slots),
        copies: group.copies,
      },
      leaves: leaves
        .map(({ info }) => info)
        .filter(({ name }) => !away.has(name) || held.some((one) => holds(one, name))),
      ...(current === undefined ? {} : { current }),
      loads: this.#loadsOfOthers(group),
      isReady: (shard, leaf) =>
        !away.has(leaf) &&
        copies.some((copy) => copy.shard === shard && copy.leaf === leaf && SERVING_STATES.has(copy.state)),
    });
    const placement = withoutNewOn(away, next, held);
    if (placement === undefined) return;
    const key = placementKey(group.name);
    if (present === undefined) await registry.create(key, placement);
    else await registry.update(key, placement, present.revision);
  }

  /** Leaves that are up, or gone for so short a time that they are expected back. */
  #expectedLeaves(): readonly KnownLeaf[] {
    const nowMs = this.#context.env.clock.nowMs();
    for (const [key, { goneSinceMs }] of this.#leaves) {
      if (goneSinceMs !== undefined && nowMs - goneSinceMs > LEAF_GRACE_MS) this.#leaves.delete(key);
    }
    return [...this.#leaves.values()];
  }

  /** Gone, or silent while others are heard: such a leaf keeps its copies for a while, but is given none. */
  #isAway({ info, entryMs, goneSinceMs }: KnownLeaf): boolean {
    if (goneSinceMs !== undefined) return true;
    const { membership, env } = this.#context;
    const lastSignMs = Math.max(entryMs, membership.pulseOf(info.name)?.atMs ?? 0);
    return env.clock.nowMs() - lastSignMs > LEAF_SILENCE_MS && membership.silenceMs() < LEAF_SILENCE_MS;
  }

  #loadsOfOthers(group: GroupRecord): ReadonlyMap<string, number> {
    const loads = new Map<string, number>();
    for (const [name, { value }] of this.#context.view.placements) {
      if (name === group.name) continue;
      for (const [leaf, copies] of countCopies(value.shards)) loads.set(leaf, (loads.get(leaf) ?? 0) + copies);
    }
    return loads;
  }

  async #finishDeletion(group: GroupRecord): Promise<void> {
    const key = lifeOf(group);
    const nowMs = this.#context.env.clock.nowMs();
    const sinceMs = this.#deletingSinceMs.get(key) ?? nowMs;
    this.#deletingSinceMs.set(key, sinceMs);
    if (nowMs - sinceMs < DELETION_GRACE_MS) return;
    this.#deletingSinceMs.delete(key);
    await finishDeletion(this.#context, group);
  }
}

function lifeOf(group: GroupRecord): string {
  return `${nameToToken(group.name)}/${group.generation}`;
}

function holds({ copies, move }: ShardPlacement, leaf: string): boolean {
  return copies.includes(leaf) || move?.to === leaf;
}

/** The placement without copies that leaves which are away would get anew; undefined if that changes nothing. */
function withoutNewOn(
  away: ReadonlySet<string>,
  next: GroupPlacement,
  held: readonly ShardPlacement[],
): GroupPlacement | undefined {
  const shards = next.shards.map((shard) => {
    const before = held.find((one) => one.shard === shard.shard);
    const mayHold = (leaf: string): boolean => !away.has(leaf) || (before !== undefined && holds(before, leaf));
    const { move, copies } = shard;
    const kept = { shard: shard.shard, copies: copies.filter(mayHold) };
    return move !== undefined && mayHold(move.to) ? { ...kept, move } : kept;
  });
  const same = held.length > 0 && JSON.stringify(shards) === JSON.stringify(held);
  return same ? undefined : { ...next, shards };
}
