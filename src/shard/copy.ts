/**
 * One copy of one shard on this leaf: the shell around `copyMachine`. It restores a state, follows the log, answers
 * queries, stands for primary, and takes commands while it is.
 */
import { type Actor, createActor } from 'xstate';
import type { ActorDefinition, StatefulDefinition } from '../actor/definition.ts';
import type { BusSubscription } from '../bus/bus.ts';
import type { Log, LogEntry } from '../bus/log.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { logSpec } from '../cluster/groups.ts';
import { groupKey } from '../cluster/view.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { copyMachine, copyStateName } from '../machines/copy.ts';
import { depotPrefix } from '../wire/checkpoint-format.ts';
import { groupToken } from '../wire/names.ts';
import { type CopyStatus, GroupRecord, parseRecord } from '../wire/records.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';
import type { CopyTransition } from '../wire/transitions.ts';
import { Checkpointer } from './checkpointer.ts';
import { CommandDesk } from './command-desk.ts';
import type { CopySpec } from './copy-spec.ts';
import { HeldState } from './held-state.ts';
import { LogFollower } from './log-follower.ts';
import { machineClock } from './machine-clock.ts';
import { Primacy } from './primacy.ts';
import { QueryDesk } from './query-desk.ts';
import { Restorer } from './restorer.ts';
import { SequenceWaiters } from './sequence-waiters.ts';
import { innermostName, type Transition, watchTransitions } from './transition-watch.ts';
import { Upkeep } from './upkeep.ts';

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 30_000;
/** A closed copy waits no longer for handlers that do not end. */
const LET_GO_MS = 2_000;

/** What a copy needs of where it lives. */
export type CopyOptions = {
  readonly context: ClusterContext;
  readonly definition: ActorDefinition;
  /** Called whenever `status()` would tell something new of the copy's state. */
  readonly onStatus: () => void;
  /** Told of every step of the copy's machines, with its cause. */
  readonly onTransition: (transition: CopyTransition) => void;
};

/** One copy. */
export class Copy {
  readonly spec: CopySpec;
  readonly #context: ClusterContext;
  readonly #definition: ActorDefinition;
  readonly #actor: Actor<typeof copyMachine>;
  readonly #log: Log;
  readonly #state: HeldState;
  readonly #follower: LogFollower;
  readonly #waiters: SequenceWaiters;
  readonly #upkeep: Upkeep;
  readonly #queries: QueryDesk;
  readonly #commands: CommandDesk | undefined;
  readonly #primacy: Primacy | undefined;
  readonly #checkpointer: Checkpointer | undefined;
  readonly #restorer: Restorer | undefined;
  readonly #onStatus: () => void;
  readonly #onTransition: CopyOptions['onTransition'];
  #doubts: BusSubscription | undefined;
  readonly #recordIdPrefix: string;
  #recordCount = 0;
  #restoring = new AbortController();
  #settled: Promise<void> = Promise.resolve();

  constructor(spec: CopySpec, options: CopyOptions) {
    const { context, definition } = options;
    this.spec = spec;
    this.#context = context;
    this.#definition = definition;
    this.#onStatus = options.onStatus;
    this.#onTransition = options.onTransition;
    const { group, shard, incarnation } = spec;
    const { cluster, bus, env } = this.#context;
    // The last part keeps ids apart when a copy is opened twice in one life of the process.
    this.#recordIdPrefix = `${group.generation}.${shard}.${incarnation}-${env.random.id().slice(0, 8)}`;
    this.#log = bus.openLog(logSpec(cluster, group));
    this.#state = new HeldState(spec, this.#definition, this.#context);
    this.#follower = new LogFollower({
      context: this.#context,
      log: this.#log,
      group,
      shard,
      state: () => this.#state.sound,
      onEntry: (entry) => this.#apply(entry),
      onTarget: () => this.#checkReplay(),
      onRolledBack: (reason) => this.#halt(reason),
      onGone: () => this.#actor.send({ type: 'log.gone' }),
      onError: (error) => this.#fail(error),
    });
    this.#waiters = new SequenceWaiters(env.clock);
    this.#upkeep = new Upkeep({
      clock: env.clock,
      maintain: (shouldStop) => this.#state.maintain(shouldStop),
      onError: (error) => this.#fail(error),
    });
    this.#queries = new QueryDesk({
      context: this.#context,
      spec,
      definition: this.#definition,
      waiters: this.#waiters,
      state: () => this.#state.sound,
    });
    if (definition.kind === 'stateful') {
      this.#commands = new CommandDesk({
        context: this.#context,
        spec,
        definition,
        log: this.#log,
        state: () => this.#state.loaded,
        nextRecordId: () => this.#nextRecordId(),
        applyOwn: (entry) => this.#apply(entry),
        onFenced: (term) => this.#primacy?.send({ type: 'append.fenced', term }),
        onFailure: (error) => this.#follower.fail(error),
      });
      this.#restorer = this.#createRestorer(definition);
      this.#checkpointer = this.#createCheckpointer(definition, this.#commands);
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
    this.#doubts = this.#listenForDoubts();
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
    const { appliedSeq: seq, term } = this.#state;
    return {
      group: group.name,
      generation: group.generation,
      shard,
      state: copyStateName(snapshot),
      term,
      seq,
      lastSeq: Math.max(seq, this.#follower.targetSeq),
      ...this.#state.stats(),
      ...this.#checkpointStatus(),
      ...(snapshot.context.failure === '' ? {} : { reason: snapshot.context.failure }),
    };
  }

  #createRestorer(definition: StatefulDefinition): Restorer | undefined {
    const { checkpoints, env, report } = this.#context;
    if (checkpoints === undefined || definition.restore === undefined) return undefined;
    return new Restorer({ spec: this.spec, checkpoints, log: this.#log, report, env, definition });
  }

  #createCheckpointer(definition: StatefulDefinition, commands: CommandDesk): Checkpointer | undefined {
    const { checkpoints, env, report } = this.#context;
    if (checkpoints === undefined || definition.checkpoint === undefined) return undefined;
    return new Checkpointer({
      spec: this.spec,
      checkpoints,
      log: this.#log,
      report,
      clock: env.clock,
      state: () => this.#state.loaded,
      append: async (note) => commands.append(note),
    });
  }

  #checkpointStatus(): Pick<CopyStatus, 'restore' | 'checkpointSeq' | 'checkpointFailure'> {
    const restore = this.#restorer?.progress;
    const failure = this.#checkpointer?.failure ?? this.#context.checkpoints?.depotFailure?.();
    const fails = this.#checkpointer !== undefined && failure !== undefined;
    const newest = this.#state.sound?.checkpoints.at(-1);
    return {
      ...(restore === undefined ? {} : { restore }),
      ...(newest === undefined ? {} : { checkpointSeq: newest.seq }),
      ...(fails ? { checkpointFailure: failure } : {}),
    };
  }

  #createActor(): Actor<typeof copyMachine> {
    return createActor(
      copyMachine.provide({
        delays: {
          retryDelay: ({ context }) => Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(context.attempts, 10)),
        },
        actions: {
          restoreState: () => queueMicrotask(() => this.#restore()),
          startTail: () =>
            queueMicrotask(() => {
              if (this.#actor.getSnapshot().matches('loaded')) this.#follower.start();
            }),
          stopTail: () => this.#follower.stop(),
          startServing: () => {
            this.#queries.open();
            this.#primacy?.send({ type: 'copy.ready' });
          },
          stopServing: () => {
            this.#sendAway('stops serving');
            this.#settle(this.#queries.close());
          },
          resignPrimacy: (_, { graceful }) => {
            if (graceful) this.#settle(this.#primacy?.retire());
            else this.#primacy?.send({ type: 'copy.unready' });
          },
          closeCopy: () => this.#settle(this.#release()),
        },
      }),
      {
        clock: machineClock(this.#context.env.clock),
        inspect: watchTransitions({ first: 'unassigned', nameOf: innermostName }, (step) =>
          this.#tellStep('copy', step),
        ),
      },
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
      state: () => this.#state.loaded,
      lag: (except) => this.#lag(except),
      nextRecordId: () => this.#nextRecordId(),
      linkUp: () => bus.link.up,
      onLeading: (reign) => {
        commands.open(reign);
        this.#checkpointer?.start(reign.term);
      },
      onStopLeading: () => {
        this.#settle(this.#checkpointer?.stop());
        this.#settle(commands.close());
      },
      resolvePending: () => commands.drain(),
      onState: (state) => this.#onPrimacyState(state),
      onTransition: (step) => this.#tellStep('primacy', step),
    });
  }

  #listenForDoubts(): BusSubscription | undefined {
    const primacy = this.#primacy;
    if (primacy === undefined) return undefined;
    const { bus, cluster } = this.#context;
    const { group, shard } = this.spec;
    const subject = fill(SUBJECTS.doubt, { cluster, group: groupToken(group.name, group.generation), shard });
    return bus.subscribe(subject, {}, () => primacy.doubt());
  }

  #onPrimacyState(state: string): void {
    if (state === 'claiming' || state === 'barrier') this.#actor.send({ type: 'primacy.promoting' });
    else if (state === 'leading') this.#actor.send({ type: 'primacy.leading' });
    else if (state === 'yielding') this.#actor.send({ type: 'primacy.yielding' });
    else this.#actor.send({ type: 'primacy.following' });
  }

  #tellStep(machine: CopyTransition['machine'], step: Transition): void {
    const { group, shard } = this.spec;
    const place = { group: group.name, generation: group.generation, shard, machine };
    this.#onTransition({ ...place, ...step, atMs: this.#context.env.clock.wallMs() });
  }

  #restore(): void {
    this.#discard();
    if (this.#restorer !== undefined) return this.#restoreFrom(this.#restorer);
    try {
      this.#state.build();
      this.#actor.send({ type: 'state.restored', stateless: this.#definition.kind === 'stateless' });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** From the newest sound checkpoint, or from nothing if the log has none. */
  #restoreFrom(restorer: Restorer): void {
    this.#restoring = new AbortController();
    const { signal } = this.#restoring;
    restorer
      .restore(signal)
      .then((state) => {
        if (signal.aborted) return state?.close();
        if (state === undefined) this.#state.build();
        else this.#state.adopt(state);
        this.#actor.send({ type: 'state.restored' });
      })
      .catch((error: unknown) => {
        if (!signal.aborted) this.#follower.fail(error);
      });
  }

  /** Applies a record, from the tail or our own append; whichever comes second is a duplicate. */
  #apply(entry: LogEntry): void {
    try {
      const verdict = this.#state.apply(entry);
      if (verdict === undefined || verdict.kind === 'duplicate') return;
      if (verdict.kind === 'rolledBack') return this.#halt(verdict.reason);
      if (verdict.kind === 'broken') return this.#startOver(verdict.reason);
      this.#commands?.onApplied(verdict.record);
      this.#primacy?.onApplied(verdict.record);
      this.#checkpointer?.noteApplied(verdict.record);
      this.#waiters.reached(this.#state.appliedSeq);
      this.#upkeep.noteApplied();
      this.#checkReplay();
    } catch (error) {
      if (isCoppiceError(error, 'UNSUPPORTED_FORMAT')) this.#haltAt(entry, error);
      else this.#fail(error);
    }
  }

  #startOver(broken: string): void {
    const unusable = this.#restorer?.failure;
    const reason = unusable === undefined ? broken : `${broken}; ${unusable}`;
    this.#context.report('warn', 'log does not continue what was applied', { ...this.#place(), reason });
    this.#actor.send({ type: 'chain.broken', reason });
  }

  #checkReplay(): void {
    if (
      this.#actor.getSnapshot().matches({ loaded: 'replaying' }) &&
      this.#state.appliedSeq >= this.#follower.targetSeq
    ) {
      this.#actor.send({ type: 'replay.reached' });
    }
  }

  /** The log lost what was applied here. Going on would hide it (protocol.md, rule 6 of the log). */
  #halt(reason: string): void {
    if (this.#actor.getSnapshot().matches('halted')) return;
    this.#context.report('error', 'log was rolled back: shard halted', { ...this.#place(), reason });
    this.#actor.send({ type: 'log.rolledBack', reason });
  }

  /** A record of another version, or a damaged one. To start over would end here again; to go on would diverge. */
  #haltAt({ seq }: LogEntry, error: CoppiceError): void {
    const reason = `record ${seq}: ${error.message}`;
    this.#context.report('error', 'log cannot be read: shard halted', { ...this.#place(), reason, code: error.code });
    this.#actor.send({ type: 'log.unreadable', reason });
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
    // `settle` has reported what failed.
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
    this.#follower.close();
    this.#doubts?.close();
    await this.#primacy?.stop();
    this.#discard();
    await this.#forgetDeleted();
  }

  /**
   * The checkpoints of a deleted group go with its copies; a new group of its name has another generation's. A view may be
   * behind, or closed: only the registry's leader is believed, and only if the log is gone, too.
   */
  async #forgetDeleted(): Promise<void> {
    const { checkpoints, registry, view, bus } = this.#context;
    const { group, shard } = this.spec;
    const present = view.group(group.name);
    const mayLive = present?.generation === group.generation && present.deleting !== true;
    if (checkpoints === undefined || this.#checkpointer === undefined || mayLive || !bus.link.up) return;
    const entry = await registry.get(groupKey(group.name));
    const known = entry === undefined ? undefined : parseRecord(GroupRecord, entry.value, entry.key);
    if (known?.generation === group.generation && known.deleting !== true) return;
    try {
      await this.#log.last(shard);
      return;
    } catch (error) {
      if (!isCoppiceError(error, 'STALE_GENERATION')) throw error;
    }
    await this.#checkpointer.stop();
    const names = await checkpoints.depot.list(depotPrefix(group.generation, shard));
    for (const name of names) await checkpoints.depot.delete(name);
  }

  #discard(): void {
    this.#restoring.abort(new CoppiceError('CANCELLED', 'the copy starts over'));
    this.#checkpointer?.forget();
    this.#upkeep.stop();
    this.#commands?.abandon();
    this.#sendAway('starts over');
    this.#state.discard();
    this.#follower.reset();
  }

  /** Readers that wait here for a record may find it on another copy. */
  #sendAway(why: string): void {
    const { group, shard } = this.spec;
    this.#waiters.rejectAll(
      new CoppiceError('SHARD_UNAVAILABLE', `this copy of shard ${shard} of \`${group.name}\` ${why}`),
    );
  }

  /** Log records that the best of the other copies, but for that on the leaf `except`, is ahead of this one. */
  #lag(except: string): number {
    const { membership } = this.#context;
    const { group, shard } = this.spec;
    const rivals = membership.copiesOf(group).filter((copy) => copy.shard === shard && copy.leaf !== except);
    const best = Math.max(0, ...rivals.map(({ seq }) => seq));
    return Math.max(0, best - this.#state.appliedSeq);
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
