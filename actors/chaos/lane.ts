/**
 * One client of the workload: it writes, reads what it and others have written, and notes what it was told. It has one
 * request under way at a time, so that its writes of a document follow each other.
 */
import type { NatsConnection } from 'nats';
import * as v from 'valibot';
import type { SimRandom } from '../../src/bus/sim/sim-random.ts';
import { pause, systemEnv } from '../../src/env.ts';
import type { DocumentWrite, LedgerWrite, SeenToken, WriteEnd } from '../../src/testing/history.ts';
import { BulkWritten, Got, Searched, Written } from './answers.ts';
import { askBare, type BareEncoding, type BareReply } from './bare-api.ts';
import type { ListKeys } from './list-keys.ts';
import { newerOf, type Recorder } from './recorder.ts';

/** A client, and for whom it works. */
export type LaneOptions = {
  readonly name: string;
  readonly nats: NatsConnection;
  readonly cluster: string;
  readonly index: string;
  readonly encoding: BareEncoding;
  readonly random: SimRandom;
  readonly recorder: Recorder;
  readonly lists: ListKeys;
  readonly isOver: () => boolean;
};

/** Scopes of documents: written over and over, written and deleted, created once. */
export const SCOPES = { put: 'put', gone: 'gone', once: 'once', list: 'list' } as const;
/** Each text has one of them at least, so that a search for all of them finds every document. */
export const WORDS = ['oak', 'beech', 'alder', 'coppice', 'hazel', 'birch', 'willow', 'ash'] as const;

const DOCUMENTS = 10;
const DELETED_DOCUMENTS = 4;
const PAUSE_MS = { from: 10, to: 90 };
const DEADLINES_MS = [1_500, 5_000, 5_000];
/** More than a scope has documents. */
const SEARCH_SIZE = 1_000;

/** A client at work. */
export class Lane {
  readonly #options: LaneOptions;
  #token: SeenToken = {};
  #count = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Works until it is over; resolves when its last request has ended. Rejects if an answer is not of its shape. */
  async run(): Promise<void> {
    const { random, isOver } = this.#options;
    while (!isOver()) {
      await this.#step();
      await pause(systemEnv.clock, random.between(PAUSE_MS.from, PAUSE_MS.to));
    }
  }

  async #step(): Promise<void> {
    const { random } = this.#options;
    const dice = random.next();
    if (dice < 0.25) return this.#put(`${SCOPES.put}-${this.#mine(DOCUMENTS)}`, SCOPES.put);
    if (dice < 0.35) return this.#putMany();
    if (dice < 0.43) return this.#putOrDelete(`${SCOPES.gone}-${this.#mine(DELETED_DOCUMENTS)}`);
    if (dice < 0.55) return this.#create();
    if (dice < 0.73) return this.#append();
    if (dice < 0.81) return this.#search();
    return dice < 0.92 ? this.#get() : this.#readList();
  }

  /** One of so many documents of this client's own. */
  #mine(count: number): string {
    return `${this.#options.name}-${this.#options.random.below(count)}`;
  }

  async #put(id: string, scope: string): Promise<void> {
    const text = this.#newText();
    const write = this.#begin({ id, text, scope });
    this.#end(write, await this.#ask('index', { id, doc: { scope, text } }));
  }

  async #create(): Promise<void> {
    const text = this.#newText();
    const id = `${SCOPES.once}-${this.#options.name}-${this.#count}`;
    const write = this.#begin({ id, text, scope: SCOPES.once });
    this.#end(write, await this.#ask('create', { id, doc: { scope: SCOPES.once, text } }));
  }

  async #putOrDelete(id: string): Promise<void> {
    if (this.#options.random.chance(0.5)) return this.#put(id, SCOPES.gone);
    const write = this.#begin({ id, text: undefined, scope: SCOPES.gone });
    this.#end(write, await this.#ask('delete', { id }));
  }

  #begin(write: DocumentWrite): DocumentWrite {
    this.#options.recorder.history.documents.push(write);
    return write;
  }

  #end(write: DocumentWrite, reply: BareReply): void {
    const answer = reply.ok ? v.parse(Written, reply.body) : undefined;
    write.end = this.#writeEnd(reply, answer === undefined ? undefined : { at: answer._version, token: answer.token });
    this.#options.recorder.note({ put: write.id, text: write.text ?? null, end: write.end });
  }

  /** Several documents in one request; each is told of by itself. */
  async #putMany(): Promise<void> {
    const { random, name } = this.#options;
    const first = random.below(DOCUMENTS);
    const count = 2 + random.below(4);
    const writes = Array.from({ length: count }, (_, at) => {
      const id = `${SCOPES.put}-${name}-${(first + at) % DOCUMENTS}`;
      return this.#begin({ id, text: this.#newText(), scope: SCOPES.put });
    });
    const operations = writes.flatMap(({ id, text }) => [{ index: { _id: id } }, { scope: SCOPES.put, text }]);
    const reply = await this.#ask('bulk', { operations });
    const answer = reply.ok ? v.parse(BulkWritten, reply.body) : undefined;
    for (const [at, write] of writes.entries()) {
      const item = Object.values(answer?.items[at] ?? {})[0];
      write.end =
        answer === undefined || item === undefined
          ? this.#writeEnd(reply, undefined)
          : this.#itemEnd(item, answer.token ?? {});
      this.#options.recorder.note({ put: write.id, text: write.text, bulk: true, end: write.end });
    }
  }

  #itemEnd(item: { _version?: number; error?: { type: string } }, token: SeenToken): WriteEnd {
    if (item._version === undefined) return this.#failedWrite({ code: item.error?.type ?? 'none', isRefused: false });
    return this.#acknowledged({ at: item._version, token });
  }

  /** Adds to the end of a list, if it still has the length that was read. */
  async #append(): Promise<void> {
    const { lists, recorder, name } = this.#options;
    const key = lists.pick();
    const before = await this.#read(key, {});
    if (before === undefined) return;
    const tags = before._source?.tags ?? [];
    this.#count += 1;
    const tag = `${name}.${this.#count}`;
    const write: LedgerWrite = { key, tag, expected: tags.length };
    recorder.history.writes.push(write);
    const body = { id: key, doc: { scope: SCOPES.list, text: WORDS[0], tags: [...tags, tag] } };
    const reply = before.found
      ? await this.#ask('index', { ...body, if_seq_no: before._seq_no, if_primary_term: before._primary_term })
      : await this.#ask('create', body);
    const answer = reply.ok ? v.parse(Written, reply.body) : undefined;
    write.end = this.#writeEnd(reply, answer === undefined ? undefined : { at: tags.length, token: answer.token });
    lists.grown(key, tags.length + 1);
    recorder.note({ append: key, tag, at: tags.length, end: write.end });
  }

  async #readList(): Promise<void> {
    const { lists, recorder } = this.#options;
    const key = lists.pickAny();
    const token = this.#someToken();
    const got = await this.#read(key, token);
    if (got === undefined) return;
    recorder.reads += 1;
    const tags = got._source?.tags ?? [];
    recorder.history.reads.push({ key, token, tags });
    recorder.note({ readList: key, token, length: tags.length });
  }

  async #get(): Promise<void> {
    const { recorder, random } = this.#options;
    const { documents } = recorder.history;
    if (documents.length === 0) return;
    const { id } = random.pick(documents);
    const token = this.#someToken();
    const got = await this.#read(id, token);
    if (got === undefined) return;
    recorder.reads += 1;
    const text = got._source?.text;
    const found = text === undefined ? [] : [{ id, text }];
    recorder.history.searches.push({ token, ids: [id], found });
    recorder.note({ get: id, token, text: text ?? null });
  }

  async #search(): Promise<void> {
    const { recorder } = this.#options;
    const token = this.#someToken();
    const body = { size: SEARCH_SIZE, query: { term: { scope: SCOPES.put } }, ...afterOf(token) };
    const reply = await this.#ask('search', body);
    if (!reply.ok) return recorder.fail('read', reply.code);
    const { _shards, timed_out, hits } = v.parse(Searched, reply.body);
    if (_shards.failed > 0 || timed_out) return recorder.fail('read', 'incomplete');
    recorder.reads += 1;
    const found = hits.hits.map(({ _id, _source }) => ({ id: _id, text: _source.text }));
    recorder.history.searches.push({ token, scope: SCOPES.put, found });
    recorder.note({ search: SCOPES.put, token, found: found.map(({ id, text }) => `${id} ${text.split(' ').at(-1)}`) });
  }

  /** Reads a document; undefined, and noted, if that fails. */
  async #read(id: string, token: SeenToken): Promise<Got | undefined> {
    const reply = await this.#ask('get', { id, ...afterOf(token) });
    if (reply.ok) return v.parse(Got, reply.body);
    this.#options.recorder.fail('read', reply.code);
    return undefined;
  }

  async #ask(action: string, body: unknown): Promise<BareReply> {
    const { nats, cluster, index, encoding, random } = this.#options;
    return askBare(nats, cluster, { action, index, body, encoding, deadlineMs: random.pick(DEADLINES_MS) });
  }

  #writeEnd(reply: BareReply, told: { at: number; token: SeenToken } | undefined): WriteEnd {
    if (!reply.ok) return this.#failedWrite(reply);
    if (told === undefined) throw new Error('an answer that tells nothing of a write');
    return this.#acknowledged(told);
  }

  #acknowledged(told: { at: number; token: SeenToken }): WriteEnd {
    this.#token = newerOf(this.#token, told.token);
    this.#options.recorder.acknowledged(told.token);
    return { kind: 'acknowledged', ...told };
  }

  /** A lost race for a list is no failure. */
  #failedWrite({ code, isRefused }: { code: string; isRefused: boolean }): WriteEnd {
    if (code !== 'version_conflict_engine_exception') this.#options.recorder.fail('write', code);
    return { kind: isRefused ? 'none' : 'unknown', code };
  }

  /** What a read must have seen: what this client has written, or what anybody has, or nothing in particular. */
  #someToken(): SeenToken {
    const dice = this.#options.random.next();
    if (dice < 0.4) return this.#token;
    return dice < 0.9 ? this.#options.recorder.token : {};
  }

  #newText(): string {
    const { random, name } = this.#options;
    this.#count += 1;
    const words = Array.from({ length: 1 + random.below(4) }, () => random.pick(WORDS)).join(' ');
    return `${words} v${name}x${this.#count}`;
  }
}

function afterOf(token: SeenToken): { after?: SeenToken } {
  return Object.keys(token).length === 0 ? {} : { after: token };
}
