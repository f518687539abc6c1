/** A random walk over placements: what leaves and copies may go through, and what must hold at every step. */
import * as assert from 'uvu/assert';
import {
  countCopies,
  type GroupPlacement,
  type LeafInfo,
  type PlacementInput,
  type ShardPlacement,
} from '../../src/cluster/group-placement.ts';
import { placeGroup } from '../../src/cluster/placement.ts';
import { Seeded } from '../support/seeded.ts';

/** A cluster that changes at random while copies become ready in their own time. */
export class PlacementWalk {
  readonly #random: Seeded;
  readonly #seed: number;
  readonly #leaves = new Map<string, LeafInfo>();
  readonly #ready = new Set<string>();
  readonly #loads = new Map<string, number>();
  #copies: number;
  readonly #shards: readonly number[];
  #current: GroupPlacement | undefined;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Seeded(seed);
    this.#copies = 1 + this.#random.below(3);
    this.#shards = Array.from({ length: 1 + this.#random.below(9) }, (_, shard) => shard);
    for (let join = 0; join < 4; join++) this.#join();
  }

  run(stepCount: number): void {
    for (let step = 0; step < stepCount; step++) {
      this.#disturb();
      this.#place();
      this.#makeReady(0.5);
      if (step % 8 === 7) this.#comeToRest();
    }
  }

  #disturb(): void {
    const names = [...this.#leaves.keys()];
    const name = names.length > 0 ? this.#random.pick(names) : undefined;
    const present = name === undefined ? undefined : this.#leaves.get(name);
    const dice = this.#random.below(10);
    if (dice < 3 || present === undefined) this.#join();
    else if (dice < 5) this.#leave(present.name);
    else if (dice < 6) this.#leaves.set(present.name, { ...present, draining: !present.draining });
    else if (dice < 7) this.#copies = 1 + this.#random.below(4);
    else if (dice < 8) this.#loads.set(present.name, this.#random.below(5));
  }

  #join(): void {
    const name = `n${this.#random.below(9)}`;
    if (this.#leaves.has(name)) return;
    const provides = this.#random.below(8) === 0 ? [] : ['group:x'];
    const zone = this.#seed % 2 === 0 ? '' : `z${Number(name.slice(1)) % 3}`;
    this.#leaves.set(name, { name, zone, provides, draining: this.#random.below(8) === 0 });
  }

  #leave(name: string): void {
    this.#leaves.delete(name);
    for (const shard of this.#shards) this.#ready.delete(`${shard}@${name}`);
  }

  #makeReady(chance: number): void {
    for (const { shard, copies, move } of this.#current?.shards ?? []) {
      for (const name of move === undefined ? copies : [...copies, move.to]) {
        if (this.#isUsable(name) && this.#random.next() < chance) this.#ready.add(`${shard}@${name}`);
      }
    }
  }

  #place(): boolean {
    const before = this.#current;
    const input = this.#input();
    const after = placeGroup(input);
    this.#current = after;
    assert.is(placeGroup(this.#input()), after, `${this.#about()}: not stable`);
    assert.is(after.version, after === before ? before.version : (before?.version ?? 0) + 1, this.#about());
    for (const shard of after.shards) {
      this.#checkShard(
        shard,
        before?.shards.find((known) => known.shard === shard.shard),
      );
      this.#forgetClosed(shard);
    }
    return after !== before;
  }

  #checkShard({ shard, copies, move }: ShardPlacement, before: ShardPlacement | undefined): void {
    const about = `${this.#about()}, shard ${shard}: ${before?.copies.join()} → ${copies.join()}`;
    const hosts = move === undefined ? copies : [...copies, move.to];
    const isReady = (name: string): boolean => this.#isReady(shard, name);
    assert.is(new Set(hosts).size, hosts.length, `${about}: two copies on one leaf`);
    if (move !== undefined) assert.ok(copies.includes(move.from) && this.#isEligible(move.to), `${about}: bad move`);
    const eligibleCount = [...this.#leaves.keys()].filter((name) => this.#isEligible(name)).length;
    assert.ok(
      copies.length >= Math.min(this.#copies, eligibleCount) && copies.length <= this.#copies,
      `${about}: ${copies.length} copies`,
    );
    const hadBefore = before?.move === undefined ? (before?.copies ?? []) : [...before.copies, before.move.to];
    if (hadBefore.some(isReady)) assert.ok(hosts.some(isReady), `${about}: lost the last ready copy`);
    for (const name of hosts)
      if (!hadBefore.includes(name)) assert.ok(this.#isEligible(name), `${about}: ${name} may get nothing new`);
    if ((before?.copies.length ?? 0) > this.#copies) return;
    const gone = (before?.copies ?? []).filter((name) => this.#isUsable(name) && !hosts.includes(name));
    assert.ok(
      gone.length <= (before?.move === undefined ? 0 : 1),
      `${about}: took the copies of ${gone.join()} without a move`,
    );
    const readyBefore = (before?.copies ?? []).filter(isReady).length;
    assert.ok(copies.filter(isReady).length >= readyBefore, `${about}: fewer copies are ready`);
  }

  /** A leaf closes what placement no longer gives it. */
  #forgetClosed({ shard, copies, move }: ShardPlacement): void {
    for (const name of this.#leaves.keys())
      if (!copies.includes(name) && move?.to !== name) this.#ready.delete(`${shard}@${name}`);
  }

  #comeToRest(): void {
    const settle = (): boolean => {
      this.#makeReady(1);
      return this.#place();
    };
    assertRests(settle, this.#about());
    for (const { shard, move } of this.#current?.shards ?? [])
      assert.is(move, undefined, `${this.#about()}: shard ${shard} still moves at rest`);
    for (const zone of new Set([...this.#leaves.values()].map((info) => info.zone))) this.#checkBalance(zone);
    this.#checkZonesAndDrains();
  }

  #checkBalance(zone: string): void {
    const counts = countCopies(this.#current?.shards ?? []);
    const inZone = [...this.#leaves.values()].filter((info) => info.zone === zone && this.#isEligible(info.name));
    const held = inZone.map(({ name }) => counts.get(name) ?? 0);
    if (held.length > 0)
      assert.ok(Math.max(...held) - Math.min(...held) <= 1, `${this.#about()}: zone ${zone} holds ${held.join()}`);
  }

  #checkZonesAndDrains(): void {
    const eligible = [...this.#leaves.values()].filter(({ name }) => this.#isEligible(name));
    for (const { shard, copies } of this.#current?.shards ?? []) {
      const about = `${this.#about()}, shard ${shard} on ${copies.join()}`;
      const free = eligible.filter(({ name }) => !copies.includes(name));
      if (free.length > 0)
        assert.ok(
          copies.every((name) => this.#isEligible(name)),
          `${about}: draining or lost, though others are free`,
        );
      const zones = copies.map((name) => this.#leaves.get(name)?.zone);
      const doubled = zones.some((zone, place) => zone !== undefined && zones.indexOf(zone) !== place);
      if (doubled)
        assert.ok(
          free.every(({ zone }) => zones.includes(zone)),
          `${about}: a zone is doubled, though another is free`,
        );
    }
  }

  #input(): PlacementInput {
    return {
      group: { generation: 'g1', requires: 'group:x', shards: this.#shards, copies: this.#copies },
      leaves: [...this.#leaves.values()],
      current: this.#current,
      loads: this.#loads,
      isReady: (shard, name) => this.#isReady(shard, name),
    };
  }

  #isReady(shard: number, name: string): boolean {
    return this.#ready.has(`${shard}@${name}`);
  }

  #isUsable(name: string): boolean {
    return this.#leaves.get(name)?.provides.includes('group:x') === true;
  }

  #isEligible(name: string): boolean {
    return this.#isUsable(name) && this.#leaves.get(name)?.draining === false;
  }

  #about(): string {
    return `seed ${this.#seed}`;
  }
}

/** Repeats a step that returns whether it changed anything until it does not; fails if that takes too long. */
export function assertRests(step: () => boolean, about: string): void {
  for (let calls = 0; step(); calls++) assert.ok(calls < 20, `${about}: no rest after ${calls} calls`);
}
