/**
 * A placement while `placement.ts` works on it: one method per rule, called in order, each leaving what the earlier
 * ones made as sound as it found it.
 */
import {
  countCopies,
  type LeafInfo,
  type Move,
  type PlacementInput,
  type ShardPlacement,
  settledCopies,
} from './group-placement.ts';

/**
 * `fresh` copies were added by this very call: nothing is lost by putting them elsewhere. `dropped` ones were given up
 * by it: their leaves hold them still, and take them back at no cost.
 */
type DraftShard = {
  readonly shard: number;
  copies: string[];
  move: Move | undefined;
  readonly fresh: Set<string>;
  readonly dropped: Set<string>;
};
type Shift = { readonly from: LeafInfo; readonly to: LeafInfo };

/** Leaves that differ by fewer copies are balanced. */
const IMBALANCE = 2;

/** The shards of one group, while they are changed. */
export class PlacementDraft {
  readonly #input: PlacementInput;
  readonly #shards: readonly DraftShard[];
  /** Live leaves that can hold copies of the group, by name. */
  readonly #usable: ReadonlyMap<string, LeafInfo>;
  /** Those of them that may be given new copies, by name in order. */
  readonly #eligible: readonly LeafInfo[];
  /** Copies of this group on each leaf, moves made. */
  readonly #own: Map<string, number>;
  #shiftCount = 0;

  constructor(input: PlacementInput) {
    this.#input = input;
    const { generation, requires, shards } = input.group;
    const usable = input.leaves.filter(({ provides }) => provides.includes(requires));
    this.#usable = new Map(usable.map((leaf) => [leaf.name, leaf]));
    this.#eligible = usable.filter(({ draining }) => !draining).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const known = input.current?.generation === generation ? input.current.shards : [];
    this.#shards = shards.map((shard) =>
      draftOf(
        shard,
        known.find((placement) => placement.shard === shard),
      ),
    );
    this.#own = countCopies(this.shards());
  }

  /** What the draft has become. */
  shards(): readonly ShardPlacement[] {
    return this.#shards.map(({ shard, copies, move }) =>
      move === undefined ? { shard, copies } : { shard, copies, move },
    );
  }

  /** Finishes moves whose new copy is ready or whose old one is lost; calls off those that lead nowhere. */
  settleMoves(): void {
    for (const draft of this.#shards) {
      const { move } = draft;
      if (move === undefined) continue;
      if (this.#isReady(draft, move.to) || !this.#usable.has(move.from)) this.#finishMove(draft, move);
      else if (!this.#isEligible(move.to)) this.#cancelMove(draft, move);
    }
  }

  /** Gives up copies beyond the number wanted, the most dispensable first. */
  dropSurplus(): void {
    for (const draft of this.#shards) {
      while (draft.copies.length > this.#input.group.copies) {
        const [victim] = this.#leastWorthFirst(draft);
        if (victim === undefined) break;
        if (draft.move?.from === victim) this.#cancelMove(draft, draft.move);
        draft.copies = [...without(draft.copies, victim)];
        draft.dropped.add(victim);
        this.#count(victim, -1);
      }
    }
  }

  /** Gives the copies of leaves that are away to others, where there are any. */
  replaceLost(): void {
    for (const draft of this.#shards) {
      for (const lost of draft.copies.filter((leaf) => !this.#usable.has(leaf))) {
        const others = draft.copies.filter((leaf) => leaf !== lost);
        const heir = this.#pickLeaf(draft, others);
        if (heir === undefined) break;
        draft.copies = others;
        this.#count(lost, -1);
        this.#addCopy(draft, heir);
      }
    }
  }

  /** Adds copies up to the number wanted: to every shard one, then to every shard another. A move under way gives the first. */
  fillUp(): void {
    for (let wanted = 1; wanted <= this.#input.group.copies; wanted++) {
      for (const draft of this.#shards) {
        if (draft.copies.length >= wanted) continue;
        const leaf = draft.move === undefined ? this.#pickLeaf(draft, draft.copies) : undefined;
        if (leaf !== undefined) this.#addCopy(draft, leaf);
        if (draft.move !== undefined) this.#keepBoth(draft, draft.move);
      }
    }
  }

  /** Moves copies away from draining leaves. Like the rules below, returns whether it changed anything. */
  leaveDraining(): boolean {
    const before = this.#shiftCount;
    for (const draft of this.#movable()) {
      const from = draft.copies.map((leaf) => this.#usable.get(leaf)).find((leaf) => leaf?.draining === true);
      const to = from && this.#pickLeaf(draft, without(draft.copies, from.name));
      if (from !== undefined && to !== undefined) this.#shift(draft, { from, to });
    }
    return this.#shiftCount > before;
  }

  /** Moves copies out of zones that hold others of their shard, into zones that hold fewer. */
  spreadZones(): boolean {
    const before = this.#shiftCount;
    for (const draft of this.#movable()) {
      for (const name of draft.copies.toReversed()) {
        const from = this.#usable.get(name);
        const others = without(draft.copies, name);
        const to = this.#pickLeaf(draft, others);
        if (from === undefined || to === undefined || this.#neighbours(others, to) >= this.#neighbours(others, from))
          continue;
        this.#shift(draft, { from, to });
        if (draft.move !== undefined) break;
      }
    }
    return this.#shiftCount > before;
  }

  /** Moves copies from fuller leaves to emptier ones, by this group's copies, then by all; never at a zone's cost. */
  balance(): boolean {
    const before = this.#shiftCount;
    while (
      this.#shiftOne(
        (leaf) => this.#ownOf(leaf.name),
        () => true,
      )
    );
    while (
      this.#shiftOne(
        (leaf) => this.#total(leaf.name),
        ({ from, to }) => this.#ownOf(from.name) > this.#ownOf(to.name),
      )
    );
    return this.#shiftCount > before;
  }

  /** Prefers other primaries where a leaf drains, or is preferred by two more shards than another that can lead as well. */
  spreadPrimaries(): void {
    const counts = new Map<string, number>();
    for (const draft of this.#shards) bump(counts, settledCopies(draft)[0], 1);
    for (let changed = true; changed; ) {
      changed = false;
      for (const draft of this.#movable()) changed = this.#preferAnother(draft, counts) || changed;
    }
  }

  #preferAnother(draft: DraftShard, counts: Map<string, number>): boolean {
    const [first, ...others] = draft.copies;
    if (first === undefined || !this.#usable.has(first)) return false;
    const countOf = (leaf: string): number => counts.get(leaf) ?? 0;
    const able = others.filter(
      (leaf) => this.#isEligible(leaf) && (this.#isReady(draft, leaf) || !this.#isReady(draft, first)),
    );
    const [best] = able.toSorted((a, b) => countOf(a) - countOf(b));
    if (best === undefined || (this.#isEligible(first) && countOf(first) - countOf(best) < IMBALANCE)) return false;
    draft.copies = [best, ...without(draft.copies, best)];
    bump(counts, first, -1);
    bump(counts, best, 1);
    return true;
  }

  /** Shifts one copy between the two leaves that differ most and allow it. Each shift lessens the sum of squared weights. */
  #shiftOne(weight: (leaf: LeafInfo) => number, allows: (shift: Shift) => boolean): boolean {
    const rising = this.#eligible.toSorted((a, b) => weight(a) - weight(b));
    for (const from of rising.toReversed()) {
      for (const to of rising) {
        if (weight(from) - weight(to) < IMBALANCE) break;
        const draft = allows({ from, to }) ? this.#pickShard({ from, to }) : undefined;
        if (draft === undefined) continue;
        this.#shift(draft, { from, to });
        return true;
      }
    }
    return false;
  }

  /** The shard that changes leaves most cheaply: without building a copy, then without moving a preferred primary. */
  #pickShard({ from, to }: Shift): DraftShard | undefined {
    const candidates = this.#movable().filter(({ copies }) => {
      const others = without(copies, from.name);
      if (others.length === copies.length || copies.includes(to.name)) return false;
      return this.#neighbours(others, to) <= this.#neighbours(others, from);
    });
    const builds = ({ fresh, dropped }: DraftShard): boolean => !fresh.has(from.name) && !dropped.has(to.name);
    const cost = (draft: DraftShard): number => (builds(draft) ? 2 : 0) + (draft.copies[0] === from.name ? 1 : 0);
    return candidates.toSorted((a, b) => cost(a) - cost(b))[0];
  }

  /** The best leaf for one more copy: few neighbours in its zone, few copies of the group, few of all. */
  #pickLeaf(draft: DraftShard, others: readonly string[]): LeafInfo | undefined {
    const free = this.#eligible.filter(({ name }) => !draft.copies.includes(name) && draft.move?.to !== name);
    return free.toSorted(
      (a, b) =>
        this.#neighbours(others, a) - this.#neighbours(others, b) ||
        this.#ownOf(a.name) - this.#ownOf(b.name) ||
        this.#total(a.name) - this.#total(b.name),
    )[0];
  }

  #addCopy(draft: DraftShard, { name }: LeafInfo): void {
    draft.copies = [...draft.copies, name];
    draft.fresh.add(name);
    this.#count(name, 1);
  }

  #shift(draft: DraftShard, { from, to }: Shift): void {
    this.#shiftCount++;
    this.#count(from.name, -1);
    this.#count(to.name, 1);
    const move = { from: from.name, to: to.name };
    const wasFresh = draft.fresh.delete(from.name);
    const wasDropped = this.#isReady(draft, to.name) && draft.dropped.delete(to.name);
    if (!wasFresh && !wasDropped) {
      draft.move = move;
      return;
    }
    draft.copies = [...settledCopies({ copies: draft.copies, move })];
    if (!wasFresh) draft.dropped.add(from.name);
    if (!wasDropped) draft.fresh.add(to.name);
  }

  #finishMove(draft: DraftShard, move: Move): void {
    draft.copies = [...settledCopies(draft)];
    draft.move = undefined;
    draft.dropped.add(move.from);
    if (this.#isReady(draft, move.to)) return;
    draft.copies = [...without(draft.copies, move.to), move.to];
  }

  #cancelMove(draft: DraftShard, { from, to }: Move): void {
    draft.move = undefined;
    this.#count(to, -1);
    this.#count(from, 1);
  }

  #keepBoth(draft: DraftShard, { from, to }: Move): void {
    draft.move = undefined;
    draft.copies = [...draft.copies, to];
    this.#count(from, 1);
  }

  #movable(): readonly DraftShard[] {
    return this.#shards.filter(({ move }) => move === undefined);
  }

  /** Copies that are worth the same go by neighbours in their zone, by the fullness of their leaf, and by place, the first last. */
  #leastWorthFirst(draft: DraftShard): readonly string[] {
    const crowd = (name: string): number => {
      const leaf = this.#usable.get(name);
      return leaf === undefined ? 0 : this.#neighbours(without(draft.copies, name), leaf);
    };
    return draft.copies
      .toReversed()
      .toSorted(
        (a, b) =>
          this.#worth(draft, a) - this.#worth(draft, b) ||
          crowd(b) - crowd(a) ||
          this.#ownOf(b) - this.#ownOf(a) ||
          this.#total(b) - this.#total(a),
      );
  }

  /** How much would be lost with a copy. */
  #worth(draft: DraftShard, leaf: string): number {
    if (!this.#usable.has(leaf)) return 0;
    if (!this.#isReady(draft, leaf)) return 1;
    return this.#isEligible(leaf) ? 3 : 2;
  }

  /** How many of the leaves named are in the zone of `leaf`. */
  #neighbours(names: readonly string[], leaf: LeafInfo): number {
    return names.filter((name) => this.#usable.get(name)?.zone === leaf.zone).length;
  }

  #isEligible(leaf: string): boolean {
    return this.#usable.get(leaf)?.draining === false;
  }

  #isReady({ shard }: DraftShard, leaf: string): boolean {
    return this.#usable.has(leaf) && this.#input.isReady(shard, leaf);
  }

  #ownOf(leaf: string): number {
    return this.#own.get(leaf) ?? 0;
  }

  #total(leaf: string): number {
    return this.#ownOf(leaf) + (this.#input.loads.get(leaf) ?? 0);
  }

  #count(leaf: string, difference: number): void {
    bump(this.#own, leaf, difference);
  }
}

function draftOf(shard: number, current: ShardPlacement | undefined): DraftShard {
  return { shard, copies: [...(current?.copies ?? [])], move: current?.move, fresh: new Set(), dropped: new Set() };
}

function without(names: readonly string[], name: string): readonly string[] {
  return names.filter((other) => other !== name);
}

function bump(counts: Map<string, number>, name: string | undefined, difference: number): void {
  if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + difference);
}
