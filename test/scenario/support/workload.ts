/** What the clients of a scenario do: they write, read what they have written, and note what they were told. */
import type { SimRandom } from '../../../src/bus/sim/sim-random.ts';
import type { Coppice } from '../../../src/client/client.ts';
import { groupBy } from '../../../src/client/group-by.ts';
import type { Token } from '../../../src/client/router.ts';
import { tokenOf, Writer } from '../../../src/client/writer.ts';
import type { ClusterContext } from '../../../src/cluster/context.ts';
import { Deadline, pause } from '../../../src/env.ts';
import { asCoppiceError, type CoppiceError } from '../../../src/errors.ts';
import type { DocumentWrite, History, LedgerWrite, WriteEnd } from '../../../src/testing/history.ts';
import type { LedgerKind, LedgerResult } from './ledger-actor.ts';

/** Group and index of the scenarios. */
export const LEDGER = 'ledger';
/** The index of the scenarios. */
export const BOOKS = 'books';

type WrittenLedger = { result: LedgerResult; token: Token };

/** A client at work. */
export type WorkloadOptions = {
  readonly name: string;
  readonly client: Coppice;
  readonly context: ClusterContext;
  readonly random: SimRandom;
  readonly history: History;
  readonly keys: readonly string[];
  readonly searches: boolean;
  /** Whether it also makes many writes in one call. */
  readonly writesMany: boolean;
  /** Whether it also writes what no copy can apply, or not every copy at once. */
  readonly poisons: boolean;
  /** Ops that it has under way at once. */
  readonly lanes: number;
  readonly isOver: () => boolean;
  readonly tell: (text: string) => void;
};

/** Errors that say that the write was not and will not be applied. */
const REFUSED = new Set(['CONFLICT', 'SHARD_UNAVAILABLE', 'ACTOR_FAILED']);
const POISON_SHARE = 0.02;
const SHAKY_SHARE = 0.06;
const WORDS = ['oak', 'beech', 'alder', 'coppice', 'hazel', 'birch', 'willow', 'ash'];

/** A client's work. */
export class Workload {
  readonly #options: WorkloadOptions;
  #token: Token = {};
  #searchToken: Token = {};
  #count = 0;
  /** Documents that no write is under way for. */
  readonly #idleIds: string[] = [];
  /** Lengths of the lists as last seen. */
  readonly #lengths = new Map<string, number>();

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** Works until it is over; resolves when every call has ended. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.lanes }, async () => this.#lane()));
  }

  async #lane(): Promise<void> {
    const { random, isOver, context } = this.#options;
    while (!isOver()) {
      await this.#step();
      await pause(context.env.clock, random.between(5, 250));
    }
  }

  async #step(): Promise<void> {
    const { random, searches, writesMany, poisons } = this.#options;
    if (poisons && random.chance(POISON_SHARE)) return this.#writeOdd('poison');
    if (poisons && random.chance(SHAKY_SHARE)) return this.#writeOdd('shaky');
    const dice = random.next();
    if (searches && dice < 0.2) return this.#writeDocument();
    if (searches && dice < 0.35) return this.#search();
    if (writesMany && dice < 0.45) return this.#writeMany();
    if (dice < 0.7) return this.#write();
    return dice < 0.9 ? this.#read() : this.#readAll();
  }

  async #write(): Promise<void> {
    const { client, random, history, keys, name, tell } = this.#options;
    this.#count += 1;
    const key = random.pick(keys);
    const expected = random.chance(0.4) ? (this.#lengths.get(key) ?? 0) + random.below(4) : undefined;
    const tag = `${name}.${this.#count}`;
    const write: LedgerWrite = { key, tag, expected };
    history.writes.push(write);
    const body = expected === undefined ? { key, tag } : { key, tag, expected };
    try {
      const answer = await client.call(LEDGER, 'put', body, { deadlineMs: random.between(300, 6_000) });
      const { result, token } = answer as WrittenLedger;
      write.end = { kind: 'acknowledged', at: result.at, token };
      this.#token = newer(this.#token, token);
      this.#lengths.set(key, result.at + 1);
      tell(`${tag} → ${key}[${result.at}] at ${JSON.stringify(token)}`);
    } catch (error) {
      write.end = endOf(asCoppiceError(error));
      tell(`${tag} → ${key}${expected === undefined ? '' : `[${expected}]`}: ${asCoppiceError(error).message}`);
    }
  }

  /** To a key of its own: what is decided on top of it would fail with it. */
  async #writeOdd(kind: LedgerKind): Promise<void> {
    const { client, random, history, name, tell } = this.#options;
    this.#count += 1;
    const tag = `${name}.${this.#count}`;
    const key = `${kind} ${tag}`;
    const write: LedgerWrite = { key, tag, expected: undefined };
    history.writes.push(write);
    try {
      const options = { deadlineMs: random.between(500, 6_000) };
      const { result, token } = (await client.call(LEDGER, 'put', { key, tag, kind }, options)) as WrittenLedger;
      write.end = { kind: 'acknowledged', at: result.at, token };
      tell(`${kind} ${tag} at ${JSON.stringify(token)}`);
    } catch (error) {
      write.end = endOf(asCoppiceError(error));
      tell(`${kind} ${tag}: ${asCoppiceError(error).message}`);
    }
  }

  /** Several writes in one call; those of a key keep their order. */
  async #writeMany(): Promise<void> {
    const { context, random, history, keys, name, tell } = this.#options;
    const group = context.view.group(LEDGER);
    if (group === undefined) return;
    const writes = Array.from({ length: 2 + random.below(6) }, (): LedgerWrite => {
      this.#count += 1;
      return { key: random.pick(keys), tag: `${name}.${this.#count}`, expected: undefined };
    });
    history.writes.push(...writes);
    for (const ofKey of groupBy(writes, ({ key }) => key).values()) history.sequences.push(ofKey.map(({ tag }) => tag));
    const deadline = new Deadline(context.env.clock, random.between(300, 6_000));
    const operations = writes.map(({ key, tag }) => ({ key, body: { key, tag } }));
    const results = await new Writer(context).write(group, 'put', operations, { deadline });
    for (const [place, result] of results.entries()) {
      const write = writes[place];
      if (write === undefined) throw new Error('a result without a write');
      write.end = result.ok
        ? { kind: 'acknowledged', at: placeOf(result.value), token: { [result.shard]: result.seq } }
        : endOf(result.error);
    }
    this.#token = newer(this.#token, tokenOf(results));
    tell(`${writes.map(({ key, tag, end }) => `${tag}→${key} ${end?.kind}`).join(', ')}`);
  }

  async #read(): Promise<void> {
    const { client, random, history, keys, tell } = this.#options;
    const key = random.pick(keys);
    const token = this.#token;
    try {
      const options = { deadlineMs: random.between(300, 3_000), after: token };
      const tags = (await client.call(LEDGER, 'get', { key }, options)) as readonly string[];
      history.reads.push({ key, token, tags });
      this.#lengths.set(key, tags.length);
    } catch (error) {
      tell(`read of ${key}: ${asCoppiceError(error).message}`);
    }
  }

  async #readAll(): Promise<void> {
    const { client, random, history, tell } = this.#options;
    const token = this.#token;
    try {
      const options = { deadlineMs: random.between(300, 3_000), after: token };
      history.wholeReads.push({ token, tags: (await client.call(LEDGER, 'all', {}, options)) as readonly string[] });
    } catch (error) {
      tell(`read of all: ${asCoppiceError(error).message}`);
    }
  }

  async #writeDocument(): Promise<void> {
    const { client, random, history, name, tell } = this.#options;
    this.#count += 1;
    const words = Array.from({ length: 1 + random.below(4) }, () => random.pick(WORDS)).join(' ');
    // One of its own is written again, never while another write of it is under way.
    const again = random.chance(0.4) ? this.#idleIds.shift() : undefined;
    const [id, text] = [again ?? `${name}-${this.#count}`, `${words} version${this.#count}`];
    const write: DocumentWrite = { id, text };
    history.documents.push(write);
    try {
      const { token, _version } = await client.index(
        BOOKS,
        { id, doc: { text } },
        { deadlineMs: random.between(500, 6_000) },
      );
      write.end = { kind: 'acknowledged', at: _version, token };
      this.#searchToken = newer(this.#searchToken, token);
    } catch (error) {
      write.end = endOf(asCoppiceError(error));
      tell(`document ${id}: ${asCoppiceError(error).message}`);
    }
    this.#idleIds.push(id);
  }

  async #search(): Promise<void> {
    const { client, random, history, tell } = this.#options;
    const token = this.#searchToken;
    try {
      const body = {
        size: 1_000,
        query: { match_all: {} },
        ...(Object.keys(token).length === 0 ? {} : { after: token }),
      };
      const answer = await client.search(BOOKS, body, { deadlineMs: random.between(300, 3_000) });
      if (answer._shards.failed > 0 || answer.timed_out) return;
      history.searches.push({
        token,
        found: answer.hits.hits.map(({ _id, _source }) => ({ id: _id, text: textOf(_source) })),
      });
    } catch (error) {
      tell(`search: ${asCoppiceError(error).message}`);
    }
  }
}

function endOf(error: CoppiceError): WriteEnd {
  return { kind: REFUSED.has(error.code) ? 'none' : 'unknown', code: error.code };
}

/** The text of a document's source. */
export function textOf(source: unknown): string {
  return typeof source === 'object' && source !== null && 'text' in source ? String(source.text) : '';
}

function placeOf(value: unknown): number {
  return typeof value === 'object' && value !== null && 'at' in value ? Number(value.at) : Number.NaN;
}

function newer(one: Token, other: Token): Token {
  const merged: Record<string, number> = { ...one };
  for (const [shard, seq] of Object.entries(other)) merged[shard] = Math.max(merged[shard] ?? 0, seq);
  return merged;
}
