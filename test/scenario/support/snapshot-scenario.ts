/**
 * One scenario of snapshots: writes, creates, restores and deletes under faults for some virtual seconds; then all is healed, and
 * every snapshot is restored and judged. All of it follows from the seed.
 */
import type { SimRandom } from '../../../src/bus/sim/sim-random.ts';
import type { Coppice } from '../../../src/client/client.ts';
import { asCoppiceError, isCoppiceError } from '../../../src/errors.ts';
import { healAll, strike } from './faults.ts';
import { HostedGroups } from './hosted-groups.ts';
import { SimCluster } from './sim-cluster.ts';
import type { SimBlobs } from './sim-depot.ts';
import { LEDGER } from './workload.ts';

/** What came of it. */
export type SnapshotResult = {
  /** Everything that is wrong; empty if nothing is. */
  readonly problems: readonly string[];
  readonly story: readonly string[];
  /** Creates that were answered well, and all that were begun. */
  readonly taken: number;
  readonly begun: number;
  readonly restored: number;
};

type Step = (client: Coppice) => Promise<void>;
type Taken = { readonly name: string; readonly before: readonly string[]; ended?: string; deleted: boolean };

/** Faults that leave the depot as it is. */
const KINDS = [
  'kill',
  'killPrimary',
  'stop',
  'pause',
  'pausePrimary',
  'cut',
  'cutPrimary',
  'mute',
  'loss',
  'lostAnswers',
  'duplicates',
  'delays',
  'leaderless',
  'dropConsumers',
  'restartServer',
];
const FAULTS_MS = 25_000;
const LONGEST_FAULT_MS = 6_000;
const PATIENCE_MS = 120_000;
const CREATE_MS = 40_000;
const KEYS = ['a', 'b', 'c', 'd'];

/** Runs a scenario. */
export async function runSnapshotScenario(seed: number): Promise<SnapshotResult> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await new SnapshotScenario(seed).run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class SnapshotScenario {
  readonly #cluster: SimCluster;
  readonly #groups: HostedGroups;
  readonly #random: SimRandom;
  readonly #problems: string[] = [];
  readonly #tried: string[] = [];
  readonly #acknowledged: string[] = [];
  readonly #taken: Taken[] = [];
  readonly #lanes: Promise<void>[] = [];
  #restored = 0;
  #over = false;

  constructor(seed: number) {
    this.#cluster = new SimCluster({ seed, checkpointRecords: 10, snapshots: true });
    this.#random = this.#cluster.world.random.fork('snapshots');
    this.#groups = new HostedGroups(this.#cluster, { searches: false, shards: 2, copies: 2 });
  }

  async run(): Promise<SnapshotResult> {
    const { scheduler } = this.#cluster.world;
    if (!(await this.#groups.start())) this.#problems.push('the cluster did not start');
    else {
      for (const step of this.#steps()) this.#lanes.push(this.#repeat(step));
      this.#strikeLater();
      await scheduler.run(scheduler.nowMs + FAULTS_MS);
      await this.#finish();
    }
    const taken = this.#taken.filter(({ ended }) => ended === 'done').length;
    const begun = this.#taken.length;
    return { problems: this.#problems, story: this.#cluster.story, taken, begun, restored: this.#restored };
  }

  /** What clients do, each again and again. */
  #steps(): readonly Step[] {
    const write: Step = async (client) => this.#write(client);
    const snapshot: Step = async (client) => this.#snapshot(client);
    return [write, write, snapshot, snapshot, async (client) => this.#restoreAndDelete(client)];
  }

  async #repeat(step: Step): Promise<void> {
    while (!this.#over) {
      const client = this.#cluster.client('root-1');
      if (client !== undefined) await step(client);
      await this.#pause(this.#random.between(20, 300));
    }
  }

  async #write(client: Coppice): Promise<void> {
    const tag = `t${this.#tried.length}`;
    this.#tried.push(tag);
    const written = client.call(LEDGER, 'put', { key: this.#random.pick(KEYS), tag }, { deadlineMs: 5_000 });
    await written.then(() => this.#acknowledged.push(tag), this.#expected('write'));
  }

  async #snapshot(client: Coppice): Promise<void> {
    const name = `s${this.#taken.length}`;
    const one: Taken = { name, before: [...this.#acknowledged], deleted: false };
    this.#taken.push(one);
    const rate = this.#random.pick([300, 3_000, 1_000_000]);
    const work = client.createSnapshot(name, { indices: LEDGER, max_bytes_per_sec: rate }, { deadlineMs: CREATE_MS });
    await work.then(
      () => (one.ended = 'done'),
      (error: unknown) => (one.ended = asCoppiceError(error).code),
    );
    this.#cluster.tell(`${name}: ${one.ended}`);
  }

  async #restoreAndDelete(client: Coppice): Promise<void> {
    await this.#pause(this.#random.between(500, 2_000));
    const known = this.#taken.filter(({ deleted }) => !deleted);
    if (known.length === 0) return;
    const one = this.#random.pick(known);
    if (this.#random.chance(0.5)) {
      one.deleted = true;
      return client.deleteSnapshot(one.name, {}, { deadlineMs: CREATE_MS }).then(() => {}, this.#expected('delete'));
    }
    const as = `during-${this.#restored++}`;
    await client.restoreSnapshot(one.name, { as }, { deadlineMs: CREATE_MS }).then(() => {}, this.#expected('restore'));
  }

  #expected(what: string): (error: unknown) => void {
    return (error) => {
      this.#cluster.tell(`${what} failed: ${asCoppiceError(error).message}`);
      if (!isCoppiceError(error) || error.code === 'INTERNAL' || error.code === 'CORRUPT_BLOB')
        this.#problems.push(`${what} failed with ${String(error)}`);
    };
  }

  #strikeLater(): void {
    this.#cluster.world.scheduler.after(this.#random.between(100, 3_000), () => {
      if (this.#over) return;
      strike(this.#cluster, this.#random, { kinds: KINDS, longestMs: LONGEST_FAULT_MS });
      this.#strikeLater();
    });
  }

  async #finish(): Promise<void> {
    this.#over = true;
    healAll(this.#cluster);
    const quiet = await this.#groups.within(PATIENCE_MS, Promise.all(this.#lanes));
    if (quiet === undefined) return void this.#problems.push('clients still wait for answers');
    await this.#groups.boot();
    if (!(await this.#groups.settled(PATIENCE_MS)))
      return void this.#problems.push(`copies did not settle: ${this.#groups.shownCopies()}`);
    const client = this.#cluster.client('root-1');
    if (client === undefined) return void this.#problems.push('no client');
    await this.#judge(client);
    this.#problems.push(...this.#cluster.errors);
  }

  async #judge(client: Coppice): Promise<void> {
    // Whose leaf died is given up by the next create; what its copies still store ends within half a minute.
    await this.#pause(40_000);
    await this.#must(client.createSnapshot('last', { indices: LEDGER }), 'the last create');
    const listed = (await this.#must(client.snapshots(), 'list'))?.snapshots ?? [];
    for (const { snapshot, state } of listed)
      if (state !== 'SUCCESS') this.#problems.push(`${snapshot} is ${state} though all is healed`);
    for (const one of this.#taken) {
      const isThere = listed.some(({ snapshot }) => snapshot === one.name);
      if (one.ended === 'done' && !one.deleted && !isThere) this.#problems.push(`${one.name} is gone`);
      if (one.ended === 'SNAPSHOT_FAILED' && isThere) this.#problems.push(`${one.name} failed, and is there`);
      if (isThere) await this.#judgeRestored(client, one);
    }
    await this.#judgeGroups(client);
    for (const { snapshot } of listed) await this.#must(client.deleteSnapshot(snapshot ?? ''), `delete of ${snapshot}`);
    this.#problems.push(...leftIn(this.#cluster.blobs));
  }

  async #judgeRestored(client: Coppice, { name, before }: Taken): Promise<void> {
    const as = `after-${name}`;
    if ((await this.#must(client.restoreSnapshot(name, { as }), `restore of ${name}`)) === undefined) return;
    const tags = await this.#must(client.call(as, 'all', {}, { deadlineMs: CREATE_MS }), `read of ${as}`);
    if (!Array.isArray(tags)) return;
    this.#restored += 1;
    const present = new Set(tags.map(String));
    if (present.size !== tags.length) this.#problems.push(`${name} has a write twice`);
    const lost = before.filter((tag) => !present.has(tag));
    if (lost.length > 0) this.#problems.push(`${name} lacks what was acknowledged before: ${lost.join()}`);
    const invented = [...present].filter((tag) => !this.#tried.includes(tag));
    if (invented.length > 0) this.#problems.push(`${name} has what nobody wrote: ${invented.join()}`);
    await this.#must(
      client.call(as, 'put', { key: 'a', tag: `new-${name}` }, { deadlineMs: CREATE_MS }),
      `write to ${as}`,
    );
  }

  /** What restores that died have left is gone; what there is answers. */
  async #judgeGroups(client: Coppice): Promise<void> {
    const context = this.#cluster.running('root-1')?.context;
    const groups = [...(context?.view.groups.values() ?? [])].map(({ value }) => value);
    for (const { name, restoring } of groups) {
      if (restoring !== undefined) this.#problems.push(`${name} is still being restored`);
      else await this.#must(client.call(name, 'all', {}, { deadlineMs: CREATE_MS }), `read of ${name}`);
    }
    const { jetStream } = this.#cluster.world.server;
    const lives = new Set(groups.map(({ generation }) => generation));
    const orphans = jetStream.streamNames.filter((name) => name.includes('_log_') && !lives.has(name.slice(-12)));
    if (orphans.length > 0) this.#problems.push(`logs of no group: ${orphans.join()}`);
    const forgotten = [...this.#cluster.blobs.keys()].filter(
      (name) => !name.startsWith('snapshots/') && !lives.has(name.split('/')[0] ?? ''),
    );
    if (forgotten.length > 0) this.#problems.push(`files of no group: ${forgotten.join()}`);
  }

  async #must<T>(work: Promise<T>, what: string): Promise<T | undefined> {
    let failure: unknown = 'no answer';
    const result = await this.#groups.within(
      PATIENCE_MS,
      work.catch((error: unknown) => {
        failure = error;
        throw error;
      }),
    );
    if (result === undefined) this.#problems.push(`${what} fails though all is healed: ${String(failure)}`);
    return result;
  }

  async #pause(ms: number): Promise<void> {
    const { scheduler } = this.#cluster.world;
    const isOutside = this.#over;
    let passed = false;
    const waiting = new Promise<void>((resolve) =>
      scheduler.after(ms, () => {
        passed = true;
        resolve();
      }),
    );
    if (isOutside) await scheduler.run(scheduler.nowMs + ms + 1, () => passed);
    await waiting;
  }
}

/** What lies on the shelf though nothing is on it: only marks of creates that were given up may. */
function leftIn(blobs: SimBlobs): readonly string[] {
  const left = [...blobs].filter(
    ([name, { bytes }]) => name.startsWith('snapshots/') && !Buffer.from(bytes).toString().includes('"given-up"'),
  );
  return left.map(([name]) => `${name} is left though everything was deleted`);
}
