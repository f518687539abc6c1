/**
 * Takes commands while this copy is the primary: one committer per reign, on the primary's own subject.
 */
import type { StatefulDefinition } from '../actor/definition.ts';
import type { Log, LogEntry } from '../bus/log.ts';
import type { RpcRequest } from '../bus/responder.ts';
import type { Server } from '../bus/rpc.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { sharedKey, type Versioned } from '../cluster/view.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { type CommandAnswer, type CommandOutcome, parseCommandMessage } from '../wire/messages.ts';
import { groupToken } from '../wire/names.ts';
import { parseRecord, SharedRecord } from '../wire/records.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';
import { Committer } from './committer.ts';
import { type CopySpec, copyPlace } from './copy-spec.ts';
import type { Command } from './decider.ts';
import type { PoisonError } from './failed-operations.ts';
import type { Reign } from './primacy.ts';
import type { AppliedRecord, ShardState } from './shard-state.ts';

/** What the desk needs. */
export type CommandDeskOptions = {
  readonly context: ClusterContext;
  readonly spec: CopySpec;
  readonly definition: StatefulDefinition;
  readonly log: Log;
  readonly state: () => ShardState;
  /** Log sequence of the last record applied, if only by half; 0 if none. */
  readonly appliedSeq: () => number;
  readonly nextRecordId: () => string;
  readonly applyOwn: (entry: LogEntry) => void;
  /** Why no new command is accepted at the moment. */
  readonly refusal: () => CoppiceError | undefined;
  readonly onFenced: (term: number) => void;
  readonly onFailure: (error: CoppiceError) => void;
};

/** The command side of a copy. */
export class CommandDesk {
  readonly #options: CommandDeskOptions;
  #committer: Committer | undefined;
  #server: Server | undefined;
  #term = 0;
  #shared: Versioned<unknown> | undefined;

  constructor(options: CommandDeskOptions) {
    this.#options = options;
  }

  /** Starts a reign. */
  open(reign: Reign): void {
    const { context, spec, definition, log } = this.#options;
    const { cluster, rpc, bus, env, report } = context;
    const { group, shard } = spec;
    this.#committer?.abandon();
    this.#term = reign.term;
    this.#committer = new Committer({
      env,
      log,
      definition,
      shard,
      group: group.name,
      generation: group.generation,
      state: this.#options.state(),
      marks: context.marksOf(copyPlace(spec)),
      term: reign.term,
      termRecord: reign.termRecord,
      limits: context.commit,
      maxRecordBytes: bus.maxPayloadBytes,
      nextRecordId: () => this.#options.nextRecordId(),
      shared: () => this.#latestShared()?.value,
      agree: (change) => this.#agree(change),
      applyOwn: (entry) => this.#options.applyOwn(entry),
      refusal: () => this.#options.refusal(),
      onFenced: () => this.#options.onFenced(reign.term),
      onFailure: (error) => this.#options.onFailure(error),
      onFault: (error) =>
        report('error', 'actor failed to decide', {
          group: group.name,
          shard,
          error: error.message,
          stack: error.stack,
        }),
    });
    const subject = fill(SUBJECTS.primary, { cluster, group: groupToken(group.name, group.generation), shard });
    this.#server = rpc.serve({ subject, handler: async (request) => this.#take(request) });
  }

  /** Resolves when everything taken has been answered; nothing more is taken. */
  async drain(): Promise<void> {
    await this.#committer?.drain();
  }

  /** Appends a record about checkpoints. Throws CoppiceError `NOT_PRIMARY` while this copy does not lead. */
  async append(note: Parameters<Committer['append']>[0]): Promise<void> {
    if (this.#committer === undefined) throw new CoppiceError('NOT_PRIMARY', 'this copy does not lead its shard');
    await this.#committer.append(note);
  }

  /**
   * Ends the reign over a record that cannot be applied, by a record that skips it; undefined if that is not for this copy
   * to decide. Resolves with whether the log has it.
   */
  skip(poison: PoisonError, recordId: string): Promise<boolean> | undefined {
    return this.#committer?.isUntold(recordId) === true ? this.#committer.skip(poison, recordId) : undefined;
  }

  /** Ends the reign. What is in flight waits for the tail. */
  async close(): Promise<void> {
    this.#committer?.stop();
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  /** Ends the reign, and answers what waits for the tail with a retryable error. */
  abandon(): void {
    this.#committer?.abandon();
    this.#committer = undefined;
  }

  onApplied(record: AppliedRecord): void {
    this.#committer?.onApplied(record);
  }

  async #take(request: RpcRequest): Promise<CommandAnswer> {
    const { spec, state, appliedSeq } = this.#options;
    const message = parseCommandMessage(request.body);
    const { group, shard } = spec;
    if (message.generation !== group.generation) {
      throw new CoppiceError(
        'STALE_GENERATION',
        `\`${group.name}\` is of generation ${group.generation}, not ${message.generation}`,
      );
    }
    if (message.slots !== group.slots.version) {
      throw new CoppiceError(
        'WRONG_SLOT',
        `routed by slot map ${message.slots}, shard ${shard} of \`${group.name}\` is at ${group.slots.version}`,
      );
    }
    const { since, endpoint } = message;
    if (since === undefined) return { term: this.#term, seq: state().appliedSeq, outcomes: [] };
    const committer = this.#committer;
    const { ticket } = request;
    const outcomes = Promise.all(
      message.operations.map(async ({ id, body }) => submit(committer, { id, endpoint, body, since, ticket })),
    );
    const settled = await this.#inTime(outcomes, request);
    // Of a reign that ended over them, the state is gone by now.
    return { term: this.#term, outcomes: settled, seq: Math.max(appliedSeq(), ...settled.map(({ seq }) => seq)) };
  }

  /** What the tail has not told by the deadline is left to the caller's retry. */
  async #inTime<Value>(work: Promise<Value>, request: RpcRequest): Promise<Value> {
    let cancel = (): void => {};
    const tooLate = new Promise<never>((_, reject) => {
      const late = new CoppiceError('DEADLINE_EXCEEDED', 'the commands are still on their way to the log');
      cancel = this.#options.context.env.clock.after(request.deadline.remainingMs(), () => reject(late));
    });
    try {
      return await Promise.race([work, tooLate]);
    } finally {
      cancel();
    }
  }

  /** The newest shared document known: our own last agreement, or what the view has seen since. */
  #latestShared(): Versioned<unknown> | undefined {
    const { context, spec } = this.#options;
    const seen = context.view.shared(spec.group);
    if (seen !== undefined && seen.revision > (this.#shared?.revision ?? 0)) this.#shared = seen;
    return this.#shared;
  }

  async #agree(change: (shared: unknown) => unknown): Promise<void> {
    const { registry } = this.#options.context;
    const key = sharedKey(this.#options.spec.group);
    for (;;) {
      const known = this.#latestShared();
      const next = change(known?.value);
      if (next === undefined) return;
      try {
        const value = { document: next };
        const revision =
          known === undefined ? await registry.create(key, value) : await registry.update(key, value, known.revision);
        this.#shared = { value: next, revision };
        return;
      } catch (error) {
        if (!isCoppiceError(error, 'CONFLICT')) throw error;
        const entry = await registry.get(key);
        if (entry === undefined)
          throw new CoppiceError(
            'STALE_GENERATION',
            `the shared document of \`${this.#options.spec.group.name}\` is gone`,
          );
        this.#shared = { value: parseRecord(SharedRecord, entry.value, key).document, revision: entry.revision };
      }
    }
  }
}

async function submit(committer: Committer | undefined, command: Command): Promise<CommandOutcome> {
  try {
    if (committer === undefined) throw new CoppiceError('NOT_PRIMARY', 'this copy does not lead its shard');
    return await committer.submit(command);
  } catch (error) {
    return { ok: false, error: asCoppiceError(error).toWire(), seq: 0 };
  }
}
