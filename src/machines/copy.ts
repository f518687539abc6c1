/**
 * The life of one copy of a shard, from being placed on a leaf to being closed. Pure; the shell in `shard/` does what
 * the actions name and answers with events. Who is primary is decided by `primacy.ts`; its outcome arrives here as
 * `primacy.*` events, so that one name says all about a copy.
 */
import { assign, type SnapshotFrom, type StateValue, setup } from 'xstate';

/** States of a copy as they appear in pulses and status. */
export const COPY_STATES = [
  'unassigned',
  'restoring',
  'replaying',
  'replica',
  'promoting',
  'primary',
  'handingOver',
  'draining',
  'failed',
  'halted',
  'closed',
] as const;

/** A state of a copy, by its public name. */
export type CopyStateName = (typeof COPY_STATES)[number];

/** What a copy remembers of its failures since it last served. */
export type CopyContext = {
  /** Failures in a row; the backoff grows with it. */
  readonly attempts: number;
  /** Reason of the last failure or halt; empty while all is well. */
  readonly failure: string;
};

/** What can happen to a copy. */
export type CopyEvent =
  | { readonly type: 'copy.open' }
  /** A state stands at some place of the log; a stateless copy needs no log and serves at once. */
  | { readonly type: 'state.restored'; readonly stateless?: boolean }
  /** The end of the log, as it was when the tail began, is applied. */
  | { readonly type: 'replay.reached' }
  | { readonly type: 'primacy.promoting' }
  | { readonly type: 'primacy.leading' }
  | { readonly type: 'primacy.yielding' }
  | { readonly type: 'primacy.following' }
  /** A record does not continue what was applied: the state is worthless. */
  | { readonly type: 'chain.broken'; readonly reason?: string }
  /** Memory, disk or code failed. */
  | { readonly type: 'copy.failed'; readonly reason: string }
  /** The log lost records that this copy has applied. */
  | { readonly type: 'log.rolledBack'; readonly reason?: string }
  /** The log holds what this version cannot read: trying again would end there again. */
  | { readonly type: 'log.unreadable'; readonly reason: string }
  /** The group was deleted. */
  | { readonly type: 'log.gone' }
  | { readonly type: 'copy.drain' }
  | { readonly type: 'copy.drained' };

type Reason = { readonly reason: string };

const reasonOfEvent = ({ event }: { readonly event: Reason }): Reason => ({ reason: event.reason });
const reasonOfBreak = ({ event }: { readonly event: Partial<Reason> }): Reason => ({
  reason: `the chain of records broke while replaying${event.reason === undefined ? '' : `: ${event.reason}`}`,
});
const attemptsSoFar = ({ context }: { readonly context: CopyContext }): { readonly attempts: number } => ({
  attempts: context.attempts,
});
const gracefulIfDrained = ({ event }: { readonly event: CopyEvent }): { readonly graceful: boolean } => ({
  graceful: event.type === 'copy.drain',
});
const statelessOfEvent = ({
  event,
}: {
  readonly event: { readonly stateless?: boolean };
}): { readonly stateless: boolean } => ({
  stateless: event.stateless === true,
});

/** Where a log that cannot be followed leads to. */
const HALTS = {
  'log.rolledBack': {
    target: '#copy.halted',
    actions: { type: 'noteReason', params: { reason: 'the log was rolled back' } },
  },
  'log.unreadable': { target: '#copy.halted', actions: { type: 'noteReason', params: reasonOfEvent } },
} as const;

/*
 *                                   ┌──────────────────────── loaded ────────────────────────────┐
 *              open        restored │               reached  ┌──────────── serving ────────────┐ │
 *   unassigned ───→ restoring ──────┼─→ replaying ───────────┼→ replica ⇄ promoting → primary  │ │
 *                    ↑  ↑  │  ↑     │       │                │     ↑                    ↓      │ │
 *                    │  │  │  │     │       │                │     └────────────── handingOver │ │
 *                    │  │  │  │     │       │                └───────┬─────────────────────────┘ │
 *                    │  │  │  │     └───────┼────────────────────────┼───────────────────────────┘
 *                    │  │  │  └─────────────┼──── chain.broken ──────┘
 *                    │  └──┼── retryDelay ─ failed ←─ copy.failed; chain.broken while replaying
 *   log.rolledBack, log.unreadable → halted    log.gone → closed
 *   copy.drain → draining ── copy.drained, drainTimeout → closed
 *   (these from every open state; a stateless copy goes from restoring to replica at once)
 *
 * unassigned   nothing is loaded, no resource is held
 * restoring    what was loaded is discarded; a state is being built from local files or a checkpoint
 * replaying    the state is sound but old; the tail applies the log, nobody is answered
 * replica      the state follows the log; queries are answered
 * promoting    as replica, while the copy reaches for primacy
 * primary      as replica, and commands are decided here
 * handingOver  as replica; no command is taken, what is pending is being resolved
 * draining     no query is taken any more; what was taken is finished and primacy handed over
 * failed       nothing is answered; another attempt follows after `retryDelay`, which grows with `attempts`
 * halted       the log is not the one that was applied, or of a format unknown here: nothing is answered and nothing
 *              tried until the copy is closed
 * closed       all resources are given back; final
 *
 * Invariants:
 * - `startServing` and `stopServing` alternate, and exactly `serving` lies between them; `copy.drain` and every
 *   failure leave it.
 * - No record is applied outside `loaded`: leaving it calls `stopTail`.
 * - Leaving `serving` calls `resignPrimacy`, even from `replica`, whose contest may have begun.
 * - `attempts` grows with every failure and is 0 while serving. A chain that breaks before the copy ever served
 *   counts as a failure, so that a purge faster than the replay meets backoff instead of a loop.
 * - `closeCopy` runs once, and nothing after it.
 */
/** The life of one copy. Delays here are stand-ins: the shell provides them from configuration. */
export const copyMachine = setup({
  types: { context: {} as CopyContext, events: {} as CopyEvent },
  delays: { retryDelay: 1_000, drainTimeout: 10_000 },
  guards: { isStateless: (_, { stateless }: { readonly stateless: boolean }) => stateless },
  actions: {
    countFailure: assign({
      attempts: ({ context }) => context.attempts + 1,
      failure: (_, { reason }: Reason) => reason,
    }),
    noteReason: assign({ failure: (_, { reason }: Reason) => reason }),
    forgetFailures: assign({ attempts: 0, failure: '' }),
    /** Discards what was loaded and builds a state anew; answers `state.restored` or `copy.failed`. */
    restoreState: (_, _params: { readonly attempts: number }) => {},
    /** Applies the log from where the state stands. */
    startTail: () => {},
    /** Applies no further record; harmless if no tail was started. */
    stopTail: () => {},
    startServing: () => {},
    stopServing: () => {},
    /** Ends the contest or the reign; if graceful, what is pending is resolved first. Answers nothing. */
    resignPrimacy: (_, _params: { readonly graceful: boolean }) => {},
    closeCopy: () => {},
  },
}).createMachine({
  id: 'copy',
  initial: 'unassigned',
  context: { attempts: 0, failure: '' },
  on: { 'copy.drain': '.draining', 'log.gone': '.closed' },
  states: {
    unassigned: { on: { 'copy.open': 'restoring' } },
    restoring: {
      entry: { type: 'restoreState', params: attemptsSoFar },
      on: {
        'state.restored': [
          { guard: { type: 'isStateless', params: statelessOfEvent }, target: 'loaded.serving' },
          { target: 'loaded.replaying' },
        ],
        'copy.failed': { target: 'failed', actions: { type: 'countFailure', params: reasonOfEvent } },
        ...HALTS,
      },
    },
    loaded: {
      initial: 'replaying',
      exit: 'stopTail',
      on: {
        'copy.failed': { target: 'failed', actions: { type: 'countFailure', params: reasonOfEvent } },
        ...HALTS,
      },
      states: {
        replaying: {
          entry: 'startTail',
          on: {
            'replay.reached': 'serving',
            'chain.broken': {
              target: '#copy.failed',
              actions: { type: 'countFailure', params: reasonOfBreak },
            },
          },
        },
        serving: {
          initial: 'replica',
          entry: ['forgetFailures', 'startServing'],
          exit: [{ type: 'resignPrimacy', params: gracefulIfDrained }, 'stopServing'],
          on: { 'chain.broken': '#copy.restoring' },
          states: {
            replica: { on: { 'primacy.promoting': 'promoting', 'primacy.leading': 'primary' } },
            promoting: { on: { 'primacy.leading': 'primary', 'primacy.following': 'replica' } },
            primary: { on: { 'primacy.yielding': 'handingOver', 'primacy.following': 'replica' } },
            handingOver: { on: { 'primacy.following': 'replica' } },
          },
        },
      },
    },
    failed: { on: HALTS, after: { retryDelay: 'restoring' } },
    halted: {},
    draining: {
      on: { 'copy.drain': {}, 'copy.drained': 'closed', 'copy.failed': 'closed' },
      after: { drainTimeout: 'closed' },
    },
    closed: { type: 'final', entry: 'closeCopy' },
  },
});

/** A moment in the life of a copy. */
export type CopySnapshot = SnapshotFrom<typeof copyMachine>;

/** The public name of the state that a copy is in. */
export function copyStateName(snapshot: { readonly value: StateValue }): CopyStateName {
  const innermost = innermostState(snapshot.value);
  const name = COPY_STATES.find((state) => state === innermost);
  if (name === undefined) throw new Error(`copy state \`${innermost}\` has no public name`);
  return name;
}

function innermostState(value: StateValue): string {
  if (typeof value === 'string') return value;
  const [[name, inner] = []] = Object.entries(value);
  if (name === undefined) return '';
  return inner === undefined ? name : innermostState(inner);
}
