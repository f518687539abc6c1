/**
 * A shard's log as one reign of a primary writes it: each record names the one before it and is fenced by its sequence,
 * which advances by one's own acknowledgements only (protocol.md, "Write", rule 2).
 */
import type { Log } from '../bus/log.ts';
import { CoppiceError } from '../errors.ts';
import { encodeLogRecord, type LogRecord, type SkipMark } from '../wire/log-record.ts';
import { pointersOf } from './log-pointers.ts';
import type { ShardState } from './shard-state.ts';

/** Whose log it is. */
export type ReignLogOptions = {
  readonly log: Log;
  readonly shard: number;
  readonly generation: string;
  readonly term: number;
  readonly state: ShardState;
  /** The term record of this reign: the first append is fenced by it. */
  readonly termRecord: { readonly seq: number; readonly id: string };
  /** A record id never used before. */
  readonly nextRecordId: () => string;
};

/** How an append ended: where the record stands, with its bytes, or that somebody else has written. */
export type ReignAppend =
  | { readonly kind: 'appended'; readonly seq: number; readonly data: Uint8Array }
  | { readonly kind: 'fenced' };

type Fields = Pick<LogRecord, 'kind' | 'operations'> & Partial<Pick<LogRecord, 'mark' | 'failures' | 'skip'>>;
type Place = { readonly seq: number; readonly id: string };

/** Writes one reign's records. */
export class ReignLog {
  readonly #options: ReignLogOptions;
  readonly #abort = new AbortController();
  #last: Place;

  constructor(options: ReignLogOptions) {
    this.#options = options;
    this.#last = options.termRecord;
  }

  /** Appends a record after the last one that was acknowledged. Rejects when the reign is given up, or the log is gone. */
  async append(id: string, fields: Fields): Promise<ReignAppend> {
    return this.#append(id, { ...fields, failures: this.#options.state.failed.fingerprint }, this.#last);
  }

  /** The next record follows this one, which was acknowledged. */
  advance(seq: number, id: string): void {
    this.#last = { seq, id };
  }

  /** Appends the decision to skip an operation of the record `id`, right after it. */
  async skip(skip: SkipMark, id: string): Promise<ReignAppend> {
    return this.#append(this.#options.nextRecordId(), { kind: 'skip', skip, operations: [] }, { seq: skip.seq, id });
  }

  /** Gives up on what is under way: nobody learns here any more what became of it. */
  giveUp(): void {
    this.#abort.abort(new CoppiceError('NOT_PRIMARY', 'the reign has ended'));
  }

  async #append(id: string, fields: Fields, after: Place): Promise<ReignAppend> {
    const { log, shard, generation, term, state } = this.#options;
    const place = { generation, term, prevSeq: after.seq, prevId: after.id, ...pointersOf(state) };
    const data = encodeLogRecord({ ...place, ...fields });
    const outcome = await log.append(shard, { id, data, expectedSeq: after.seq }, this.#abort.signal);
    return outcome.kind === 'appended' ? { kind: 'appended', seq: outcome.seq, data } : { kind: 'fenced' };
  }
}
