/** What is there in the end, asked for over plain NATS: every document that was ever written, and how many there are. */
import type { NatsConnection } from 'nats';
import * as v from 'valibot';
import { pause, systemEnv } from '../../src/env.ts';
import { CoppiceError } from '../../src/errors.ts';
import { Counted, type Got, GotMany, Health, Written } from './answers.ts';
import { askBare } from './bare-api.ts';

const AT_ONCE = 200;
const DEADLINE_MS = 10_000;
const LOOK_MS = 200;

/** The public API of one cluster for one index, with patience: what fails is asked again until the time is over. */
export class PatientApi {
  readonly #nats: NatsConnection;
  readonly #cluster: string;
  readonly #index: string;

  constructor(nats: NatsConnection, cluster: string, index: string) {
    this.#nats = nats;
    this.#cluster = cluster;
    this.#index = index;
  }

  /** Makes the index. Throws CoppiceError `ALREADY_EXISTS`, or `DEADLINE_EXCEEDED` with the last failure. */
  async createIndex(settings: { readonly shards: number; readonly replicas: number }, withinMs: number): Promise<void> {
    const keyword = { type: 'keyword' };
    const mappings = { properties: { text: { type: 'text' }, scope: keyword, tags: keyword } };
    await this.#ask('index-create', { settings, mappings }, withinMs);
  }

  /** Deletes the index. */
  async deleteIndex(withinMs: number): Promise<void> {
    await this.#ask('index-delete', {}, withinMs);
  }

  /** Resolves to nothing when the cluster is green; else to what it is. */
  async green(withinMs: number): Promise<string | undefined> {
    const endMs = systemEnv.clock.nowMs() + withinMs;
    for (;;) {
      const reply = await this.#askOnce('cluster-health', {}, '_');
      const status = reply.ok ? v.parse(Health, reply.body).status : reply.code;
      if (status === 'green') return undefined;
      if (systemEnv.clock.nowMs() > endMs) return status;
      await pause(systemEnv.clock, LOOK_MS);
    }
  }

  /** Writes one document; resolves to its version. */
  async put(id: string, doc: unknown, withinMs: number): Promise<v.InferOutput<typeof Written>> {
    return v.parse(Written, await this.#ask('index', { id, doc }, withinMs));
  }

  /** Those of `ids` that are there. */
  async documents(ids: readonly string[], withinMs: number): Promise<readonly Got[]> {
    const found: Got[] = [];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const { docs } = v.parse(GotMany, await this.#ask('mget', { ids: some }, withinMs));
      if (docs.length !== some.length) throw new Error(`asked for ${some.length} documents, told of ${docs.length}`);
      found.push(...docs.filter((doc) => doc.found));
    }
    return found;
  }

  /** How many documents there are. */
  async count(withinMs: number): Promise<number> {
    const { count, _shards } = v.parse(Counted, await this.#ask('count', { query: { match_all: {} } }, withinMs));
    if (_shards.failed > 0) throw new Error('a count fails though all is healed');
    return count;
  }

  async #ask(action: string, body: unknown, withinMs: number): Promise<unknown> {
    const endMs = systemEnv.clock.nowMs() + withinMs;
    for (;;) {
      const reply = await this.#askOnce(action, body, this.#index);
      if (reply.ok) return reply.body;
      if (reply.code === 'resource_already_exists_exception') throw new CoppiceError('ALREADY_EXISTS', reply.reason);
      if (systemEnv.clock.nowMs() > endMs)
        throw new CoppiceError(
          'DEADLINE_EXCEEDED',
          `\`${action}\` fails for ${withinMs} ms: ${reply.code}, ${reply.reason}`,
        );
      await pause(systemEnv.clock, LOOK_MS);
    }
  }

  async #askOnce(action: string, body: unknown, index: string) {
    return askBare(this.#nats, this.#cluster, { action, index, body, deadlineMs: DEADLINE_MS });
  }
}
