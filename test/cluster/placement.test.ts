import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  countCopies,
  type GroupPlacement,
  type LeafInfo,
  type PlacementInput,
} from '../../src/cluster/group-placement.ts';
import { placeGroup } from '../../src/cluster/placement.ts';
import { assertRests, PlacementWalk } from './placement-walk.ts';

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
  for (const { copies } of placement.shards)
    assert.is(new Set(copies.map((name) => zoneOf(leaves, name))).size, 2, copies.join());
  assert.equal(countsOf(placement), { a: 4, b: 4, c: 4, d: 4 });
});

test('a group avoids leaves that carry other groups', () => {
  const loads = new Map([
    ['a', 3],
    ['b', 0],
    ['c', 1],
  ]);
  assert.equal(countsOf(placeGroup(inputOf({ shards: 2, copies: 1, leaves: leavesNamed('a', 'b', 'c'), loads }))), {
    b: 1,
    c: 1,
  });
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
  const moving = placeGroup(
    inputOf({ shards: 2, copies: 1, leaves, current: placed, isReady: (_, name) => name === 'b' }),
  );
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
  assert.ok(
    placeGroup({ ...input, current: moving }).shards.every(
      ({ move, copies }) => move === undefined && copies[0] === 'a',
    ),
  );
});

test('a move whose old leaf dies is made at once', () => {
  const input = inputOf({ shards: 2, copies: 1, leaves: leavesNamed('a'), isReady: () => false });
  const moving = placeGroup({ ...input, current: placeGroup(input), leaves: leavesNamed('a', 'b') });
  assert.equal(countsOf(placeGroup({ ...input, current: moving, leaves: leavesNamed('b') })), { b: 2 });
});

test('fewer copies drop what is not ready, then the fullest leaf', () => {
  const current: GroupPlacement = { generation: 'g1', version: 4, shards: [{ shard: 0, copies: ['a', 'b', 'c'] }] };
  const input = inputOf({
    shards: 1,
    copies: 2,
    leaves: leavesNamed('a', 'b', 'c'),
    loads: new Map([['b', 9]]),
    current,
  });
  assert.equal(placeGroup({ ...input, isReady: (_, name) => name !== 'c' }).shards[0]?.copies, ['a', 'b']);
  assert.equal(placeGroup({ ...input, isReady: () => true }).shards[0]?.copies, ['a', 'c']);
});

test('another generation begins anew, with a higher version', () => {
  const input = inputOf({ shards: 1, copies: 1, leaves: leavesNamed('a') });
  const current = { ...placeGroup(input), generation: 'g0', version: 8 };
  assert.equal(placeGroup({ ...input, current }), {
    generation: 'g1',
    version: 9,
    shards: [{ shard: 0, copies: ['a'] }],
  });
});

test('groups placed in turn come to rest with leaves balanced over all of them', () => {
  const groups = ['x', 'y', 'z', 'w', 'v'];
  const placements = new Map<string, GroupPlacement>();
  const placeAll = (names: readonly string[]): boolean => {
    const before = new Map(placements);
    for (const group of groups) {
      const loads = countCopies([...placements].filter(([name]) => name !== group).flatMap(([, { shards }]) => shards));
      const current = placements.get(group);
      placements.set(
        group,
        placeGroup(
          inputOf({ shards: 2, copies: 2, leaves: leavesNamed(...names), loads, current, isReady: () => true }),
        ),
      );
    }
    return groups.some((group) => placements.get(group) !== before.get(group));
  };
  assertRests(() => placeAll(['a', 'b', 'c', 'd']), 'at first');
  assertRests(() => placeAll(['a', 'b', 'c', 'd', 'e', 'f', 'g']), 'after joins');
  const counts = [...countCopies([...placements.values()].flatMap(({ shards }) => shards)).values()];
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join());
});

test('random joins, leaves, drains and changes of copies keep every rule', () => {
  for (let seed = 1; seed <= 150; seed++) new PlacementWalk(seed).run(40);
});

test.run();

type Sketch = Omit<PlacementInput, 'group' | 'loads' | 'isReady'> &
  Partial<PlacementInput> & { shards: number; copies: number };

function inputOf({ shards, copies, ...rest }: Omit<Sketch, 'group'>): PlacementInput {
  const group = {
    generation: 'g1',
    requires: 'group:x',
    shards: Array.from({ length: shards }, (_, shard) => shard),
    copies,
  };
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
  return Object.fromEntries(countCopies(shards));
}

function primariesOf({ shards }: GroupPlacement): Record<string, number> {
  return countsOf({
    generation: '',
    version: 0,
    shards: shards.map((shard) => ({ ...shard, copies: shard.copies.slice(0, 1) })),
  });
}
