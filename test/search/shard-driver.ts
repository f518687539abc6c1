/**
 * Stands in for the runtime of one shard: decides with a pending overlay, keeps the log, and applies it to a primary
 * and a replica, each at its own pace. Records travel as bytes.
 */
import type { Decision } from '../../src/actor/definition.ts';
import { CoppiceError } from '../../src/errors.ts';
import { searchActor } from '../../src/search/actor.ts';
import { parseWriteCommand } from '../../src/search/partials.ts';
import type { WriteCommand } from '../../src/search/request/write-request.ts';
import type { SearchShared, SearchState } from '../../src/search/state.ts';
import { agree, apply, decide, type SearchRecord, type WriteResult } from '../../src/search/write.ts';
import { decode, encode } from '../../src/wire/codec.ts';

/** The document that shards of one index share. */
export type SharedHolder = { shared: SearchShared };

type Entry = {
  readonly bytes: Uint8Array;
  readonly seq: number;
  readonly place: number;
  readonly seqNo: number;
  readonly term: number;
};

/** Makes the shared document of an index. */
export function sharedOf(settings?: unknown): SharedHolder {
  const shared = searchActor.initShared?.(settings);
  if (shared === undefined) throw new Error('the search actor has a shared document');
  return { shared };
}

export class ShardDriver {
  readonly primary: SearchState;
  readonly replica: SearchState;
  readonly results: WriteResult[] = [];
  readonly #holder: SharedHolder;
  readonly #log: Entry[] = [];
  readonly #pending = new Map<string, { record: SearchRecord; seqNo: number; term: number }>();
  #applied = 0;
  #replicated = 0;
  term = 1;

  constructor(holder: SharedHolder, settings?: unknown) {
    this.#holder = holder;
    this.primary = searchActor.init({ shard: 0, settings });
    this.replica = searchActor.init({ shard: 0, settings });
  }

  /** Decides a write and logs it at `seq`; applies nothing. */
  decide(command: Omit<WriteCommand, 'routing'>, seq = this.#log.length + 1): Decision<SearchRecord> {
    const body = parseWriteCommand(decode(encode({ routing: command.id, ...command }, 'msgpack'), 'msgpack'));
    this.#holder.shared = agree(this.#holder.shared, body) ?? this.#holder.shared;
    const seqNo = this.#log.length;
    const { term } = this;
    const decision = decide(this.primary, body, {
      group: 'books',
      shard: 0,
      term,
      seqNo,
      wallMs: 0,
      shared: this.#holder.shared,
      pending: (key) => this.#pending.get(key),
    });
    if (decision.kind === 'accept') {
      this.#log.push({ bytes: encode(decision.record, 'msgpack'), seq, place: 0, seqNo, term });
      this.#pending.set(decision.key, { record: decision.record, seqNo, term });
    }
    return decision;
  }

  /** Decides a write and applies all that is logged; a rejection is thrown. */
  write(command: Omit<WriteCommand, 'routing'>, seq?: number): WriteResult {
    const decision = this.decide(command, seq);
    if (decision.kind === 'reject')
      throw new CoppiceError(decision.code, decision.message, { details: decision.details });
    this.applyAll();
    const result = this.results.at(-1);
    if (result === undefined) throw new Error('nothing was applied');
    return result;
  }

  /** Applies what is logged to the primary, which then has nothing pending. */
  applyAll(): void {
    for (const entry of this.#log.slice(this.#applied)) this.results.push(this.#apply(this.primary, entry));
    this.#applied = this.#log.length;
    this.#pending.clear();
  }

  /** Applies what is logged to the replica; gives its results of all time. */
  replicate(): WriteResult[] {
    const results = this.#log.slice(this.#replicated).map((entry) => this.#apply(this.replica, entry));
    this.#replicated = this.#log.length;
    return results;
  }

  #apply(state: SearchState, { bytes, ...context }: Entry): WriteResult {
    return apply(state, decode(bytes, 'msgpack') as SearchRecord, context);
  }
}
