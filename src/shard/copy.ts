/**
 * One copy of one shard on this leaf: the shell around `copyMachine`. It restores a state, follows the log, answers
 * queries, stands for primary, and takes commands while it is.
 */
import { type Actor, createActor } from 'xstate';
import type { ActorDefinition } from '../actor/definition.ts';
import type { Log, LogEntry, Tail } from '../bus/log.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { logSpec } from '../cluster/groups.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { copyMachine, copyStateName } from '../machines/copy.ts';
import type { CopyStatus, GroupRecord } from '../wire/records.ts';
import { CommandDesk } from './command-desk.ts';
import { Primacy } from './primacy.ts';
import { QueryDesk } from './query-desk.ts';
import { SequenceWaiters } from './sequence-waiters.ts';
import { ShardState } from './shard-state.ts';

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 30_000;
const RECENT_PULSE_MS = 2_000;
const DELETION_NEWS_MS = 500;
/** A closed copy waits no longer for handlers that do not end. */
const LET_GO_MS = 2_000;

const NO_STATS = { docCount: 0, sizeBytes: 0 };

/** Which copy this is. Can be sent to a worker thread. */
export type CopySpec = {
  readonly group: GroupRecord;
  readonly shard: number;
  readonly leaf: string;
  /** Random id of this start of the leaf's process. */
  readonly incarnation: string;
};

/** One copy. */
export class Copy {
  readonly spec: CopySpec;
  readonly #context: ClusterContext;
  readonly #definition: ActorDefinition;
  readonly #actor: Actor<typeof copyMachine>;
  readonly #log: Log;
  readonly #waiters: SequenceWaiters;
  readonly #queries: QueryDesk;
  readonly #commands: CommandDesk | undefined;
  readonly #primacy: Primacy | undefined;
  readonly #onStatus: () => void;
  readonly #recordIdPrefix: string;
  #recordCount = 0;
  #state: ShardState | undefined;
  /** A state in which a record was applied by half: worthless until it is discarded. */
  #unsound: ShardState | undefined;
  #tail: Tail | undefined;
  #tailRun = 0;
  #statsFailed = false;
  #targetSeq = 0;
  #settled: Promise<void> = Promise.resolve();
  #stopVerifying: () => void = () => {};

  /** @param onStatus Called whenever `status()` would tell something new of the copy's state. */
  constructor(spec: CopySpec, options: { context: ClusterContext; definition: ActorDefinition; onStatus: () => void }) {
    this.spec = spec;
    this.#context = options.context;
    this.#definition = options.definition;
    this.#onStatus = options.onStatus;
    const { group, shard, incarnation } = spec;
    const { cluster, bus, env } = this.#context;
    // The last part keeps ids apart when a copy is opened twice in one life of the process.
    this.#recordIdPrefix = `${group.generation}.${shard}.${incarnation}-${env.random.id().slice(0, 8)}`;
    this.#log = bus.openLog(logSpec(cluster, group));
    this.#waiters = new SequenceWaiters(env.clock);
    this.#queries = new QueryDesk({
      context: this.#context,
      spec,
      definition: this.#definition,
      waiters: this.#waiters,
      state: () => this.#soundState(),
    });
    if (this.#definition.kind === 'stateful') {
      this.#commands = new CommandDesk({
        context: this.#context,
        spec,
        definition: this.#definition,
        log: this.#log,
        state: () => this.#loaded(),
        nextRecordId: () => this.#nextRecordId(),
        applyOwn: (entry) => this.#apply(entry),
        onFenced: (term) => this.#primacy?.send({ type: 'append.fenced', term }),
        onFailure: (error) => this.#onLogError(error),
      });
      this.#primacy = this.#createPrimacy(this.#commands);
    }
    this.#actor = this.#createActor();
  }

  /** Begins the copy's life. */
  open(): void {
    let last = '';
    this.#actor.subscribe((snapshot) => {
      const state = copyStateName(snapshot);
      if (state === last) return;
      last = state;
      this.#report('copy changed state', {
        state,
        ...(snapshot.context.failure === '' ? {} : { reason: snapshot.context.failure }),
      });
      if (state === 'draining') this.#drain();
      this.#onStatus();
    });
    this.#actor.start();
    this.#primacy?.start();
    let down = false;
    this.#stopVerifying = this.#context.bus.link.onChange((up) => {
      if (up && down) this.#verifyPlace();
      down = !up;
    });
    this.#actor.send({ type: 'copy.open' });
  }

  /** Drains and closes: primacy is handed over, what was taken is answered. Resolves when all is given back. */
  async close(): Promise<void> {
    this.#actor.send({ type: 'copy.drain' });
    await new Promise<void>((resolve) => {
      if (this.#actor.getSnapshot().status === 'done') return resolve();
      this.#actor.subscribe({ complete: resolve });
    });
    await this.#letGo();
  }

  /** What the pulse tells of this copy. */
  status(): CopyStatus {
    const { group, shard } = this.spec;
    const snapshot = this.#actor.getSnapshot();
    const seq = this.#state?.appliedSeq ?? 0;
    return {
      group: group.name,
      generation: group.generation,
      shard,
      state: copyStateName(snapshot),
      term: this.#state?.term ?? 0,
      seq,
      lastSeq: Math.max(seq, this.#targetSeq),
      ...this.#stats(),
      ...(snapshot.context.failure === '' ? {} : { reason: snapshot.context.failure }),
    };
  }

  /** Figures that the actor's code cannot give must not stop the pulse. */
  #stats(): { readonly docCount: number; readonly sizeBytes: number } {
    try {
      return this.#state?.stats() ?? NO_STATS;
    } catch (error) {
      if (!this.#statsFailed)
        this.#context.report('error', 'actor failed to tell its size', {
          ...this.#place(),
          error: asCoppiceError(error).message,
        });
      this.#statsFailed = true;
      return NO_STATS;
    }
  }

  #createActor(): Actor<typeof copyMachine> {
    return createActor(
      copyMachine.provide({
        delays: {
          retryDelay: ({ context }) => Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(context.attempts, 10)),
        },
        actions: {
          restoreState: () => queueMicrotask(() => this.#restore()),
          startTail: () => queueMicrotask(() => this.#startTail()),
          stopTail: () => this.#stopTail(),
          startServing: () => {
            this.#queries.open();
            this.#primacy?.send({ type: 'copy.ready' });
          },
          stopServing: () => this.#settle(this.#queries.close()),
          resignPrimacy: (_, { graceful }) => {
            if (graceful) this.#settle(this.#primacy?.retire());
            else this.#primacy?.send({ type: 'copy.unready' });
          },
          closeCopy: () => this.#settle(this.#release()),
        },
      }),
    );
  }

  #createPrimacy(commands: CommandDesk): Primacy {
    const { bus, env, registry, view, membership, report } = this.#context;
    const { group, shard, leaf, incarnation } = this.spec;
    return new Primacy({
      env,
      registry,
      view,
      membership,
      report,
      group,
      shard,
      leaf,
      incarnation,
      log: this.#log,
      state: () => this.#loaded(),
      lag: () => this.#lag(),
      nextRecordId: () => this.#nextRecordId(),
      linkUp: () => bus.link.up,
      onLeading: (reign) => commands.open(reign),
      onStopLeading: () => this.#settle(commands.close()),
      resolvePending: () => commands.drain(),
      onState: (state) => this.#onPrimacyState(state),
    });
  }

  #onPrimacyState(state: string): void {
    if (state === 'claiming' || state === 'barrier') this.#actor.send({ type: 'primacy.promoting' });
    else if (state === 'leading') this.#actor.send({ type: 'primacy.leading' });
    else if (state === 'yielding') this.#actor.send({ type: 'primacy.yielding' });
    else this.#actor.send({ type: 'primacy.following' });
  }

  #restore(): void {
    this.#discard();
    const { group, shard } = this.spec;
    if (this.#definition.kind === 'stateless') return this.#actor.send({ type: 'state.restored', stateless: true });
    try {
      this.#state = new ShardState({
        definition: this.#definition,
        generation: group.generation,
        shard,
        settings: group.settings,
      });
      this.#actor.send({ type: 'state.restored' });
    } catch (error) {
      this.#fail(error);
    }
  }

  #startTail(): void {
    if (!this.#actor.getSnapshot().matches('loaded')) return;
    const run = ++this.#tailRun;
    this.#log
      .last(this.spec.shard)
      .then((last) => {
        if (run !== this.#tailRun) return;
        this.#targetSeq = last?.seq ?? 0;
        const fromSeq = this.#loaded().appliedSeq + 1;
        this.#tail = this.#log.tail(this.spec.shard, fromSeq, {
          onEntry: (entry) => {
            if (run === this.#tailRun) this.#apply(entry);
          },
          onError: (error) => {
            if (run === this.#tailRun) this.#onLogError(error);
          },
        });
        this.#checkReplay();
      })
      .catch((error: unknown) => {
        if (run === this.#tailRun) this.#onLogError(error);
      });
  }

  #stopTail(): void {
    this.#tailRun++;
    this.#tail?.close();
    this.#tail = undefined;
  }

  /** Applies a record, from the tail or our own append; whichever comes second is a duplicate. */
  #apply(entry: LogEntry): void {
    const state = this.#soundState();
    if (state === undefined) return;
    try {
      const verdict = state.apply(entry);
      if (verdict.kind === 'duplicate') return;
      if (verdict.kind === 'broken') {
        this.#context.report('warn', 'log does not continue what was applied', {
          ...this.#place(),
          reason: verdict.reason,
        });
        return this.#actor.send({ type: 'chain.broken' });
      }
      if (verdict.kind === 'rolledBack') return this.#halt(verdict.reason);
      this.#commands?.onApplied(verdict.record);
      this.#primacy?.onApplied(verdict.record);
      this.#waiters.reached(state.appliedSeq);
      this.#checkReplay();
    } catch (error) {
      this.#unsound = state;
      this.#fail(error);
    }
  }

  #checkReplay(): void {
    if (this.#actor.getSnapshot().matches({ loaded: 'replaying' }) && this.#loaded().appliedSeq >= this.#targetSeq) {
      this.#actor.send({ type: 'replay.reached' });
    }
  }

  /** After a reconnect: does the log still hold what was applied last? (protocol.md, rule 6 of the log) */
  #verifyPlace(): void {
    const state = this.#state;
    if (state === undefined || state.appliedSeq === 0) return;
    const { appliedSeq, appliedId } = state;
    this.#log
      .read(this.spec.shard, appliedSeq)
      .then((entry) => {
        if (this.#state !== state || entry?.id === appliedId) return;
        this.#halt(`record ${appliedSeq} (${appliedId}) was applied, but the log holds ${entry?.id ?? 'none'} there`);
      })
      .catch((error: unknown) => {
        if (this.#state !== state) return;
        if (!isCoppiceError(error, 'DISCONNECTED')) this.#onLogError(error);
        else if (this.#context.bus.link.up) this.#verifyPlace();
      });
  }

  #onLogError(error: unknown): void {
    if (!isCoppiceError(error, 'STALE_GENERATION')) return this.#fail(error);
    this.#onLogGone(error.message).catch((failure: unknown) => this.#fail(failure));
  }

  /** A group is marked before its log is deleted; the news of the mark may be on its way. */
  async #onLogGone(reason: string): Promise<void> {
    const { view } = this.#context;
    const { name, generation } = this.spec.group;
    const deleted = await view.until(() => view.group(name)?.generation !== generation, DELETION_NEWS_MS);
    if (deleted) this.#actor.send({ type: 'log.gone' });
    else this.#halt(reason);
  }

  /** The log lost what was applied here. Going on would hide it (protocol.md, rule 6 of the log). */
  #halt(reason: string): void {
    if (this.#actor.getSnapshot().matches('halted')) return;
    this.#context.report('error', 'log was rolled back: shard halted', { ...this.#place(), reason });
    this.#actor.send({ type: 'log.rolledBack' });
  }

  #fail(error: unknown): void {
    const reason = asCoppiceError(error).message;
    this.#context.report('error', 'copy failed', {
      ...this.#place(),
      reason,
      stack: error instanceof Error ? error.stack : undefined,
    });
    this.#actor.send({ type: 'copy.failed', reason });
  }

  #drain(): void {
    this.#settled.then(
      () => this.#actor.send({ type: 'copy.drained' }),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Resolves when what the copy held is given back, or could not be, which was reported. */
  async #letGo(): Promise<void> {
    let cancel = (): void => {};
    const tooLong = new Promise<void>((resolve) => {
      cancel = this.#context.env.clock.after(LET_GO_MS, resolve);
    });
    await Promise.race([this.#settled.catch(() => {}), tooLong]);
    cancel();
  }

  /** Remembers work that must end before the copy counts as closed. */
  #settle(work: Promise<void> | undefined): void {
    if (work === undefined) return;
    const before = this.#settled;
    this.#settled = Promise.all([before, work]).then(() => {});
    this.#settled.catch((error: unknown) =>
      this.#context.report('error', 'copy could not let go', {
        ...this.#place(),
        error: asCoppiceError(error).message,
      }),
    );
  }

  async #release(): Promise<void> {
    this.#stopVerifying();
    await this.#primacy?.stop();
    this.#discard();
  }

  #discard(): void {
    this.#commands?.abandon();
    this.#waiters.rejectAll(
      new CoppiceError(
        'SHARD_UNAVAILABLE',
        `this copy of shard ${this.spec.shard} of \`${this.spec.group.name}\` starts over`,
      ),
    );
    this.#state?.close();
    this.#state = undefined;
    this.#unsound = undefined;
    this.#targetSeq = 0;
  }

  #soundState(): ShardState | undefined {
    return this.#state === this.#unsound ? undefined : this.#state;
  }

  #loaded(): ShardState {
    const state = this.#soundState();
    if (state === undefined)
      throw new CoppiceError(
        'SHARD_UNAVAILABLE',
        `shard ${this.spec.shard} of \`${this.spec.group.name}\` is not loaded here`,
      );
    return state;
  }

  #lag(): number {
    const { membership } = this.#context;
    const { group, shard } = this.spec;
    const best = Math.max(
      0,
      ...membership.copiesOf(group, RECENT_PULSE_MS).map((copy) => (copy.shard === shard ? copy.seq : 0)),
    );
    return Math.max(0, best - (this.#state?.appliedSeq ?? 0));
  }

  #nextRecordId(): string {
    return `${this.#recordIdPrefix}.${this.#recordCount++}`;
  }

  #place(): Readonly<Record<string, unknown>> {
    return { group: this.spec.group.name, shard: this.spec.shard };
  }

  #report(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#context.report('info', message, { ...this.#place(), ...fields });
  }
}
