/** The groups of a scenario on a simulated cluster: made, waited for, and looked at from inside. */
import { shardsOf } from '../../../src/actor/slots.ts';
import { JS_HEADERS } from '../../../src/bus/nats/stream.ts';
import { SubjectPattern } from '../../../src/bus/sim/subject-pattern.ts';
import type { ClusterContext } from '../../../src/cluster/context.ts';
import { createGroup } from '../../../src/cluster/groups.ts';
import { parseSearch } from '../../../src/search/request/search-request.ts';
import type { CopyAnswer, LoggedRecord } from '../../../src/testing/judge.ts';
import type { FinalDocument } from '../../../src/testing/judge-documents.ts';
import { encode } from '../../../src/wire/codec.ts';
import { decodeLogRecord } from '../../../src/wire/log-record.ts';
import { groupToken, nameToToken } from '../../../src/wire/names.ts';
import { type GroupRecord, SERVING_STATES } from '../../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../../src/wire/subjects.ts';
import type { LedgerCopy } from './checker.ts';
import { LEDGER_REQUIREMENT, ledgerDefinition } from './ledger-actor.ts';
import type { SimCluster } from './sim-cluster.ts';
import { BOOKS, LEDGER, textOf } from './workload.ts';

/** What is hosted. */
export type HostedOptions = { readonly shards: number; readonly copies: number; readonly searches: boolean };

const LEAVES = 3;
const ROOTS = 2;
const BOOT_MS = 30_000;

/** The ledger, and the index if there is one. */
export class HostedGroups {
  readonly cluster: SimCluster;
  readonly #options: HostedOptions;

  constructor(cluster: SimCluster, options: HostedOptions) {
    this.cluster = cluster;
    this.#options = options;
  }

  /** Starts three leaves and two roots, and makes the groups; false if it comes to nothing. */
  async start(): Promise<boolean> {
    for (let at = 1; at <= LEAVES; at += 1) this.cluster.start(`leaf-${at}`, 'leaf');
    for (let at = 1; at <= ROOTS; at += 1) this.cluster.start(`root-${at}`, 'root');
    return (await this.boot()) && (await this.#prepare());
  }

  /** Resolves to true when every process runs. */
  async boot(): Promise<boolean> {
    const { scheduler } = this.cluster.world;
    const isUp = (): boolean =>
      this.cluster.names('leaf').every((name) => this.cluster.running(name)?.leaf !== undefined) &&
      this.cluster.names('root').every((name) => this.cluster.client(name) !== undefined);
    await scheduler.run(scheduler.nowMs + BOOT_MS, isUp);
    return isUp();
  }

  /** Makes the ledger; false if that comes to nothing. */
  async makeLedger(context: ClusterContext): Promise<boolean> {
    const made = createGroup(context, {
      name: LEDGER,
      definition: ledgerDefinition(() => {}),
      shards: this.#options.shards,
      copies: this.#options.copies,
      requires: LEDGER_REQUIREMENT,
      settings: null,
    });
    return (await this.within(BOOT_MS, made)) !== undefined;
  }

  async #prepare(): Promise<boolean> {
    const context = this.cluster.running('root-1')?.context;
    const client = this.cluster.client('root-1');
    if (context === undefined || client === undefined) return false;
    if (!(await this.makeLedger(context))) return false;
    if (this.#options.searches) {
      const body = {
        settings: { number_of_shards: this.#options.shards, number_of_replicas: this.#options.copies - 1 },
        mappings: { properties: { text: { type: 'text' } } },
      };
      if ((await this.within(BOOT_MS, client.request('index-create', BOOKS, body))) === undefined) return false;
    }
    return this.settled(BOOT_MS);
  }

  /** What each copy of the index answers to a fixed question. */
  async indexCopies(): Promise<readonly CopyAnswer[]> {
    const context = this.cluster.running('root-1')?.context;
    const group = context?.view.group(BOOKS);
    if (context === undefined || group === undefined) return [];
    const request = parseSearch({ query: { match: { text: 'oak hazel ash' } }, size: 1_000 });
    const copies = this.cluster.copies().filter(({ group: name }) => name === BOOKS);
    const answers: CopyAnswer[] = [];
    for (const { leaf, shard } of copies) {
      const place = {
        cluster: context.cluster,
        leaf: nameToToken(leaf),
        group: groupToken(group.name, group.generation),
      };
      const subject = fill(SUBJECTS.copy, { ...place, shard, endpoint: 'search' });
      const body = { body: { request, sources: true }, slots: group.slots.version };
      const answer = await this.within(BOOT_MS, context.rpc.request(subject, body));
      answers.push({ leaf, shard, answer: Buffer.from(encode(answer, 'msgpack')).toString('base64') });
    }
    return answers;
  }

  /** Texts of all documents by id; undefined if they cannot be had. */
  async documents(): Promise<ReadonlyMap<string, FinalDocument> | undefined> {
    if (!this.#options.searches) return new Map();
    const client = this.cluster.client('root-1');
    const asked = client?.search(
      BOOKS,
      { size: 10_000, version: true, query: { match_all: {} } },
      { deadlineMs: BOOT_MS },
    );
    const answer = asked === undefined ? undefined : await this.within(BOOT_MS, asked);
    if (answer?._shards.failed !== 0) return undefined;
    return new Map(
      answer.hits.hits.map(({ _id, _source, _version }) => [
        _id,
        { text: textOf(_source), ...(_version === undefined ? {} : { version: _version }) },
      ]),
    );
  }

  /** The log of each shard, as it lies in the streams. */
  logs(): readonly (readonly LoggedRecord[])[] {
    const { jetStream } = this.cluster.world.server;
    const bySubject = new Map<string, LoggedRecord[]>();
    for (const name of jetStream.streamNames.filter((one) => one.includes('_log_'))) {
      for (const { subject, seq, data, headers } of jetStream.stream(name)?.from(new SubjectPattern('>'), 1) ?? []) {
        const record = { seq, id: headers[JS_HEADERS.messageId] ?? '', record: decodeLogRecord(data) };
        bySubject.set(subject, [...(bySubject.get(subject) ?? []), record]);
      }
    }
    return [...bySubject.values()];
  }

  /** The states of the ledger on all leaves. */
  ledgerCopies(): readonly LedgerCopy[] {
    return this.cluster
      .copies()
      .filter(({ group }) => group === LEDGER)
      .flatMap(({ leaf, shard }) => {
        const state = this.cluster.running(leaf)?.ledgers.get(shard);
        return state === undefined ? [] : [{ leaf, state }];
      });
  }

  /** Resolves to true when every shard has its copies, one of them leads, and all are at the same place. */
  async settled(withinMs: number): Promise<boolean> {
    const { scheduler } = this.cluster.world;
    const endMs = scheduler.nowMs + withinMs;
    while (!this.#isSettled() && scheduler.nowMs < endMs) await scheduler.run(scheduler.nowMs + 100);
    return this.#isSettled();
  }

  #isSettled(): boolean {
    const view = this.cluster.running('root-1')?.context?.view;
    const groups = [LEDGER, ...(this.#options.searches ? [BOOKS] : [])].map((name) => view?.group(name));
    return groups.every((group) => group !== undefined && this.#isGroupSettled(group));
  }

  #isGroupSettled(group: GroupRecord): boolean {
    const copies = this.cluster.copies().filter(({ group: name }) => name === group.name);
    return shardsOf(group.slots).every((shard) => {
      const ofShard = copies.filter((copy) => copy.shard === shard);
      return (
        ofShard.length === group.copies &&
        ofShard.every(({ state, seq }) => SERVING_STATES.has(state) && seq === ofShard[0]?.seq) &&
        ofShard.filter(({ state }) => state === 'primary').length === 1
      );
    });
  }

  /** All copies, for people. */
  shownCopies(): string {
    return this.cluster
      .copies()
      .map(({ leaf, group, shard, state, seq, reason }) => `${leaf} ${group}/${shard} ${state} ${seq} ${reason ?? ''}`)
      .join('; ');
  }

  /** What a promise of the simulated world comes to; undefined, and noted, if to nothing in time or to an error. */
  async within<T>(withinMs: number, promise: Promise<T>): Promise<T | undefined> {
    let value: T | undefined;
    let ended = false;
    promise.then(
      (result) => {
        value = result;
        ended = true;
      },
      (error: unknown) => {
        this.cluster.tell(`failed: ${String(error)}`);
        ended = true;
      },
    );
    const { scheduler } = this.cluster.world;
    await scheduler.run(scheduler.nowMs + withinMs, () => ended);
    return value;
  }
}
