/** Commits written in slices hold one moment, whatever is written, deleted and merged while they are written. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { openEngine, type ShardEngine } from '../../../src/engine/shard-engine.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import type { Store } from '../../../src/engine/store/store.ts';
import { CoppiceError } from '../../../src/errors.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/writer/pending-commit');
const SEEDS = 12;
const ROUNDS = 25;
const at = (engine: ShardEngine): string => {
  const { ordinals, positions } = engine.search({ query: { kind: 'matchAll' }, limit: 1_000 });
  return Array.from(ordinals, (ordinal, i) => `${engine.documentAt(ordinal).id}=${positions[i]}`)
    .sort()
    .join(' ');
};

/** A store with nothing but the files named, as a checkpoint has them. */
function storeOfFiles(store: Store, names: readonly string[]): Store {
  const copy = createMemoryStore();
  for (const name of names) {
    const file = store.open(name);
    const bytes = new Uint8Array(file.size);
    file.read(0, bytes);
    file.close();
    const writer = copy.create(name);
    writer.write(bytes);
    writer.finish();
  }
  return copy;
}

function open(store: Store): ShardEngine {
  return openEngine({
    store,
    schema: { text: 'text' },
    headDocuments: 40,
    mergeFactor: 3,
    maxDeletedShare: 0.2,
    regions: createRegionPool(),
  });
}

function write(engine: ShardEngine, chance: Seeded, position: number): void {
  const id = `d${chance.below(150)}`;
  if (chance.below(4) === 0) engine.delete(id);
  else
    engine.put({
      id,
      source: {},
      fields: { text: [`word${chance.below(9)}`] },
      version: 1,
      seqNo: 1,
      primaryTerm: 1,
      position,
    });
}

test('what is found again is what was there when the commit began', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const chance = new Seeded(seed);
    const store = createMemoryStore();
    const engine = open(store);
    let position = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let n = chance.below(90); n > 0; n--) write(engine, chance, position++);
      if (chance.below(2) === 0) engine.maintain(() => chance.below(3) === 0);
      const wanted = at(engine);
      let kept: Store | undefined;
      const pending = engine.beginCommit((files) => (kept = storeOfFiles(store, files)));
      for (let n = chance.below(20); n > 0; n--) write(engine, chance, position++);
      const last = chance.below(5) === 0;
      for (let steps = 0; pending.step(() => true); steps++) {
        for (let n = chance.below(30); n > 0; n--) write(engine, chance, position++);
        if (chance.below(3) === 0) engine.maintain(() => chance.below(2) === 0);
        if (last && steps === 2) break;
      }
      if (last) engine.commit(); // the former is finished before
      assert.ok(kept !== undefined, `seed ${seed}, round ${round}`);
      const found = open(kept);
      assert.is(at(found), wanted, `seed ${seed}, round ${round}`);
      found.close();
    }
    engine.close();
  }
});

test('a commit is prepared in slices, and its beginning writes no more than a slice', () => {
  const store = createMemoryStore();
  const engine = openEngine({ store, schema: { text: 'text' }, headDocuments: 20_000, regions: createRegionPool() });
  const chance = new Seeded(1);
  const put = (n: number): void =>
    engine.put({
      id: `d${n}`,
      source: { n },
      fields: { text: [Array.from({ length: 60 }, () => `w${chance.below(50_000)}`).join(' ')] },
      version: 1,
      seqNo: n,
      primaryTerm: 1,
      position: n,
    });
  for (let n = 0; n < 30_000; n++) put(n);
  let slices = 0;
  while (engine.prepareCommit(() => true)) slices++;
  const pending = engine.beginCommit();
  while (pending.step(() => true)) slices++;
  assert.ok(slices > 20, `${slices} slices`);
  assert.is(
    openEngine({ store: storeOfFiles(store, engine.files()), regions: createRegionPool() }).stats().docCount,
    30_000,
  );
  engine.close();
});

test('an engine that is closed while it commits leaves the former commit', () => {
  const store = createMemoryStore();
  const engine = open(store);
  const chance = new Seeded(3);
  for (let n = 0; n < 30; n++) write(engine, chance, n);
  engine.commit();
  const wanted = at(engine);
  for (let n = 30; n < 60; n++) write(engine, chance, n);
  const pending = engine.beginCommit();
  engine.close();
  assert.throws(
    () => pending.step(() => false),
    (error: unknown) => error instanceof CoppiceError && error.code === 'CANCELLED',
  );
  const again = open(store);
  assert.is(at(again), wanted);
  again.close();
});

test.run();
