/**
 * One scenario: a cluster under work and faults for some virtual seconds, then healed, then judged. All of it follows
 * from the seed.
 */
import type { SimRandom } from '../../../src/bus/sim/sim-random.ts';
import { History } from '../../../src/testing/history.ts';
import type { FinalDocument } from '../../../src/testing/judge-documents.ts';
import { check } from './checker.ts';
import { FAULT_KINDS, healAll, strike } from './faults.ts';
import { HostedGroups } from './hosted-groups.ts';
import { SimCluster, type SimClusterOptions } from './sim-cluster.ts';
import { LEDGER, Workload } from './workload.ts';

/** What is run. */
export type ScenarioOptions = SimClusterOptions & {
  /** Whether there is a search index, too; by the seed unless told. */
  readonly searches?: boolean;
  /** Whether clients also write what no copy can apply, or not every copy at once; by the seed unless told. */
  readonly poisons?: boolean;
  /** Virtual milliseconds of work under faults; 12,000 unless told otherwise. */
  readonly faultsMs?: number;
  /** Whether it is a long one; by the seed unless true. */
  readonly isLong?: boolean;
  /** Kinds of faults that may strike; all unless told otherwise. */
  readonly faultKinds?: readonly string[];
};

/** What came of it. */
export type ScenarioResult = {
  readonly seed: number;
  /** Everything that is wrong; empty if nothing is. */
  readonly problems: readonly string[];
  readonly story: readonly string[];
  readonly events: readonly string[];
  readonly digest: number;
  /** Events that were run. */
  readonly steps: number;
  readonly virtualMs: number;
  readonly acknowledged: number;
  readonly reads: number;
  readonly faults: readonly string[];
};

const SETTLE_MS = 90_000;
/** The latest message of the time of faults, an echo of a late one, has come by then. */
const STRAGGLERS_MS = 4_000;
const LAST_WRITE_MS = 20_000;
const SEARCH_SHARE = 0.15;
/** In one of so many scenarios there are writes that no copy can apply, and copies falter at others. */
const POISON_EVERY = 4;
const FALTER_SHARE = 0.1;
const FAULTS_MS = 12_000;
/** Longest time from one fault to the next: few, many, a storm. */
const PACES_MS = [2_500, 1_200, 400];
const LONGEST_FAULT_MS = 7_000;
/** Some scenarios are long, with faults for which a leaf is given up and its copies move. */
const LONG_SHARE = 0.05;
const LONG_TIMES = 6;
const LONG_FAULT_MS = 40_000;
/** Log records between checkpoints, by the seed: none are taken, or often, or now and then. */
const CHECKPOINT_RECORDS = [undefined, 3, 10, 30];
/** A copy that has applied what the log skips, or failed where others did not, has saved what nobody else holds. */
const OTHERS_DIFFER = /was applied here, and is skipped|other operations had failed than here/;
/** The same between saves of copies on their leaves' disks; without any, leaves have no disk. */
const LOCAL_RECORDS = [undefined, 2, 5, 20];
/** Networks: a rack, a building, a country. */
const LATENCIES_MS = [
  { from: 0.05, to: 0.5 },
  { from: 0.5, to: 4 },
  { from: 5, to: 25 },
];

/** Runs a scenario. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const { stackTraceLimit } = Error;
  // Faults make errors by the thousand, and their stacks were a third of the time.
  Error.stackTraceLimit = 0;
  try {
    return await new Scenario(options).run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class Scenario {
  readonly #options: ScenarioOptions;
  readonly #cluster: SimCluster;
  readonly #random: SimRandom;
  readonly #history = new History();
  readonly #problems: string[] = [];
  readonly #faults: string[] = [];
  readonly #groups: HostedGroups;
  readonly #searches: boolean;
  readonly #faultsMs: number;
  readonly #longestMs: number;
  readonly #keys: readonly string[];
  readonly #working = new Map<string, { readonly pid: number; done: boolean }>();
  readonly #lanes: number;
  readonly #writesMany: boolean;
  readonly #poisons: boolean;
  readonly #paceMs: number;
  #over = false;

  constructor(options: ScenarioOptions) {
    this.#options = options;
    const checkpointRecords = options.checkpointRecords ?? CHECKPOINT_RECORDS[options.seed % CHECKPOINT_RECORDS.length];
    this.#poisons = options.poisons ?? options.seed % POISON_EVERY === 1;
    const falterShare = options.falterShare ?? (this.#poisons ? FALTER_SHARE : 0);
    const localRecords =
      'localRecords' in options ? options.localRecords : LOCAL_RECORDS[(options.seed >>> 2) % LOCAL_RECORDS.length];
    this.#cluster = new SimCluster({ ...options, checkpointRecords, localRecords, falterShare });
    this.#random = this.#cluster.world.random.fork('scenario');
    this.#searches = options.searches ?? this.#random.chance(SEARCH_SHARE);
    this.#groups = new HostedGroups(this.#cluster, {
      searches: this.#searches,
      shards: 1 + this.#random.below(2),
      copies: 2 + this.#random.below(2),
    });
    const isLong = this.#random.chance(options.isLong === true ? 1 : LONG_SHARE);
    this.#faultsMs = (options.faultsMs ?? FAULTS_MS) * (isLong ? LONG_TIMES : 1);
    this.#longestMs = isLong ? LONG_FAULT_MS : LONGEST_FAULT_MS;
    this.#keys = ['a', 'b', 'c', 'd', 'e'].slice(0, 2 + this.#random.below(4));
    this.#cluster.world.faults.reorders = this.#random.chance(0.5);
    this.#cluster.world.faults.looksAtIdFirst = this.#random.chance(0.5);
    this.#cluster.world.faults.latencyMs = this.#random.pick(LATENCIES_MS);
    this.#writesMany = this.#random.chance(0.5);
    this.#paceMs = this.#random.pick(PACES_MS);
    this.#lanes = 1 + this.#random.below(5);
  }

  async run(): Promise<ScenarioResult> {
    const { scheduler } = this.#cluster.world;
    if (!(await this.#groups.start())) this.#problems.push('the cluster did not start');
    else {
      this.#workAgain();
      this.#strikeLater();
      await scheduler.run(scheduler.nowMs + this.#faultsMs);
      await this.#finish();
    }
    return this.#result();
  }

  /** Gives work to every root that has none: at the start, and when one is back from the dead. */
  #workAgain(): void {
    for (const name of this.#cluster.names('root')) {
      const process = this.#cluster.running(name);
      const pid = process?.node.env.machine.pid;
      if (
        process?.client === undefined ||
        process.context === undefined ||
        pid === undefined ||
        this.#working.get(name)?.pid === pid
      )
        continue;
      const work = { pid, done: false };
      this.#working.set(name, work);
      const workload = new Workload({
        name: `${name}/${pid}`,
        client: process.client,
        context: process.context,
        random: this.#random.fork(`work of ${name}/${pid}`),
        history: this.#history,
        keys: this.#keys,
        searches: this.#searches,
        writesMany: this.#writesMany,
        poisons: this.#poisons,
        lanes: this.#lanes,
        isOver: () => this.#over,
        tell: (text) => this.#cluster.tell(text),
      });
      workload.run().then(
        () => (work.done = true),
        (error: unknown) => this.#problems.push(`the work of ${name} failed: ${String(error)}`),
      );
    }
    if (!this.#over) this.#cluster.world.scheduler.after(100, () => this.#workAgain());
  }

  #strikeLater(): void {
    this.#cluster.world.scheduler.after(this.#random.between(20, this.#paceMs), () => {
      if (this.#over) return;
      this.#faults.push(this.#strike());
      this.#strikeLater();
    });
  }

  #strike(): string {
    const kinds = this.#options.faultKinds ?? FAULT_KINDS;
    return strike(this.#cluster, this.#random, { kinds, longestMs: this.#longestMs });
  }

  async #finish(): Promise<void> {
    const { scheduler } = this.#cluster.world;
    this.#over = true;
    healAll(this.#cluster);
    this.#giveUpOnTheDead();
    const isQuiet = (): boolean =>
      [...this.#working].every(
        ([name, { pid, done }]) => done || this.#cluster.running(name)?.node.env.machine.pid !== pid,
      );
    await scheduler.run(scheduler.nowMs + SETTLE_MS, isQuiet);
    if (!isQuiet()) this.#problems.push('clients still wait for answers');
    await scheduler.run(scheduler.nowMs + STRAGGLERS_MS);
    if (!(await this.#groups.settled(SETTLE_MS)))
      this.#problems.push(`copies did not settle: ${this.#groups.shownCopies()}`);
    await this.#writeOnceMore();
    if (!(await this.#groups.settled(SETTLE_MS)))
      this.#problems.push(`copies did not settle again: ${this.#groups.shownCopies()}`);
    const index = await this.#groups.indexCopies();
    const documents = await this.#groups.documents();
    if (documents === undefined) this.#problems.push('a search fails though all is healed');
    const final = {
      ledger: this.#groups.ledgerCopies(),
      index,
      documents: documents ?? new Map<string, FinalDocument>(),
      logs: this.#groups.logs(),
      blobs: this.#cluster.blobs,
    };
    this.#problems.push(...check(this.#history, final), ...this.#cluster.errors, ...this.#diskProblems());
  }

  /** What is saved is whole, and nothing but rot makes a copy give up what it has saved. */
  #diskProblems(): readonly string[] {
    const { disks, story } = this.#cluster;
    const isInvoluntary = (line: string): boolean => line.includes('local.discarded') && !OTHERS_DIFFER.test(line);
    const discarded = disks.hasRotted ? [] : story.filter(isInvoluntary);
    return [...disks.problems(), ...discarded.map((line) => `without any rot: ${line}`)];
  }

  /** Those who asked and died will never be told. */
  #giveUpOnTheDead(): void {
    const alive = [...this.#working].flatMap(([name, { pid }]) =>
      this.#cluster.running(name)?.node.env.machine.pid === pid ? [`${name}/${pid}`] : [],
    );
    const isAlive = (tag: string): boolean =>
      alive.some((name) => tag.startsWith(`${name}.`) || tag.startsWith(`${name}-`));
    for (const write of this.#history.writes) if (!isAlive(write.tag)) write.end ??= { kind: 'unknown', code: 'DIED' };
    for (const write of this.#history.documents)
      if (!isAlive(write.id)) write.end ??= { kind: 'unknown', code: 'DIED' };
  }

  /** A healed cluster takes writes. */
  async #writeOnceMore(): Promise<void> {
    await this.#groups.boot();
    const client = this.#cluster.client('root-1');
    for (const key of this.#keys) {
      const tag = `last.${key}`;
      this.#history.writes.push({ key, tag, expected: undefined, end: { kind: 'unknown', code: '' } });
      const written = client?.call(LEDGER, 'put', { key, tag }, { deadlineMs: LAST_WRITE_MS });
      if (written === undefined || (await this.#groups.within(2 * LAST_WRITE_MS, written)) === undefined)
        this.#problems.push(`a write to ${key} fails though all is healed`);
    }
  }

  #result(): ScenarioResult {
    const { world, story } = this.#cluster;
    const { writes, documents, reads, wholeReads, searches } = this.#history;
    const isAcknowledged = ({ end }: { end?: { kind: string } }): boolean => end?.kind === 'acknowledged';
    return {
      seed: this.#options.seed,
      problems: this.#problems,
      story,
      events: world.events,
      digest: world.digest,
      steps: world.scheduler.steps,
      virtualMs: world.scheduler.nowMs,
      acknowledged: writes.filter(isAcknowledged).length + documents.filter(isAcknowledged).length,
      reads: reads.length + wholeReads.length + searches.length,
      faults: this.#faults,
    };
  }
}
