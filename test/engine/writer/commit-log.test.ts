/** Commits on a store that fails now and then: whatever failed, a commit is found again whole. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRegionPool } from '../../../src/engine/memory/region-pool.ts';
import { openEngine, type ShardEngine } from '../../../src/engine/shard-engine.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import type { Store } from '../../../src/engine/store/store.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/writer/commit-log');

/** What a store refuses while it fails. */
type Failing = 'remove' | 'sync' | 'write';

class StoreFault extends Error {}

/** A store with one operation that fails while `fails` says so. */
function failingStore(store: Store, failing: Failing, fails: () => boolean): Store {
  const check = (operation: Failing): void => {
    if (operation === failing && fails()) throw new StoreFault(`cannot ${operation}`);
  };
  return {
    lock: () => store.lock(),
    create: (name) => {
      check('write');
      return store.create(name);
    },
    open: (name) => store.open(name),
    names: () => store.names(),
    remove: (name) => {
      check('remove');
      store.remove(name);
    },
    sync: (names) => {
      check('sync');
      store.sync(names);
      check('sync');
    },
  };
}

function copyOf(store: Store): Store {
  const copy = createMemoryStore();
  for (const name of store.names()) {
    const file = store.open(name);
    const bytes = new Uint8Array(file.size);
    file.read(0, bytes);
    const writer = copy.create(name);
    writer.write(bytes);
    writer.finish();
  }
  return copy;
}

/** Positions by id, in the order of ids. */
function contentOf(engine: ShardEngine): string {
  const { ordinals, positions } = engine.search({ query: { kind: 'matchAll' }, limit: 1000 });
  const found = Array.from(ordinals, (ordinal, i) => `${engine.documentAt(ordinal).id}=${positions[i]}`);
  return found.sort().join(' ');
}

/** Does the work; tells whether the store let it. */
function isDone(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof StoreFault) return false;
    throw error;
  }
}

for (const failing of ['remove', 'sync', 'write'] as const) {
  test(`what was committed is found again though the store cannot always ${failing}`, () => {
    for (let seed = 1; seed <= 3; seed++) tryHistory(seed, failing);
  });
}

function tryHistory(seed: number, failing: Failing): void {
  const chance = new Seeded(seed);
  const where = `seed ${seed}`;
  const files = createMemoryStore();
  let isFailing = false;
  const store = failingStore(files, failing, () => isFailing && chance.chance(0.1));
  const engine = openEngine({ store, schema: { n: 'long' }, regions: createRegionPool(), headDocuments: 160 });
  const model = new Map<string, number>();
  const text = (): string =>
    Array.from(model, ([id, position]) => `${id}=${position}`)
      .sort()
      .join(' ');
  /** What may be found: the last commit that succeeded, and those tried since. */
  let allowed = [''];
  for (let step = 0; step < 500; step++) {
    isFailing = step % 100 < 50;
    const id = `d${chance.below(60)}`;
    const action = chance.next();
    if (action < 0.85) {
      const document = {
        id,
        source: step,
        fields: { n: [step] },
        version: 1,
        seqNo: step,
        primaryTerm: 1,
        position: step,
      };
      if (isDone(() => engine.put(document))) model.set(id, step);
    } else if (action < 0.93) {
      allowed.push(text());
      if (isDone(() => engine.commit())) allowed = [text()];
    } else if (action < 0.95) isDone(() => engine.forceMerge());
    else {
      isFailing = false;
      assert.is(contentOf(engine), text(), `${where}, step ${step}`);
      const reopened = openEngine({ store: copyOf(files), regions: createRegionPool() });
      assert.ok(allowed.includes(contentOf(reopened)), `${where}, step ${step}: no state that was committed`);
      reopened.close();
    }
  }
  isFailing = false;
  engine.commit();
  assert.equal([...engine.files()].sort(), files.names(), `${where}: files are left over`);
  engine.close();
}

test.run();
