/**
 * The rules of `src/snapshots/shelf.ts` under creates, deletes and sweeps in every order that a seed makes, with processes
 * that die between two steps: what is complete has its files, and in the end nothing is left that nobody needs.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isCoppiceError } from '../../src/errors.ts';
import { Shelf, type ShelfEntry } from '../../src/snapshots/shelf.ts';
import {
  decodeOutcome,
  filesOf,
  outcomeName,
  SNAPSHOT_FORMAT,
  type SnapshotDocument,
  snapshotFileName,
} from '../../src/wire/snapshot-format.ts';
import { Seeded } from '../support/seeded.ts';
import { SteppedDepot, Turns } from './support/stepped-depot.ts';

const test = suite('snapshots/shelf');
const SEEDS = 300;
const NEVER = new AbortController().signal;
const CONTENTS = ['a', 'b', 'c', 'd'] as const;
const PROCESSES = 14;

/** How a create is broken on purpose. */
type Mistake = 'looksBeforeItAnnounces' | 'usesWhatIsNotComplete' | undefined;

type Blobs = ConstructorParameters<typeof SteppedDepot>[0];

/** One story; the files that are missing at some moment, of snapshots that are complete then. */
class ShelfStory {
  readonly blobs: Blobs = new Map();
  readonly turns: Turns;
  readonly #next: () => number;
  readonly #mistake: Mistake;
  readonly #doors: SteppedDepot[] = [];
  #creates = 0;

  constructor(seed: number, mistake: Mistake) {
    const random = new Seeded(seed);
    this.#next = () => random.next();
    this.turns = new Turns(this.#next);
    this.#mistake = mistake;
  }

  async run(): Promise<readonly string[]> {
    let [begun, running] = [0, 0];
    for (;;) {
      if (begun < PROCESSES && (running === 0 || this.#next() < 0.1)) {
        begun += 1;
        running += 1;
        this.#begin(() => (running -= 1));
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      if (this.#next() < 0.01) this.#kill();
      const passed = await this.turns.pass();
      const missing = this.missing();
      if (missing.length > 0) return missing;
      if (!passed && begun === PROCESSES) return [];
      if (!passed) running = 0;
    }
  }

  /** As a cluster does after its leaves have died: all that is open is given up, and everything deleted. */
  async clear(): Promise<void> {
    const shelf = new Shelf(this.#door(), NEVER);
    await this.#whole(
      (async () => {
        for (const entry of await shelf.entries()) {
          if (entry.state === 'open') await shelf.giveUp(entry.id);
          await shelf.remove(await shelf.entry(entry.id));
          await shelf.remove(entry);
        }
        await shelf.sweep();
      })(),
    );
  }

  /** Files that are not there, of snapshots that are. */
  missing(): readonly string[] {
    return [...this.blobs.keys()]
      .filter((name) => name.startsWith('snapshots/creates/'))
      .flatMap((name) => this.#filesOf(name.slice('snapshots/creates/'.length)))
      .filter((name) => !this.blobs.has(name));
  }

  #filesOf(id: string): readonly string[] {
    const found = this.blobs.get(outcomeName(id));
    const outcome = found === undefined ? undefined : decodeOutcome(found.bytes, id);
    if (outcome?.kind !== 'snapshot') return [];
    return outcome.groups.flatMap(({ shards }) => shards.flatMap(filesOf)).map(({ blob }) => blob);
  }

  #begin(ended: () => void): void {
    const work = this.#next() < 0.6 ? this.#create() : this.#delete();
    work.then(ended, (error: unknown) => {
      ended();
      if (!isCoppiceError(error)) throw error;
    });
  }

  #door(): SteppedDepot {
    const door = new SteppedDepot(this.blobs, this.turns);
    this.#doors.push(door);
    return door;
  }

  #kill(): void {
    const door = this.#doors[Math.floor(this.#next() * this.#doors.length)];
    if (door !== undefined) door.dead = true;
  }

  async #create(): Promise<void> {
    const depot = this.#door();
    const shelf = new Shelf(depot, NEVER);
    const id = `create${++this.#creates}`;
    const name = `s${Math.floor(this.#next() * 4)}`;
    let known = this.#mistake === 'looksBeforeItAnnounces' ? await this.#look(shelf) : undefined;
    await shelf.announce({ v: SNAPSHOT_FORMAT, id, name, cluster: 'c', clusterId: 'c', startedMs: this.#creates });
    known ??= await this.#look(shelf);
    const blobs: string[] = [];
    for (const content of CONTENTS.filter(() => this.#next() < 0.6))
      blobs.push(await this.#store(depot, id, content, known));
    await shelf.complete(documentOf(id, name, blobs));
  }

  async #look(shelf: Shelf): Promise<ReadonlyMap<string, string>> {
    const entries = await shelf.entries();
    const complete = entries.flatMap((entry) => (entry.state === 'complete' ? [entry.document] : []));
    const blobs = complete.flatMap(({ groups }) => groups.flatMap(({ shards }) => shards.flatMap(filesOf)));
    return new Map(blobs.map(({ blob }) => [blob.slice(-64), blob]));
  }

  async #store(depot: SteppedDepot, id: string, content: string, known: ReadonlyMap<string, string>): Promise<string> {
    const hash = content.repeat(64);
    const others = [...this.blobs.keys()].filter((name) => name.endsWith(hash));
    const old = this.#mistake === 'usesWhatIsNotComplete' ? others[0] : known.get(hash);
    if (old !== undefined) return old;
    const blob = snapshotFileName(id, hash);
    await depot.put(blob, new TextEncoder().encode(content));
    return blob;
  }

  async #delete(): Promise<void> {
    const shelf = new Shelf(this.#door(), NEVER);
    const name = `s${Math.floor(this.#next() * 4)}`;
    const entry = await shelf.find(name);
    if (entry !== undefined) await shelf.remove(await ended(shelf, entry), name);
    await shelf.sweep();
  }

  async #whole(work: Promise<void>): Promise<void> {
    let done = false;
    const ending = work.then(() => (done = true));
    while (!done) {
      await this.turns.pass();
      await Promise.race([ending, new Promise<void>((resolve) => setImmediate(resolve))]);
    }
    await ending;
  }
}

async function ended(shelf: Shelf, entry: ShelfEntry): Promise<ShelfEntry> {
  if (entry.state !== 'open' || (await shelf.giveUp(entry.id))) return entry;
  return shelf.entry(entry.id);
}

function documentOf(id: string, name: string, blobs: readonly string[]): SnapshotDocument {
  const files = blobs.map((blob) => ({ name: blob.slice(-64, -63), blob, sizeBytes: 1 }));
  const [runtime = { name: 'none', blob: outcomeName(id), sizeBytes: 1 }] = files;
  const group = {
    name: 'g',
    generation: 'g',
    kind: 'stateful' as const,
    actor: 'a',
    requires: 'a',
    copies: 1,
    slots: { version: 1, ranges: [] },
    endpoints: {},
    settings: null,
    createdMs: 0,
  };
  const shards = [{ shard: 0, seq: 1, term: 1, runtime, files }];
  const times = { startedMs: 0, endedMs: 0 };
  return {
    v: SNAPSHOT_FORMAT,
    kind: 'snapshot',
    id,
    name,
    cluster: 'c',
    ...times,
    groups: [{ group, shards, failures: [] }],
  };
}

test('whatever happens in which order, a complete snapshot has its files, and none stays that nobody needs', async () => {
  let stored = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const story = new ShelfStory(seed, undefined);
    assert.equal(await story.run(), [], `seed ${seed}`);
    stored += [...story.blobs.keys()].filter((name) => /[abcd]{64}$/.test(name)).length;
    await story.clear();
    const left = [...story.blobs].filter(([name]) => !name.endsWith('/outcome')).map(([name]) => name);
    assert.equal(left, [], `seed ${seed}`);
    for (const [name, { bytes }] of story.blobs)
      assert.is(decodeOutcome(bytes, name).kind, 'given-up', `seed ${seed}: ${name}`);
  }
  assert.ok(stored > SEEDS, 'the stories store something');
});

for (const mistake of ['looksBeforeItAnnounces', 'usesWhatIsNotComplete'] as const) {
  test(`a create that ${mistake} is caught`, async () => {
    for (let seed = 1; seed <= 20 * SEEDS; seed++) {
      const missing = await new ShelfStory(seed, mistake).run();
      if (missing.length > 0) return;
    }
    assert.unreachable(`no seed shows that a create ${mistake}`);
  });
}

test.run();
