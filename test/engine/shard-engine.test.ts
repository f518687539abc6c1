/**
 * The engine over random histories: whatever was flushed, merged, committed and opened again, its documents, hits, scores
 * and statistics are those of an engine that was given the live documents alone, and kept them in its head.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineDocument, EngineSearch } from '../../src/engine/engine.ts';
import { createRegionPool } from '../../src/engine/memory/region-pool.ts';
import type { Query } from '../../src/engine/query/query.ts';
import { createEngine, openEngine, type ShardEngine, type ShardEngineOptions } from '../../src/engine/shard-engine.ts';
import { createMemoryStore } from '../../src/engine/store/memory-store.ts';
import type { Store, StoreFile, StoreWriter } from '../../src/engine/store/store.ts';
import { analyzers } from './parts-shard.ts';
import { RandomCorpus, SCHEMA } from './random-corpus.ts';

const test = suite('engine/shard-engine');

/** How many histories are tried; more by `ENGINE_ROUNDS`. */
const ROUNDS = Number(process.env['ENGINE_ROUNDS'] ?? 2);

/** Hits as something that does not depend on where documents lie. */
function answerOf(engine: ShardEngine, search: EngineSearch): unknown {
  const { ordinals, scores, positions, total, maxScore, sortValues } = engine.search(search);
  const ids = Array.from(ordinals, (ordinal) => engine.documentAt(ordinal).id);
  return { ids, scores: [...scores], positions: [...positions], total, maxScore, sortValues };
}

/** An engine that holds nothing but these documents, in its head. */
function freshEngine(documents: Iterable<EngineDocument>, options: ShardEngineOptions = {}): ShardEngine {
  const engine = createEngine({ analyzers, schema: SCHEMA, kernel: false, ...options });
  for (const document of documents) engine.put(document);
  return engine;
}

function checkSame(
  engine: ShardEngine,
  live: ReadonlyMap<string, EngineDocument>,
  corpus: RandomCorpus,
  where: string,
): void {
  const expected = freshEngine(live.values());
  assert.is(engine.stats().docCount, live.size, where);
  for (let i = 0; i < 12; i++) {
    const search: EngineSearch = {
      query: corpus.query(2),
      limit: corpus.pick([3, 1000]),
      ...(i % 3 === 0 ? { sort: corpus.sort() } : {}),
    };
    const message = `${where}: ${JSON.stringify(search)}`;
    assert.equal(answerOf(engine, search), answerOf(expected, search), message);
    assert.is(engine.count(search.query), expected.count(search.query), message);
    assert.equal(engine.statisticsOf(search.query), expected.statisticsOf(search.query), message);
  }
  for (const [id, { source, version }] of live) {
    const stored = engine.get(id);
    assert.equal([stored?.source, stored?.version], [source, version], where);
  }
  expected.close();
}

/** Where an index is written to in the tests. */
function newPlace(): { store: ReturnType<typeof createMemoryStore>; regions: ReturnType<typeof createRegionPool> } {
  return { store: createMemoryStore(), regions: createRegionPool() };
}

test('an index is what its live documents make it, whatever its history', () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const corpus = new RandomCorpus(seed);
    const place = newPlace();
    const options = {
      ...place,
      analyzers,
      schema: SCHEMA,
      kernel: seed % 2 === 0,
      headDocuments: 20 + corpus.below(300),
      mergeFactor: 2 + corpus.below(3),
    };
    let engine = openEngine(options);
    let live = new Map<string, EngineDocument>();
    let committed = new Map(live);
    for (let step = 0; step < 40; step++) {
      for (let i = corpus.below(60); i > 0; i--) {
        const id = String(corpus.below(250));
        if (corpus.next() < 0.25) assert.is(engine.delete(id), live.delete(id), `seed ${seed}`);
        else {
          const document = corpus.document(id);
          engine.put(document);
          live.delete(id);
          live.set(id, document);
        }
      }
      const action = corpus.below(12);
      if (action === 0) engine.maintain(() => corpus.next() < 0.5);
      if (action === 1) engine.forceMerge(1 + corpus.below(3));
      if (action === 2 || action === 3) {
        engine.commit();
        committed = new Map(live);
        assert.equal(
          [...engine.files()].filter((file) => !place.store.names().includes(file)),
          [],
        );
      }
      if (action === 4) {
        engine.close();
        engine = openEngine(options);
        live = new Map(committed);
      }
      if (step % 5 === 4) checkSame(engine, live, corpus, `seed ${seed} step ${step}`);
    }
    engine.close();
    if (!options.kernel) assert.is(place.regions.usedBytes, 0, `seed ${seed}`);
  }
});

test('copies that are fed the same log answer alike, however they flush and merge', () => {
  for (let seed = 11; seed < 11 + ROUNDS; seed++) {
    const corpus = new RandomCorpus(seed);
    const engines = [
      createEngine({ analyzers, schema: SCHEMA, headDocuments: 30, mergeFactor: 2 }),
      createEngine({ analyzers, schema: SCHEMA, headDocuments: 400, mergeFactor: 5, kernel: false }),
      createEngine({ analyzers, schema: SCHEMA }),
    ];
    for (let i = 0; i < 2500; i++) {
      const id = String(corpus.below(900));
      const document = corpus.next() < 0.2 ? undefined : corpus.document(id);
      for (const engine of engines) {
        if (document === undefined) engine.delete(id);
        else engine.put(document);
      }
      engines[1]?.maintain(() => true);
    }
    for (let i = 0; i < 20; i++) {
      const query = corpus.query(2);
      const search: EngineSearch = { query, limit: 20, ...(i % 2 === 0 ? {} : { sort: corpus.sort() }) };
      const answers = engines.map((engine) => answerOf(engine, search));
      for (const answer of answers.slice(1))
        assert.equal(answer, answers[0], `seed ${seed}: ${JSON.stringify(search)}`);
    }
  }
});

test('only what was committed is found again', () => {
  const place = newPlace();
  const corpus = new RandomCorpus(5);
  const engine = openEngine({ ...place, analyzers, schema: SCHEMA });
  engine.put(corpus.document('kept'));
  engine.put(corpus.document('deleted later'));
  engine.commit();
  engine.put(corpus.document('lost'));
  engine.delete('deleted later');
  engine.addFields({ extra: 'keyword' });
  engine.close();
  const again = openEngine({ ...place, analyzers });
  assert.equal(
    ['kept', 'deleted later', 'lost'].map((id) => again.get(id)?.id),
    ['kept', 'deleted later', undefined],
  );
  assert.equal(again.schema, SCHEMA);
  again.delete('deleted later');
  again.commit();
  again.commit();
  const third = openEngine({ ...place, schema: { extra: 'long' } });
  assert.is(third.count({ kind: 'matchAll' }), 1);
  assert.equal(third.schema, { ...SCHEMA, extra: 'long' });
});

test('a commit leaves its own files only, and opening removes what a crash has left', () => {
  const place = newPlace();
  const corpus = new RandomCorpus(6);
  const engine = openEngine({ ...place, analyzers, schema: SCHEMA, headDocuments: 40, mergeFactor: 2 });
  for (let i = 0; i < 1000; i++) engine.put(corpus.document(String(corpus.below(300))));
  engine.commit();
  for (let i = 0; i < 1000; i++) engine.put(corpus.document(String(corpus.below(300))));
  engine.forceMerge();
  engine.commit();
  assert.equal([...place.store.names()].sort(), [...engine.files()].sort());
  for (let i = 0; i < 200; i++) engine.put(corpus.document(String(i)));
  assert.ok(place.store.names().length > engine.files().length);
  const again = openEngine({ ...place, analyzers });
  assert.equal([...place.store.names()].sort(), [...again.files()].sort());
});

test('a damaged commit is an error that says so', () => {
  const place = newPlace();
  const engine = openEngine({ ...place, analyzers, schema: SCHEMA });
  engine.put(new RandomCorpus(1).document('1'));
  engine.commit();
  const name = engine.files().at(-1) ?? '';
  const file = place.store.open(name);
  const bytes = new Uint8Array(file.size);
  file.read(0, bytes);
  for (const broken of [bytes.with(5, 1), bytes.subarray(0, 20), new Uint8Array(0)]) {
    place.store.remove(name);
    const writer = place.store.create(name);
    writer.write(broken);
    writer.finish();
    assert.throws(() => openEngine({ ...place, analyzers }), /commit-1.*checksum/);
  }
});

test('statistics of the whole index give copies of any cut the scores of one index', () => {
  const corpus = new RandomCorpus(21);
  const documents = Array.from({ length: 600 }, (_, i) => corpus.document(String(i)));
  const whole = freshEngine(documents);
  const shards = [0, 1, 2].map((shard) =>
    freshEngine(
      documents.filter((_, i) => i % 3 === shard),
      { headDocuments: 50 },
    ),
  );
  for (let i = 0; i < 30; i++) {
    const query: Query = corpus.query(1);
    const statistics = whole.statisticsOf(query);
    const scores = new Map<string, number>();
    const collect = (engine: ShardEngine): void => {
      const hits = engine.search({ query, limit: 1000, statistics });
      hits.ordinals.forEach((ordinal, at) => scores.set(engine.documentAt(ordinal).id, hits.scores[at]!));
    };
    for (const shard of shards) collect(shard);
    const together = sorted(scores);
    scores.clear();
    collect(whole);
    assert.equal(together, sorted(scores), JSON.stringify(query));
  }
});

function sorted(scores: ReadonlyMap<string, number>): [string, number][] {
  return [...scores].sort(([a], [b]) => Number(a) - Number(b));
}

/** A store on a disk that can be full. */
class FullableStore implements Store {
  readonly #inner = createMemoryStore();
  isFull = false;

  lock(): () => void {
    return this.#inner.lock();
  }

  create(name: string): StoreWriter {
    const inner = this.#inner.create(name);
    const write = (bytes: Uint8Array): void => {
      if (this.isFull) throw new Error('no space left');
      inner.write(bytes);
    };
    return {
      get size() {
        return inner.size;
      },
      write,
      finish: () => inner.finish(),
      abort: () => inner.abort(),
    };
  }

  open(name: string): StoreFile {
    return this.#inner.open(name);
  }

  names(): readonly string[] {
    return this.#inner.names();
  }

  remove(name: string): void {
    this.#inner.remove(name);
  }

  sync(names: readonly string[]): void {
    this.#inner.sync(names);
  }
}

test('a full disk fails writes, changes nothing and loses nothing', () => {
  const store = new FullableStore();
  const corpus = new RandomCorpus(41);
  const engine = openEngine({ analyzers, schema: SCHEMA, store, headDocuments: 100, mergeFactor: 2 });
  const live = new Map<string, EngineDocument>();
  let refused = 0;
  for (let i = 0; i < 3000; i++) {
    store.isFull = i % 500 > 350;
    const document = corpus.document(String(corpus.below(700)));
    try {
      engine.put(document);
      live.delete(document.id);
      live.set(document.id, document);
    } catch (error) {
      assert.match(String(error), /no space left/);
      refused++;
    }
    if (i % 500 === 499) checkSame(engine, live, corpus, `after ${i}`);
  }
  assert.ok(refused > 50, `${refused} refused`);
  assert.throws(() => engine.commit(), /no space left/);
  store.isFull = false;
  engine.commit();
  engine.close();
  checkSame(openEngine({ analyzers, store }), live, corpus, 'opened again');
});

test('a closed index refuses work, and closing twice is harmless', () => {
  const engine = createEngine({ analyzers, schema: SCHEMA });
  engine.put(new RandomCorpus(2).document('1'));
  engine.close();
  engine.close();
  for (const work of [() => engine.put(new RandomCorpus(2).document('1')), () => engine.count({ kind: 'matchAll' })]) {
    assert.throws(work, /closed/);
  }
});

test.run();
