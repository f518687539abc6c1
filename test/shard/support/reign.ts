/** One reign's committer on a real log, whose appends can be held and replaced. */
import * as assert from 'uvu/assert';
import type { LogSpec } from '../../../src/bus/bus.ts';
import type { AppendOutcome, Log, LogEntry } from '../../../src/bus/log.ts';
import type { NatsBus } from '../../../src/bus/nats/nats-bus.ts';
import { commitLimits } from '../../../src/cluster/commit-limits.ts';
import { systemEnv } from '../../../src/env.ts';
import { Committer, type CommitterOptions } from '../../../src/shard/committer.ts';
import type { Command } from '../../../src/shard/decider.ts';
import { ShardState } from '../../../src/shard/shard-state.ts';
import { decodeLogRecord, decodeOperation, encodeLogRecord } from '../../../src/wire/log-record.ts';
import type { CommandOutcome } from '../../../src/wire/messages.ts';
import { type CounterCommand, counterDefinition } from './counter.ts';

const never = new AbortController().signal;
let logs = 0;

/** A log whose appends wait at a gate, and can be told to end otherwise. */
export class GatedLog implements Log {
  readonly appended: LogEntry[] = [];
  readonly #log: Log;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};
  /** What an append does instead, once. */
  next: ((append: () => Promise<AppendOutcome>) => Promise<AppendOutcome>) | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  shut(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }

  async append(
    shard: number,
    record: { id: string; data: Uint8Array; expectedSeq: number },
    signal: AbortSignal,
  ): Promise<AppendOutcome> {
    await this.#gate;
    const append = async (): Promise<AppendOutcome> => {
      const outcome = await this.#log.append(shard, record, signal);
      if (outcome.kind === 'appended') this.appended.push({ seq: outcome.seq, id: record.id, data: record.data });
      return outcome;
    };
    const { next } = this;
    this.next = undefined;
    return next === undefined ? append() : next(append);
  }

  async last(shard: number): Promise<LogEntry | undefined> {
    return this.#log.last(shard);
  }

  async read(shard: number, seq: number): Promise<LogEntry | undefined> {
    return this.#log.read(shard, seq);
  }

  async purge(shard: number, toSeq: number): Promise<void> {
    return this.#log.purge(shard, toSeq);
  }

  tail: Log['tail'] = (shard, fromSeq, listener) => this.#log.tail(shard, fromSeq, listener);
}

/** A reign under test. */
export type Reign = {
  readonly committer: Committer;
  readonly log: GatedLog;
  readonly state: ShardState;
  readonly events: string[];
  readonly spec: LogSpec;
  /** Applies a record as the copy does. */
  readonly apply: (entry: LogEntry) => void;
  readonly submit: (
    id: string,
    body: CounterCommand,
    options?: { endpoint?: string; since?: number },
  ) => Promise<CommandOutcome>;
};

/** Begins a reign on a log of its own. */
export async function newReign(
  bus: NatsBus,
  options: { windowOperations?: number; changes?: Partial<CommitterOptions> } = {},
): Promise<Reign> {
  logs += 1;
  const spec = { stream: `committer_${logs}`, subjectPrefix: `committer.${logs}` };
  await bus.createLog(spec);
  const log = new GatedLog(bus.openLog(spec));
  const window = options.windowOperations === undefined ? {} : { windowOperations: options.windowOperations };
  const state = new ShardState({ definition: counterDefinition, generation: 'g', shard: 0, settings: null, ...window });
  const events: string[] = [];
  let records = 0;
  const term = { id: `${logs}.term`, data: termRecord(1, { seq: 0, id: '' }) };
  const outcome = await log.append(0, { ...term, expectedSeq: 0 }, never);
  assert.is(outcome.kind, 'appended');
  const seq = outcome.kind === 'appended' ? outcome.seq : 0;
  state.apply({ seq, ...term });
  log.appended.length = 0;
  const apply = (entry: LogEntry): void => {
    const verdict = state.apply(entry);
    if (verdict.kind === 'applied') committer.onApplied(verdict.record);
    else if (verdict.kind !== 'duplicate') events.push(verdict.kind);
  };
  const committer: Committer = new Committer({
    env: systemEnv,
    log,
    state,
    definition: counterDefinition,
    group: 'counter',
    generation: 'g',
    shard: 0,
    term: 1,
    termRecord: { seq, id: term.id },
    limits: commitLimits(),
    maxRecordBytes: bus.maxPayloadBytes,
    nextRecordId: () => `${logs}.${records++}`,
    shared: () => ({ names: [] }),
    agree: async () => {},
    applyOwn: apply,
    onFenced: () => {
      events.push('fenced');
      committer.stop();
    },
    onFailure: (error) => events.push(`failure ${error.code}`),
    onFault: () => events.push('fault'),
    ...options.changes,
  });
  return {
    committer,
    log,
    state,
    events,
    spec,
    apply,
    submit: async (id, body, { endpoint = 'add', since = 0 } = {}) =>
      committer.submit({ id, endpoint, body, since } satisfies Command),
  };
}

/** A term record that follows another record. */
export function termRecord(term: number, after: { seq: number; id: string }): Uint8Array {
  return encodeLogRecord({ kind: 'term', generation: 'g', term, prevSeq: after.seq, prevId: after.id, operations: [] });
}

/** Ids of the operations of each record. */
export function batches(log: GatedLog): readonly (readonly string[])[] {
  return log.appended.map(({ data }) => decodeLogRecord(data).operations.map((bytes) => decodeOperation(bytes).id));
}
