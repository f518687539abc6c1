/**
 * One scenario: a cluster under work and faults for some virtual seconds, then healed, then judged. All of it follows
 * from the seed.
 */
import { shardsOf } from '../../../src/actor/slots.ts';
import type { SimRandom } from '../../../src/bus/sim/sim-random.ts';
import { createGroup } from '../../../src/cluster/groups.ts';
import { parseSearch } from '../../../src/search/request/search-request.ts';
import { encode } from '../../../src/wire/codec.ts';
import { groupToken, nameToToken } from '../../../src/wire/names.ts';
import { type GroupRecord, SERVING_STATES } from '../../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../../src/wire/subjects.ts';
import { check, type IndexCopy, type LedgerCopy } from './checker.ts';
import { FAULT_KINDS, healAll, strike } from './faults.ts';
import { History } from './history.ts';
import { LEDGER_REQUIREMENT, ledgerDefinition } from './ledger-actor.ts';
import { SimCluster, type SimClusterOptions } from './sim-cluster.ts';
import { BOOKS, LEDGER, Workload } from './workload.ts';

/** What is run. */
export type ScenarioOptions = SimClusterOptions & {
  /** Whether there is a search index, too; by the seed unless told. */
  readonly searches?: boolean;
  /** Virtual milliseconds of work under faults; 12,000 unless told otherwise. */
  readonly faultsMs?: number;
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

const LEAVES = 3;
const ROOTS = 2;
const BOOT_MS = 30_000;
const SETTLE_MS = 90_000;
const LAST_WRITE_MS = 20_000;
const SEARCH_SHARE = 0.15;
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
  readonly #searches: boolean;
  readonly #shards: number;
  readonly #copies: number;
  readonly #keys: readonly string[];
  readonly #working = new Map<string, { readonly pid: number; done: boolean }>();
  readonly #lanes: number;
  #over = false;

  constructor(options: ScenarioOptions) {
    this.#options = options;
    this.#cluster = new SimCluster(options);
    this.#random = this.#cluster.world.random.fork('scenario');
    this.#searches = options.searches ?? this.#random.chance(SEARCH_SHARE);
    this.#shards = 1 + this.#random.below(2);
    this.#copies = 2 + this.#random.below(2);
    this.#keys = ['a', 'b', 'c', 'd', 'e'].slice(0, 2 + this.#random.below(4));
    this.#cluster.world.faults.reorders = this.#random.chance(0.5);
    this.#cluster.world.faults.looksAtIdFirst = this.#random.chance(0.5);
    this.#cluster.world.faults.latencyMs = this.#random.pick(LATENCIES_MS);
    this.#lanes = 1 + this.#random.below(5);
  }

  async run(): Promise<ScenarioResult> {
    const { scheduler } = this.#cluster.world;
    for (let at = 1; at <= LEAVES; at += 1) this.#cluster.start(`leaf-${at}`, 'leaf');
    for (let at = 1; at <= ROOTS; at += 1) this.#cluster.start(`root-${at}`, 'root');
    const isReady = (await this.#boot()) && (await this.#prepare());
    if (!isReady) this.#problems.push('the cluster did not start');
    else {
      this.#workAgain();
      this.#strikeLater();
      await scheduler.run(scheduler.nowMs + (this.#options.faultsMs ?? 12_000));
      await this.#finish();
    }
    return this.#result();
  }

  async #boot(): Promise<boolean> {
    const { scheduler } = this.#cluster.world;
    const isUp = (): boolean =>
      this.#cluster.names('leaf').every((name) => this.#cluster.running(name)?.leaf !== undefined) &&
      this.#cluster.names('root').every((name) => this.#cluster.client(name) !== undefined);
    await scheduler.run(scheduler.nowMs + BOOT_MS, isUp);
    return isUp();
  }

  async #prepare(): Promise<boolean> {
    const context = this.#cluster.running('root-1')?.context;
    const client = this.#cluster.client('root-1');
    if (context === undefined || client === undefined) return false;
    const made = createGroup(context, {
      name: LEDGER,
      definition: ledgerDefinition(() => {}),
      shards: this.#shards,
      copies: this.#copies,
      requires: LEDGER_REQUIREMENT,
      settings: null,
    });
    if ((await this.#within(BOOT_MS, made)) === undefined) return false;
    if (this.#searches) {
      const body = {
        settings: { number_of_shards: this.#shards, number_of_replicas: this.#copies - 1 },
        mappings: { properties: { text: { type: 'text' } } },
      };
      if ((await this.#within(BOOT_MS, client.request('index-create', BOOKS, body))) === undefined) return false;
    }
    return this.#settled(BOOT_MS);
  }

  /** Gives work to every root that has none: at the start, and when one is back from the dead. */
  #workAgain(): void {
    for (const name of this.#cluster.names('root')) {
      const process = this.#cluster.running(name);
      const pid = process?.node.env.machine.pid;
      if (process?.client === undefined || pid === undefined || this.#working.get(name)?.pid === pid) continue;
      const work = { pid, done: false };
      this.#working.set(name, work);
      const workload = new Workload({
        name: `${name}/${pid}`,
        client: process.client,
        clock: process.node.env.clock,
        random: this.#random.fork(`work of ${name}/${pid}`),
        history: this.#history,
        keys: this.#keys,
        searches: this.#searches,
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
    this.#cluster.world.scheduler.after(this.#random.between(100, 2_500), () => {
      if (this.#over) return;
      this.#faults.push(strike(this.#cluster, this.#random, this.#options.faultKinds ?? FAULT_KINDS));
      this.#strikeLater();
    });
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
    if (!(await this.#settled(SETTLE_MS))) this.#problems.push(`copies did not settle: ${this.#shownCopies()}`);
    await this.#writeOnceMore();
    if (!(await this.#settled(SETTLE_MS))) this.#problems.push(`copies did not settle again: ${this.#shownCopies()}`);
    const index = this.#searches ? await this.#indexCopies() : [];
    const documents = this.#searches ? await this.#documentIds() : [];
    this.#problems.push(...check(this.#history, { ledger: this.#ledgerCopies(), index, documents }));
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
    await this.#boot();
    const client = this.#cluster.client('root-1');
    for (const key of this.#keys) {
      const tag = `last.${key}`;
      this.#history.writes.push({ key, tag, expected: undefined, end: { kind: 'unknown', code: '' } });
      const written = client?.call(LEDGER, 'put', { key, tag }, { deadlineMs: LAST_WRITE_MS });
      if (written === undefined || (await this.#within(2 * LAST_WRITE_MS, written)) === undefined)
        this.#problems.push(`a write to ${key} fails though all is healed`);
    }
  }

  async #indexCopies(): Promise<readonly IndexCopy[]> {
    const context = this.#cluster.running('root-1')?.context;
    const group = context?.view.group(BOOKS);
    if (context === undefined || group === undefined) return [];
    const request = parseSearch({ query: { match: { text: 'oak hazel ash' } }, size: 1_000 });
    const copies = this.#cluster.copies().filter(({ group: name }) => name === BOOKS);
    const answers: IndexCopy[] = [];
    for (const { leaf, shard } of copies) {
      const place = {
        cluster: context.cluster,
        leaf: nameToToken(leaf),
        group: groupToken(group.name, group.generation),
      };
      const subject = fill(SUBJECTS.copy, { ...place, shard, endpoint: 'search' });
      const body = { body: { request, sources: true }, slots: group.slots.version };
      const answer = await this.#within(BOOT_MS, context.rpc.request(subject, body));
      answers.push({ leaf, shard, answer: Buffer.from(encode(answer, 'msgpack')).toString('base64') });
    }
    return answers;
  }

  async #documentIds(): Promise<readonly string[]> {
    const client = this.#cluster.client('root-1');
    const asked = client?.search(BOOKS, { size: 10_000, query: { match_all: {} } }, { deadlineMs: BOOT_MS });
    const answer = asked === undefined ? undefined : await this.#within(BOOT_MS, asked);
    if (answer === undefined || answer._shards.failed > 0) this.#problems.push('a search fails though all is healed');
    return answer?.hits.hits.map(({ _id }) => _id) ?? [];
  }

  #ledgerCopies(): readonly LedgerCopy[] {
    return this.#cluster
      .copies()
      .filter(({ group }) => group === LEDGER)
      .flatMap(({ leaf, shard }) => {
        const state = this.#cluster.running(leaf)?.ledgers.get(shard);
        return state === undefined ? [] : [{ leaf, state }];
      });
  }

  /** Resolves to true when every shard has its copies, one of them leads, and all are at the same place. */
  async #settled(withinMs: number): Promise<boolean> {
    const { scheduler } = this.#cluster.world;
    const endMs = scheduler.nowMs + withinMs;
    while (!this.#isSettled() && scheduler.nowMs < endMs) await scheduler.run(scheduler.nowMs + 100);
    return this.#isSettled();
  }

  #isSettled(): boolean {
    const view = this.#cluster.running('root-1')?.context?.view;
    const groups = [LEDGER, ...(this.#searches ? [BOOKS] : [])].map((name) => view?.group(name));
    return groups.every((group) => group !== undefined && this.#isGroupSettled(group));
  }

  #isGroupSettled(group: GroupRecord): boolean {
    const copies = this.#cluster.copies().filter(({ group: name }) => name === group.name);
    return shardsOf(group.slots).every((shard) => {
      const ofShard = copies.filter((copy) => copy.shard === shard);
      return (
        ofShard.length === group.copies &&
        ofShard.every(({ state, seq }) => SERVING_STATES.has(state) && seq === ofShard[0]?.seq) &&
        ofShard.filter(({ state }) => state === 'primary').length === 1
      );
    });
  }

  #shownCopies(): string {
    return this.#cluster
      .copies()
      .map(({ leaf, group, shard, state, seq, reason }) => `${leaf} ${group}/${shard} ${state} ${seq} ${reason ?? ''}`)
      .join('; ');
  }

  /** What a promise of the simulated world comes to; undefined, and noted, if to nothing in time or to an error. */
  async #within<T>(withinMs: number, promise: Promise<T>): Promise<T | undefined> {
    let value: T | undefined;
    let ended = false;
    promise.then(
      (result) => {
        value = result;
        ended = true;
      },
      (error: unknown) => {
        this.#cluster.tell(`failed: ${String(error)}`);
        ended = true;
      },
    );
    const { scheduler } = this.#cluster.world;
    await scheduler.run(scheduler.nowMs + withinMs, () => ended);
    return value;
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
