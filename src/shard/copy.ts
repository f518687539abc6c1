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
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { copyMachine, copyStateName } from '../machines/copy.ts';
import { groupToken } from '../wire/names.ts';
import type { CopyStatus } from '../wire/records.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';
import type { CopyTransition } from '../wire/transitions.ts';
import { CommandDesk } from './command-desk.ts';
import type { CopySpec } from './copy-spec.ts';
import { PoisonError } from './failed-operations.ts';
import { isGroupGone, mayLive } from './gone-group.ts';
import { HeldState } from './held-state.ts';
import { LogFollower } from './log-follower.ts';
import { machineClock } from './machine-clock.ts';
import { PoisonWatch, type Suspect } from './poison-watch.ts';
import { Primacy } from './primacy.ts';
import { QueryDesk } from './query-desk.ts';
import { Recovery } from './recovery.ts';
import { RivalCopies } from './rival-copies.ts';
import { SequenceWaiters } from './sequence-waiters.ts';
import { Settlement } from './settlement.ts';
import { innermostName, type Transition, watchTransitions } from './transition-watch.ts';
import { Upkeep } from './upkeep.ts';

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 30_000;
/** A closed copy waits no longer for handlers that do not end; and no longer for its state to be saved. */
const LET_GO_MS = 2_000;
const LAST_SAVE_MS = 6_000;
/** A copy whose disk takes nothing lets others stand for primacy first, for so long. */
const RELUCTANCE_MS = 3_000;

/** What a copy needs of where it lives. */
export type CopyOptions = {
  readonly context: ClusterContext;
  readonly definition: ActorDefinition;
  /** Called whenever `status()` would tell something new of the copy's state. */
  readonly onStatus: () => void;
  /** Told of every step of the copy's machines, with its cause. */
  readonly onTransition: (transition: CopyTransition) => void;
  /** The operation over which its worker threads have died. */
  readonly suspect?: Suspect | undefined;
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
  readonly #recovery: Recovery | undefined;
  readonly #rivals: RivalCopies;
  readonly #settlement: Settlement;
  readonly #poison: PoisonWatch;
  readonly #onStatus: () => void;
  readonly #onTransition: CopyOptions['onTransition'];
  #doubts: BusSubscription | undefined;
  readonly #recordIdPrefix: string;
  #recordCount = 0;
  #restoring = new AbortController();
  /** Whether the log is not followed, since too much waits for the disk. */
  #isPaused = false;

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
    this.#rivals = new RivalCopies(context.membership, spec);
    this.#settlement = new Settlement(env.clock, (error) => {
      // Without a server there is nobody to hand over to, and the lease runs out.
      const level = isCoppiceError(error, 'DISCONNECTED') ? 'warn' : 'error';
      context.report(level, 'copy could not let go', { ...this.#place(), error: asCoppiceError(error).message });
    });
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
    this.#poison = new PoisonWatch({
      context,
      spec,
      log: this.#log,
      nextRecordId: () => this.#nextRecordId(),
      suspect: options.suspect,
      skip: (error, recordId) => this.#commands?.skip(error, recordId),
      onSkipped: (reason) => this.#startOver(reason),
      onFailure: (error) => this.#fail(error),
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
      onDamage: (error) => this.#fail(error),
    });
    if (definition.kind === 'stateful') {
      this.#commands = new CommandDesk({
        context: this.#context,
        spec,
        definition,
        log: this.#log,
        state: () => this.#state.loaded,
        appliedSeq: () => this.#state.appliedSeq,
        nextRecordId: () => this.#nextRecordId(),
        applyOwn: (entry) => this.#apply(entry),
        refusal: () => this.#refusal(),
        onFenced: (term) => this.#primacy?.send({ type: 'append.fenced', term }),
        onFailure: (error) => this.#follower.fail(error),
      });
      this.#recovery = this.#createRecovery(definition, this.#commands);
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
    this.#recovery?.open();
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
    await this.#settlement.letGo(this.#recovery?.savesLast === true ? LAST_SAVE_MS : LET_GO_MS);
    this.#recovery?.close();
  }

  /** What the pulse tells of this copy. */
  status(): CopyStatus {
    const { group, shard } = this.spec;
    const snapshot = this.#actor.getSnapshot();
    const { appliedSeq: seq, term } = this.#state;
    const skipped = this.#state.sound?.failed.skipped.count ?? 0;
    return {
      group: group.name,
      generation: group.generation,
      shard,
      state: copyStateName(snapshot),
      term,
      seq,
      lastSeq: Math.max(seq, this.#follower.targetSeq),
      ...this.#state.stats(),
      ...this.#recovery?.status(snapshot.matches({ loaded: 'replaying' }) ? this.#follower.targetSeq : undefined),
      ...this.#poison.status(),
      ...(skipped === 0 ? {} : { skipped }),
      ...(snapshot.context.failure === '' ? {} : { reason: snapshot.context.failure }),
    };
  }

  #createRecovery(definition: StatefulDefinition, commands: CommandDesk): Recovery {
    return new Recovery({
      context: this.#context,
      spec: this.spec,
      definition,
      log: this.#log,
      state: this.#state,
      append: async (note) => commands.append(note),
      onEvent: (cause, reason) => this.#tellEvent(cause, reason),
      onDisk: () => this.#onDisk(),
      onError: (error) => this.#fail(error),
    });
  }

  #createActor(): Actor<typeof copyMachine> {
    return createActor(
      copyMachine.provide({
        delays: {
          retryDelay: ({ context }) => Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(context.attempts, 10)),
        },
        actions: {
          restoreState: () => queueMicrotask(() => this.#restore()),
          startTail: () => queueMicrotask(() => this.#follow()),
          stopTail: () => this.#follower.stop(),
          startServing: () => {
            this.#queries.open();
            this.#primacy?.send({ type: 'copy.ready' });
          },
          stopServing: () => {
            this.#sendAway('stops serving');
            this.#settlement.add(this.#queries.close());
          },
          resignPrimacy: (_, { graceful }) => {
            if (graceful) this.#settlement.add(this.#primacy?.retire());
            else this.#primacy?.send({ type: 'copy.unready' });
          },
          closeCopy: () => this.#settlement.add(this.#release()),
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
      lag: (except) => this.#rivals.lag(this.#state.appliedSeq, except),
      reluctanceMs: () => (this.#recovery?.refusal === undefined ? 0 : RELUCTANCE_MS),
      nextRecordId: () => this.#nextRecordId(),
      linkUp: () => bus.link.up,
      onLeading: (reign) => {
        commands.open(reign);
        this.#recovery?.startLeading(reign.term);
      },
      onStopLeading: () => {
        this.#settlement.add(this.#recovery?.stopLeading());
        this.#settlement.add(commands.close());
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

  /** Something happened to the copy that is no step of its machines. */
  #tellEvent(cause: string, reason: string): void {
    const state = copyStateName(this.#actor.getSnapshot());
    this.#tellStep('copy', { from: state, to: state, cause, reason });
  }

  #follow(): void {
    if (!this.#actor.getSnapshot().matches('loaded')) return;
    this.#recovery?.startReplay();
    this.#follower.start();
  }

  /** The disk takes nothing, or takes things again: others lead if they can, and the log is followed as far as it goes. */
  #onDisk(): void {
    this.#onStatus();
    if (this.#recovery?.refusal === undefined) {
      if (this.#isPaused) this.#follow();
      this.#isPaused = false;
    } else if (this.#rivals.canLead && this.#actor.getSnapshot().matches({ loaded: { serving: 'primary' } }))
      this.#settlement.add(this.#primacy?.yield());
  }

  /** Why no command is accepted: callers try again where another copy is about to lead. */
  #refusal(): CoppiceError | undefined {
    const refusal = this.#recovery?.refusal;
    return refusal !== undefined && this.#rivals.canLead ? new CoppiceError('NOT_PRIMARY', refusal.message) : refusal;
  }

  #restore(): void {
    this.#discard();
    if (this.#recovery !== undefined) return this.#recover(this.#recovery);
    this.#actor.send({ type: 'state.restored', stateless: true });
  }

  #recover(recovery: Recovery): void {
    this.#restoring = new AbortController();
    const { signal } = this.#restoring;
    this.#poison
      .ready(signal)
      .then(async () => recovery.restore((state) => this.#poison.tell(state), signal))
      .then(() => {
        if (signal.aborted) return;
        this.#actor.send({ type: 'state.restored' });
      })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        if (isCoppiceError(error, 'LOG_ROLLED_BACK')) this.#halt(error.message);
        else this.#follower.fail(error);
      });
  }

  /** Applies a record, from the tail or our own append; whichever comes second is a duplicate. */
  #apply(entry: LogEntry): void {
    try {
      const verdict = this.#state.apply(entry);
      if (verdict === undefined || verdict.kind === 'duplicate') return;
      if (verdict.kind === 'rolledBack') return this.#halt(verdict.reason);
      if (verdict.kind === 'broken') {
        if (verdict.differs === true) this.#recovery?.discardSaved(verdict.reason);
        return this.#startOver(verdict.reason);
      }
      this.#poison.noteApplied(verdict.record.seq);
      this.#commands?.onApplied(verdict.record);
      this.#primacy?.onApplied(verdict.record);
      if (this.#recovery?.noteApplied(verdict.record) === true) this.#pauseFollowing();
      this.#waiters.reached(this.#state.appliedSeq);
      this.#upkeep.noteApplied();
      this.#checkReplay();
    } catch (error) {
      if (isCoppiceError(error, 'UNSUPPORTED_FORMAT')) this.#haltAt(entry, error);
      else if (error instanceof PoisonError) this.#poison.meet(error, entry.id);
      else this.#fail(error);
    }
  }

  /** What memory can hold for the disk is there: the copy answers from what it has. */
  #pauseFollowing(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#follower.stop();
    this.#tellEvent('disk.failed', 'the log is not followed: too much waits in memory for the disk');
  }

  #startOver(broken: string): void {
    const unusable = this.#recovery?.failure;
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
    this.#recovery?.noteFailure(error);
    this.#actor.send({ type: 'copy.failed', reason });
  }

  #drain(): void {
    this.#settlement.done.then(
      () => this.#actor.send({ type: 'copy.drained' }),
      (error: unknown) => this.#fail(error),
    );
  }

  /** What is kept goes with the group, and with it only. */
  async #release(): Promise<void> {
    this.#follower.close();
    this.#doubts?.close();
    await this.#primacy?.stop();
    const { group } = this.spec;
    const mayStay = mayLive(this.#context, group);
    if (mayStay) await this.#recovery?.saveLast();
    this.#discard();
    if (!mayStay && (await isGroupGone(this.#context, group, this.#log))) await this.#recovery?.removeAll();
    this.#recovery?.close();
  }

  #discard(): void {
    this.#restoring.abort(new CoppiceError('CANCELLED', 'the copy starts over'));
    this.#recovery?.discard();
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
