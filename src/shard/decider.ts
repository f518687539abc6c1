/**
 * Rule 1 of "Write" (protocol.md): what becomes of a command before it is in a batch. A known one has its outcome, one
 * that is too old has none, a new one is decided on the state plus what is pending.
 */
import type { CommandEndpoint, StatefulDefinition } from '../actor/definition.ts';
import { NO_TICKET } from '../bus/request-ledger.ts';
import { NO_MARKS, type WorkMarks } from '../cluster/work-marks.ts';
import type { Env } from '../env.ts';
import { asCoppiceError, CoppiceError } from '../errors.ts';
import { encodeOperation } from '../wire/log-record.ts';
import type { CommandOutcome } from '../wire/messages.ts';
import type { Batch } from './batch.ts';
import type { ShardState } from './shard-state.ts';

/** Room for the record's own fields and the message's headers. */
export const RECORD_OVERHEAD_BYTES = 2048;

/** A command as the primary takes it. */
export type Command = {
  readonly id: string;
  readonly endpoint: string;
  readonly body: unknown;
  /** Log sequence of the shard known before the command was first sent. */
  readonly since: number;
  /** Of the request that brought it. */
  readonly ticket?: number;
};

/** What deciding needs of a reign. */
export type DeciderOptions = {
  readonly env: Env;
  readonly state: ShardState;
  readonly definition: StatefulDefinition;
  readonly group: string;
  readonly shard: number;
  readonly term: number;
  /** Largest record in bytes. */
  readonly maxRecordBytes: number;
  /** The shared document as last seen. */
  readonly shared: () => unknown;
  /** Makes the shared document what `change` says, by compare-and-set. */
  readonly agree: (change: (shared: unknown) => unknown) => Promise<void>;
  /** The actor's own code threw something untyped while deciding; the caller was told, nothing was lost. */
  readonly onFault: (error: Error) => void;
  /** Where it is marked that the actor's code runs. */
  readonly marks?: WorkMarks;
  /** Why no new command is accepted at the moment, such as a full disk. */
  readonly refusal?: () => CoppiceError | undefined;
};

/** A command that can be decided. */
export type Prepared = {
  readonly command: Command;
  readonly body: unknown;
  readonly endpoint: CommandEndpoint<unknown, unknown, unknown, unknown>;
};

/** What is decided but not in the state yet. */
export type Unapplied = {
  /** The batch being filled. */
  readonly next: Batch;
  /** The batch on its way to the log, with the id of its record. */
  readonly inFlight: { readonly batch: Batch; readonly recordId: string } | undefined;
};

/** Decides the commands of one reign. */
export class Decider {
  readonly #options: DeciderOptions;

  constructor(options: DeciderOptions) {
    this.#options = options;
  }

  /** The outcome of a command that is remembered. */
  known({ id }: Command): CommandOutcome | undefined {
    return this.#options.state.window.get(id);
  }

  /**
   * Checks a new command.
   *
   * @throws CoppiceError `STORAGE_FULL` or `NOT_PRIMARY` while none is accepted, `OUTCOME_UNKNOWN` for one older than what is remembered, `UNKNOWN_ENDPOINT`, what the actor
   *   throws for a bad body.
   */
  prepare(command: Command): Prepared {
    const { state, shard, group } = this.#options;
    if (command.since < state.window.floor) {
      throw new CoppiceError(
        'OUTCOME_UNKNOWN',
        `operation ${command.id} on shard ${shard} of \`${group}\` is older than what the shard remembers`,
      );
    }
    const refusal = this.#options.refusal?.();
    if (refusal !== undefined) throw refusal;
    const endpoint = this.#endpoint(command.endpoint);
    const body = endpoint.parse === undefined ? command.body : endpoint.parse(command.body);
    return { command, body, endpoint };
  }

  /** Agrees on the shared document that a command needs; undefined if it needs no other than the present one. */
  agree({ body, endpoint }: Prepared): Promise<void> | undefined {
    const { shared, agree } = this.#options;
    if (endpoint.agree?.(shared(), body) === undefined) return undefined;
    return agree((before) => endpoint.agree?.(before, body));
  }

  /**
   * Decides a command and puts it into the next batch; false if the batch has no room for it.
   *
   * @throws CoppiceError `PAYLOAD_TOO_LARGE` if no record has, and what no state could accept.
   */
  decide({ command, body, endpoint }: Prepared, { next, inFlight }: Unapplied): boolean {
    const { state, env, shard, group, term, maxRecordBytes, marks = NO_MARKS } = this.#options;
    const accepted = (inFlight?.batch.accepted ?? 0) + next.accepted;
    const alreadyApplied = inFlight !== undefined && state.appliedId === inFlight.recordId;
    const seqNo = state.nextSeqNo + (alreadyApplied ? next.accepted : accepted);
    marks.begin('decide', { ticket: command.ticket ?? NO_TICKET });
    const decision = endpoint.decide(state.user, body, {
      group,
      shard,
      term,
      seqNo,
      wallMs: env.clock.wallMs(),
      shared: this.#options.shared(),
      pending: (key) => next.records.get(key) ?? (alreadyApplied ? undefined : inFlight?.batch.records.get(key)),
    });
    marks.end();
    const { id } = command;
    const bytes = encodeOperation(
      decision.kind === 'accept'
        ? { id, record: decision.record }
        : { id, error: new CoppiceError(decision.code, decision.message, { details: decision.details }).toWire() },
    );
    if (bytes.length + RECORD_OVERHEAD_BYTES > maxRecordBytes) throw tooLarge(bytes.length, maxRecordBytes);
    if (next.sizeBytes + bytes.length + RECORD_OVERHEAD_BYTES > maxRecordBytes) return false;
    if (next.ids.length === 0) next.openedMs = env.clock.nowMs();
    next.operations.push(bytes);
    next.ids.push(id);
    next.sizeBytes += bytes.length + 8;
    if (decision.kind === 'accept') {
      next.records.set(decision.key, { record: decision.record, seqNo, term });
      next.accepted++;
    }
    return true;
  }

  /** An untyped error of the actor's code is the actor's fault, not the caller's; deciding has no effects to undo. */
  asAnswer(error: unknown): CoppiceError {
    this.#options.marks?.end();
    if (error instanceof CoppiceError) return error;
    const cause = asCoppiceError(error);
    this.#options.onFault(cause);
    return new CoppiceError('ACTOR_FAILED', `\`${this.#options.group}\` failed to decide: ${cause.message}`, {
      cause: error,
    });
  }

  #endpoint(name: string): Prepared['endpoint'] {
    const { definition, group } = this.#options;
    const endpoint = Object.hasOwn(definition.endpoints, name) ? definition.endpoints[name] : undefined;
    if (endpoint?.kind === 'command') return endpoint;
    throw new CoppiceError('UNKNOWN_ENDPOINT', `\`${group}\` has no command endpoint \`${name}\``);
  }
}

function tooLarge(sizeBytes: number, maxRecordBytes: number): CoppiceError {
  return new CoppiceError(
    'PAYLOAD_TOO_LARGE',
    `operation of ${sizeBytes} bytes exceeds the log's limit of ${maxRecordBytes - RECORD_OVERHEAD_BYTES} bytes`,
  );
}
