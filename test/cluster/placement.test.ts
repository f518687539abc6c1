import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countCopies, type GroupPlacement, type LeafInfo, type PlacementInput, type ShardPlacement } from '../../src/cluster/group-placement.ts';
import { placeGroup } from '../../src/cluster/placement.ts';
import { Seeded } from '../machines/seeded.ts';

const test = suite('cluster/placement');

test('a new group spreads its shards and its preferred primaries over the leaves', () => {
  const placement = placeGroup(inputOf({ shards: 6, copies: 2, leaves: leavesNamed('a', 'b', 'c') }));
  assert.is(placement.version, 1);
  assert.equal(countsOf(placement), { a: 4, b: 4, c: 4 });
  assert.equal(primariesOf(placement), { a: 2, b: 2, c: 2 });
});

test('a leaf that cannot run the actor, or drains, gets no copy', () => {
  const leaves = [...leavesNamed('a'), { ...leaf('b'), provides: ['search'] }, { ...leaf('c'), draining: true }];
  assert.equal(countsOf(placeGroup(inputOf({ shards: 2, copies: 2, leaves }))), { a: 2 });
});

test('copies of a shard go to different zones', () => {
  const leaves = [leaf('a', 'east'), leaf('b', 'east'), leaf('c', 'west'), leaf('d', 'west')];
  const placement = placeGroup(inputOf({ shards: 8, copies: 2, leaves }));
  for (const { copies } of placement.shards) assert.is(new Set(copies.map((name) => zoneOf(leaves, name))).size, 2, copies.join());
  assert.equal(countsOf(placement), { a: 4, b: 4, c: 4, d: 4 });
});

test('a group avoids leaves that carry other groups', () => {
  const loads = new Map([['a', 3], ['b', 0], ['c', 1]]);
  assert.equal(countsOf(placeGroup(inputOf({ shards: 2, copies: 1, leaves: leavesNamed('a', 'b', 'c'), loads }))), { b: 1, c: 1 });
});

test('nothing to do gives back the same placement', () => {
  const input = inputOf({ shards: 5, copies: 2, leaves: leavesNamed('a', 'b', 'c') });
  const current = placeGroup(input);
  assert.is(placeGroup({ ...input, current }), current);
  assert.is(placeGroup({ ...input, current, isReady: () => true }), current);
});

test('a lost leaf without a replacement keeps its place', () => {
  const input = inputOf({ shards: 2, copies: 2, leaves: leavesNamed('a', 'b') });
  const current = placeGroup(input);
  assert.is(placeGroup({ ...input, current, leaves: leavesNamed('a'), isReady: (_, name) => name === 'a' }), current);
});

test('the copies of a lost leaf go to others at once', () => {
  const input = inputOf({ shards: 3, copies: 2, leaves: leavesNamed('a', 'b', 'c'), isReady: () => true });
  const current = placeGroup(input);
  const next = placeGroup({ ...input, current, leaves: leavesNamed('a', 'b') });
  assert.is(next.version, 2);
  for (const shard of next.shards) assert.equal([shard.copies.toSorted(), shard.move], [['a', 'b'], undefined]);
});

test('a draining leaf is left by moves that first build the new copy', () => {
  const placed = placeGroup(inputOf({ shards: 2, copies: 1, leaves: leavesNamed('a', 'b') }));
  const leaves = [leaf('a'), { ...leaf('b'), draining: true }];
  const moving = placeGroup(inputOf({ shards: 2, copies: 1, leaves, current: placed, isReady: (_, name) => name === 'b' }));
  assert.equal(moving.shards[1], { shard: 1, copies: ['b'], move: { from: 'b', to: 'a' } });
  const input = inputOf({ shards: 2, copies: 1, leaves, current: moving, isReady: (_, name) => name === 'b' });
  assert.is(placeGroup(input), moving);
  assert.equal(placeGroup({ ...input, isReady: () => true }).shards[1], { shard: 1, copies: ['a'] });
});

test('a draining leaf is no preferred primary while another copy is ready', () => {
  const input = inputOf({ shards: 1, copies: 2, leaves: leavesNamed('a', 'b'), isReady: () => true });
  const current = placeGroup(input);
  assert.equal(current.shards[0]?.copies, ['a', 'b']);
  const leaves = [{ ...leaf('a'), draining: true }, leaf('b')];
  assert.equal(placeGroup({ ...input, current, leaves }).shards[0]?.copies, ['b', 'a']);
});

test('a new leaf takes its share, one move a shard', () => {
  const input = inputOf({ shards: 6, copies: 1, leaves: leavesNamed('a', 'b'), isReady: () => true });
  const moving = placeGroup({ ...input, current: placeGroup(input), leaves: leavesNamed('a', 'b', 'c') });
  assert.is(moving.shards.filter(({ move }) => move?.to === 'c').length, 2);
  const moved = placeGroup({ ...input, current: moving, leaves: leavesNamed('a', 'b', 'c') });
  assert.equal(countsOf(moved), { a: 2, b: 2, c: 2 });
  assert.ok(moved.shards.every(({ move }) => move === undefined));
});

test('a move whose new leaf goes away is called off', () => {
  const input = inputOf({ shards: 2, copies: 1, leaves: leavesNamed('a'), isReady: (_, name) => name === 'a' });
  const moving = placeGroup({ ...input, current: placeGroup(input), leaves: leavesNamed('a', 'b') });
  assert.is(moving.shards.filter(({ move }) => move?.to === 'b').length, 1);
  assert.ok(placeGroup({ ...input, current: moving }).shards.every(({ move, copies }) => move === undefined && copies[0] === 'a'));
});

test('a move whose old leaf dies is made at once', () => {
  const input = inputOf({ shards: 2, copies: 1, leaves: leavesNamed('a'), isReady: () => false });
  const moving = placeGroup({ ...input, current: placeGroup(input), leaves: leavesNamed('a', 'b') });
  assert.equal(countsOf(placeGroup({ ...input, current: moving, leaves: leavesNamed('b') })), { b: 2 });
});

test('fewer copies drop what is not ready, then the fullest leaf', () => {
  const current: GroupPlacement = { generation: 'g1', version: 4, shards: [{ shard: 0, copies: ['a', 'b', 'c'] }] };
  const input = inputOf({ shards: 1, copies: 2, leaves: leavesNamed('a', 'b', 'c'), loads: new Map([['b', 9]]), current });
  assert.equal(placeGroup({ ...input, isReady: (_, name) => name !== 'c' }).shards[0]?.copies, ['a', 'b']);
  assert.equal(placeGroup({ ...input, isReady: () => true }).shards[0]?.copies, ['a', 'c']);
});

test('another generation begins anew, with a higher version', () => {
  const input = inputOf({ shards: 1, copies: 1, leaves: leavesNamed('a') });
  const current = { ...placeGroup(input), generation: 'g0', version: 8 };
  assert.equal(placeGroup({ ...input, current }), { generation: 'g1', version: 9, shards: [{ shard: 0, copies: ['a'] }] });
});

test('groups placed in turn come to rest with leaves balanced over all of them', () => {
  const groups = ['x', 'y', 'z', 'w', 'v'];
  const placements = new Map<string, GroupPlacement>();
  const placeAll = (names: readonly string[]): boolean => {
    const before = new Map(placements);
    for (const group of groups) {
      const loads = countCopies([...placements].filter(([name]) => name !== group).flatMap(([, { shards }]) => shards));
      const current = placements.get(group);
      placements.set(group, placeGroup(inputOf({ shards: 2, copies: 2, leaves: leavesNamed(...names), loads, current, isReady: () => true })));
    }
    return groups.some((group) => placements.get(group) !== before.get(group));
  };
  assertRests(() => placeAll(['a', 'b', 'c', 'd']), 'at first');
  assertRests(() => placeAll(['a', 'b', 'c', 'd', 'e', 'f', 'g']), 'after joins');
  const counts = [...countCopies([...placements.values()].flatMap(({ shards }) => shards)).values()];
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join());
});

test('random joins, leaves, drains and changes of copies keep every rule', () => {
  for (let seed = 1; seed <= 300; seed++) new PlacementWalk(seed).run(40);
});

test.run();

type Sketch = Omit<PlacementInput, 'group' | 'loads' | 'isReady'> & Partial<PlacementInput> & { shards: number; copies: number };

function inputOf({ shards, copies, ...rest }: Omit<Sketch, 'group'>): PlacementInput {
  const group = { generation: 'g1', requires: 'group:x', shards: Array.from({ length: shards }, (_, shard) => shard), copies };
  return { loads: new Map(), isReady: () => false, ...rest, group };
}

function leaf(name: string, zone = ''): LeafInfo {
  return { name, zone, provides: ['search', 'group:x'], draining: false };
}

function leavesNamed(...names: readonly string[]): readonly LeafInfo[] {
  return names.map((name) => leaf(name));
}

function zoneOf(leaves: readonly LeafInfo[], name: string): string | undefined {
  return leaves.find((candidate) => candidate.name === name)?.zone;
}

function countsOf({ shards }: GroupPlacement): Record<string, number> {
  return Object.fromEntries([...countCopies(shards)].toSorted());
}

function primariesOf({ shards }: GroupPlacement): Record<string, number> {
  return countsOf({ generation: '', version: 0, shards: shards.map((shard) => ({ ...shard, copies: shard.copies.slice(0, 1) })) });
}

function assertRests(step: () => boolean, about: string): void {
  for (let calls = 0; step(); calls++) assert.ok(calls < 20, `${about}: no rest after ${calls} calls`);
}

/** A cluster that changes at random while copies become ready in their own time. */
class PlacementWalk {
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
      this.#checkShard(shard, before?.shards.find((known) => known.shard === shard.shard));
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
    assert.ok(copies.length >= Math.min(this.#copies, eligibleCount) && copies.length <= this.#copies, `${about}: ${copies.length} copies`);
    const hadBefore = before?.move === undefined ? (before?.copies ?? []) : [...before.copies, before.move.to];
    if (hadBefore.some(isReady)) assert.ok(hosts.some(isReady), `${about}: lost the last ready copy`);
    for (const name of hosts) if (!hadBefore.includes(name)) assert.ok(this.#isEligible(name), `${about}: ${name} may get nothing new`);
    if ((before?.copies.length ?? 0) > this.#copies) return;
    const gone = (before?.copies ?? []).filter((name) => this.#isUsable(name) && !hosts.includes(name));
    assert.ok(gone.length <= (before?.move === undefined ? 0 : 1), `${about}: took the copies of ${gone.join()} without a move`);
    const readyBefore = (before?.copies ?? []).filter(isReady).length;
    assert.ok(copies.filter(isReady).length >= readyBefore, `${about}: fewer copies are ready`);
  }

  /** A leaf closes what placement no longer gives it. */
  #forgetClosed({ shard, copies, move }: ShardPlacement): void {
    for (const name of this.#leaves.keys()) if (!copies.includes(name) && move?.to !== name) this.#ready.delete(`${shard}@${name}`);
  }

  #comeToRest(): void {
    const settle = (): boolean => {
      this.#makeReady(1);
      return this.#place();
    };
    assertRests(settle, this.#about());
    for (const { shard, move } of this.#current?.shards ?? []) assert.is(move, undefined, `${this.#about()}: shard ${shard} still moves at rest`);
    for (const zone of new Set([...this.#leaves.values()].map((info) => info.zone))) this.#checkBalance(zone);
    this.#checkZonesAndDrains();
  }

  #checkBalance(zone: string): void {
    const counts = countCopies(this.#current?.shards ?? []);
    const inZone = [...this.#leaves.values()].filter((info) => info.zone === zone && this.#isEligible(info.name));
    const held = inZone.map(({ name }) => counts.get(name) ?? 0);
    if (held.length > 0) assert.ok(Math.max(...held) - Math.min(...held) <= 1, `${this.#about()}: zone ${zone} holds ${held.join()}`);
  }

  #checkZonesAndDrains(): void {
    const eligible = [...this.#leaves.values()].filter(({ name }) => this.#isEligible(name));
    for (const { shard, copies } of this.#current?.shards ?? []) {
      const about = `${this.#about()}, shard ${shard} on ${copies.join()}`;
      const free = eligible.filter(({ name }) => !copies.includes(name));
      if (free.length > 0) assert.ok(copies.every((name) => this.#isEligible(name)), `${about}: draining or lost, though others are free`);
      const zones = copies.map((name) => this.#leaves.get(name)?.zone);
      const doubled = zones.some((zone, place) => zone !== undefined && zones.indexOf(zone) !== place);
      if (doubled) assert.ok(free.every(({ zone }) => zones.includes(zone)), `${about}: a zone is doubled, though another is free`);
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
