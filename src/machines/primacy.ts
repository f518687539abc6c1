/**
 * Decides whether this copy is the primary of its shard: one machine beside each stateful copy. Pure; the shell in
 * `shard/` does what the actions name and answers with events. Safety is the log's fence alone; what is decided here
 * is who tries to write, and when (protocol.md, "Promotion and handover").
 */
import { assign, type SnapshotFrom, setup } from 'xstate';

/** Terms are numbers of reigns; 0 stands for none yet. Neither ever falls. */
export type PrimacyContext = {
  /** Term of the last lease won by this copy. */
  readonly term: number;
  /** Highest term known from the log, other copies' and one's own. */
  readonly seenTerm: number;
};

/**
 * What can happen to a candidate. Two of them are levels rather than edges, and the shell repeats them while they
 * hold: `owner.lost`, and `lease.won` for a lease that names this incarnation.
 */
export type PrimacyEvent =
  /** The copy has reached the end of the log. */
  | { readonly type: 'copy.ready' }
  /** The copy restores again, or failed: it cannot lead. */
  | { readonly type: 'copy.unready' }
  /** The lease has no live owner. Heard by a ready follower only. */
  | { readonly type: 'owner.lost'; readonly reason?: string }
  | { readonly type: 'owner.alive' }
  /** The lease names this incarnation, with this term. */
  | { readonly type: 'lease.won'; readonly term: number }
  /** Another was faster. */
  | { readonly type: 'lease.refused' }
  /** The claim or its term record could not be written, or nobody knows. */
  | { readonly type: 'claim.failed'; readonly reason?: string }
  /** The tail stands exactly at one's own term record. */
  | { readonly type: 'barrier.reached'; readonly term: number }
  /** The log holds another copy's record of this term. */
  | { readonly type: 'term.outranked'; readonly term: number }
  /** An append of the reign with this term met the fence, and the lease is not ours any more. */
  | { readonly type: 'append.fenced'; readonly term: number }
  | { readonly type: 'primacy.yield' }
  /** Every batch appended by the reign that yields is known to be in the log or dead. */
  | { readonly type: 'pending.resolved' }
  | { readonly type: 'primacy.stop' };

type Term = { readonly term: number };

const termOfEvent = ({ event }: { readonly event: Term }): Term => ({ term: event.term });
const termOfReign = ({ context }: { readonly context: Term }): Term => ({ term: context.term });
const aboveKnown = ({ context }: { readonly context: PrimacyContext }): { readonly above: number } => ({
  above: Math.max(context.term, context.seenTerm),
});

/** How a claim ends that was won and came to nothing: what is under way is dropped, and the lease goes back. */
const GIVE_UP_CLAIM = [
  { type: 'abandonClaim', params: termOfReign },
  { type: 'releaseLease', params: termOfReign },
] as const;

/*
 *              copy.ready       owner.lost          claimDelay        lease.won       barrier.reached       primacy.yield
 *   ┌ unready ←────────→ ready ─────────→ suspecting ─────────→ claiming ────────→ barrier ────────→ leading ─────────→ yielding
 *   └── copy.unready ←─┐  ↑                   │                   │                 │                 │                  │
 *                      │  ├── owner.alive, ───┘                   │                 │                 │                  │
 *       from           │  │   newer term, yield                  │                 │                 │                  │
 *       everywhere ────┘  ├── refused, failed, claimTimeout, ─────┘                 │                 │                  │
 *                         │   newer term, yield                                     │                 │                  │
 *   (unready and ready    ├── failed, barrierTimeout, fenced, outranked, yield ─────┘                 │                  │
 *    are `following`)     ├── fenced, outranked ──────────────────────────────────────────────────────┘                  │
 *                         └── pending.resolved, yieldTimeout, fenced, outranked ─────────────────────────────────────────┘
 *   primacy.stop leads from every state to stopped.
 *
 * following.unready  the copy lacks part of the log; it cannot lead and claims nothing
 * following.ready    the copy applies the log as it grows; somebody else leads, or nobody yet
 * suspecting         the lease has no live owner; the better caught up a copy is, the shorter it waits here
 * claiming           a compare-and-set of the lease is on its way; whether it wins is unknown
 * barrier            the lease of `term` is won; the term record is on its way or not yet reached by the tail
 * leading            one's own term record was the last of the log when reached; commands are decided here
 * yielding           no command is taken any more; what was appended is being resolved
 * stopped            the copy is gone from the contest for good
 *
 * Invariants:
 * - `startLeading` and `stopLeading` alternate, and only `leading` lies between them.
 * - `leading` follows a lease won and a barrier reached of one and the same term, higher than any seen before.
 * - `term` and `seenTerm` never fall; events of older terms change nothing.
 * - What leaves `barrier` for anything but `leading` calls `abandonClaim`, as does a claim given up on its way.
 * - A reign that ends by itself gives the lease back: else it would name a live process that does not lead, and
 *   nobody would ever miss its owner. A lease won late, outside `claiming`, goes back for the same reason. A reign
 *   that the log ended does not: the lease is another's. One outranked before it began does, since the term of a
 *   lost and rebuilt lease may lag behind the log's. `releaseLease` compares and sets, so it never takes another's.
 */
/** The contest for primacy of one copy. Delays here are stand-ins: the shell provides them from configuration. */
export const primacyMachine = setup({
  types: { context: {} as PrimacyContext, events: {} as PrimacyEvent },
  delays: {
    /** How long a suspect waits before it claims; the shell's grows with lag, and after a handover. */
    claimDelay: 50,
    claimTimeout: 2_000,
    barrierTimeout: 5_000,
    yieldTimeout: 5_000,
  },
  guards: {
    isNews: ({ context }, { term }: Term) => term > context.seenTerm,
    isFreshWin: ({ context }, { term }: Term) => term > context.term && term > context.seenTerm,
    isLateWin: ({ context }, { term }: Term) => term > context.term && term <= context.seenTerm,
    isOurReign: ({ context }, { term }: Term) => term === context.term,
    outranksReign: ({ context }, { term }: Term) => term >= context.term,
  },
  actions: {
    keepTerm: assign({ term: (_, { term }: Term) => term }),
    raiseSeenTerm: assign({ seenTerm: ({ context }, { term }: Term) => Math.max(context.seenTerm, term) }),
    /** Tries to take the lease with a term above `above`, the lease's and the log's. */
    claimLease: (_, _params: { readonly above: number }) => {},
    /** Reads the last record and appends the term record, fenced by it; then waits for the tail to reach it. */
    appendTerm: (_, _params: Term) => {},
    /** Drops what a claim still has under way; a lease that it wins after `stopped` is given back by the shell. */
    abandonClaim: (_, _params: Term) => {},
    startLeading: (_, _params: Term) => {},
    stopLeading: (_, _params: Term) => {},
    resolvePending: (_, _params: Term) => {},
    /** Clears the owner of the lease if it still is this incarnation with this term; the term stays in the entry. */
    releaseLease: (_, _params: Term) => {},
  },
}).createMachine({
  id: 'primacy',
  initial: 'following',
  context: { term: 0, seenTerm: 0 },
  states: {
    following: {
      initial: 'unready',
      on: {
        'lease.won': { actions: { type: 'releaseLease', params: termOfEvent } },
        'term.outranked': { actions: { type: 'raiseSeenTerm', params: termOfEvent } },
        'primacy.stop': 'stopped',
      },
      states: {
        unready: { on: { 'copy.ready': 'ready' } },
        ready: { on: { 'copy.unready': 'unready', 'owner.lost': '#primacy.suspecting' } },
      },
    },
    suspecting: {
      on: {
        'owner.alive': 'following.ready',
        'copy.unready': 'following.unready',
        'lease.won': { actions: { type: 'releaseLease', params: termOfEvent } },
        'term.outranked': {
          guard: { type: 'isNews', params: termOfEvent },
          target: 'following.ready',
          actions: { type: 'raiseSeenTerm', params: termOfEvent },
        },
        'primacy.yield': 'following.ready',
        'primacy.stop': 'stopped',
      },
      after: { claimDelay: 'claiming' },
    },
    claiming: {
      entry: { type: 'claimLease', params: aboveKnown },
      on: {
        'lease.won': [
          {
            guard: { type: 'isFreshWin', params: termOfEvent },
            target: 'barrier',
            actions: { type: 'keepTerm', params: termOfEvent },
          },
          {
            guard: { type: 'isLateWin', params: termOfEvent },
            target: 'following.ready',
            actions: { type: 'releaseLease', params: termOfEvent },
          },
        ],
        'lease.refused': 'following.ready',
        'claim.failed': 'following.ready',
        'term.outranked': {
          guard: { type: 'isNews', params: termOfEvent },
          target: 'following.ready',
          actions: [
            { type: 'abandonClaim', params: termOfReign },
            { type: 'raiseSeenTerm', params: termOfEvent },
          ],
        },
        'copy.unready': { target: 'following.unready', actions: { type: 'abandonClaim', params: termOfReign } },
        'primacy.yield': { target: 'following.ready', actions: { type: 'abandonClaim', params: termOfReign } },
        'primacy.stop': { target: 'stopped', actions: { type: 'abandonClaim', params: termOfReign } },
      },
      after: { claimTimeout: { target: 'following.ready', actions: { type: 'abandonClaim', params: termOfReign } } },
    },
    barrier: {
      entry: { type: 'appendTerm', params: termOfReign },
      on: {
        'barrier.reached': {
          guard: { type: 'isOurReign', params: termOfEvent },
          target: 'leading',
          actions: { type: 'raiseSeenTerm', params: termOfEvent },
        },
        'term.outranked': [
          {
            guard: { type: 'outranksReign', params: termOfEvent },
            target: 'following.ready',
            actions: [
              { type: 'abandonClaim', params: termOfReign },
              { type: 'releaseLease', params: termOfReign },
              { type: 'raiseSeenTerm', params: termOfEvent },
            ],
          },
          { actions: { type: 'raiseSeenTerm', params: termOfEvent } },
        ],
        'append.fenced': {
          guard: { type: 'outranksReign', params: termOfEvent },
          target: 'following.ready',
          actions: { type: 'abandonClaim', params: termOfReign },
        },
        'claim.failed': {
          target: 'following.ready',
          actions: [...GIVE_UP_CLAIM],
        },
        'copy.unready': {
          target: 'following.unready',
          actions: [...GIVE_UP_CLAIM],
        },
        'primacy.yield': {
          target: 'following.ready',
          actions: [...GIVE_UP_CLAIM],
        },
        'primacy.stop': {
          target: 'stopped',
          actions: [...GIVE_UP_CLAIM],
        },
      },
      after: {
        barrierTimeout: {
          target: 'following.ready',
          actions: [...GIVE_UP_CLAIM],
        },
      },
    },
    leading: {
      entry: { type: 'startLeading', params: termOfReign },
      exit: { type: 'stopLeading', params: termOfReign },
      on: {
        'term.outranked': {
          guard: { type: 'outranksReign', params: termOfEvent },
          target: 'following.ready',
          actions: { type: 'raiseSeenTerm', params: termOfEvent },
        },
        'append.fenced': { guard: { type: 'outranksReign', params: termOfEvent }, target: 'following.ready' },
        'primacy.yield': 'yielding',
        'copy.unready': { target: 'following.unready', actions: { type: 'releaseLease', params: termOfReign } },
        'primacy.stop': { target: 'stopped', actions: { type: 'releaseLease', params: termOfReign } },
      },
    },
    yielding: {
      entry: { type: 'resolvePending', params: termOfReign },
      on: {
        'pending.resolved': { target: 'following.ready', actions: { type: 'releaseLease', params: termOfReign } },
        'term.outranked': {
          guard: { type: 'outranksReign', params: termOfEvent },
          target: 'following.ready',
          actions: { type: 'raiseSeenTerm', params: termOfEvent },
        },
        'append.fenced': { guard: { type: 'outranksReign', params: termOfEvent }, target: 'following.ready' },
        'copy.unready': { target: 'following.unready', actions: { type: 'releaseLease', params: termOfReign } },
        'primacy.stop': { target: 'stopped', actions: { type: 'releaseLease', params: termOfReign } },
      },
      after: { yieldTimeout: { target: 'following.ready', actions: { type: 'releaseLease', params: termOfReign } } },
    },
    stopped: { type: 'final' },
  },
});

/** A moment of the contest. */
export type PrimacySnapshot = SnapshotFrom<typeof primacyMachine>;
