/** A watch on a server that answers late, twice, or leaves something out. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SimWorld } from '../../../src/bus/sim/sim-world.ts';

const test = suite('bus/sim/watch');
const KEYS = ['a', 'b', 'c', 'd'];
const SEEDS = 40;
const RESYNC_MS = 15_000;

test('a watch never takes a present entry for gone, however late its consumer is told of', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { world, gone, present } = await watched(seed);
    Object.assign(world.faults, { lossRate: 0.2, lostAnswerRate: 0.2 });
    await world.scheduler.run(world.scheduler.nowMs + 120_000);
    assert.equal(gone, [], `seed ${seed}`);
    assert.equal([...present].sort(), KEYS, `seed ${seed}`);
  }
});

test('an entry that a server left out when a watch looked anew is back with the next look', async () => {
  const { world, gone, present } = await watched(1);
  world.faults.missedKeyRate = 0.5;
  await world.scheduler.run(world.scheduler.nowMs + 60_000);
  assert.ok(gone.length > 0);
  world.faults.missedKeyRate = 0;
  await world.scheduler.run(world.scheduler.nowMs + RESYNC_MS);
  assert.equal([...present].sort(), KEYS);
});

test.run();

type Watched = { readonly world: SimWorld; readonly gone: readonly string[]; readonly present: ReadonlySet<string> };

/** A world in which a bucket of some keys is watched. */
async function watched(seed: number): Promise<Watched> {
  const world = new SimWorld({ seed });
  const bus = world.connect(world.startNode('node'));
  const gone: string[] = [];
  const present = new Set<string>();
  const work = async (): Promise<void> => {
    const registry = await bus.openRegistry({ bucket: 'things' });
    for (const key of KEYS) await registry.create(key, 1);
    await registry.watch('', ({ key, value }) => {
      if (value !== undefined) return void present.add(key);
      present.delete(key);
      gone.push(key);
    });
  };
  let isWatching = false;
  const watching = work().then(() => (isWatching = true));
  await world.scheduler.run(5_000, () => isWatching);
  await watching;
  return { world, gone, present };
}
