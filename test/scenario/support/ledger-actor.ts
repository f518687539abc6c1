/**
 * The actor of the scenarios: lists of tags under keys. Every command carries a tag of its own, so that afterwards each
 * list tells what was applied, in which order, and how often.
 */
import { accept, command, defineActor, query, reject } from '../../../src/actor/define.ts';
import type { StatefulDefinition } from '../../../src/actor/definition.ts';
import { CoppiceError } from '../../../src/errors.ts';

/** State of a shard: lists by key, and all tags in the order of applying. */
export type LedgerState = { readonly shard: number; readonly lists: Map<string, string[]>; readonly order: string[] };

type Kept = { readonly lists: readonly [string, string[]][]; readonly order: string[] };

/** What the log holds: a tag goes to a place of a list. */
export type LedgerRecord = {
  readonly key: string;
  readonly tag: string;
  readonly at: number;
  /** What it takes: no copy can apply `poison`, and any copy may falter at `shaky`. */
  readonly kind?: LedgerKind;
};

/** Kinds of commands that are not simply applied. */
export type LedgerKind = 'poison' | 'shaky';

/** A command's body: `expected` is the length that the list must have. */
export type LedgerCommand = {
  readonly key: string;
  readonly tag: string;
  readonly expected?: number;
  readonly kind?: LedgerKind;
};

/** What may be wrong with the actor of one process. */
export type LedgerFlaws = {
  /** Whether rejections are thrown, as only what no state could accept may be. */
  readonly rejectsEarly?: boolean;
  /** Asked at each shaky operation: whether it fails here, and perhaps nowhere else. */
  readonly falters?: () => boolean;
  /** Whether what fails here is made to look as if it failed everywhere. */
  readonly skipsByItself?: boolean;
};

/** What a command is answered with: the place that the tag got. */
export type LedgerResult = { readonly at: number };

/** Requirement of groups made of it. */
export const LEDGER_REQUIREMENT = 'group:ledger';

/**
 * Makes the definition for one process.
 *
 * @param onState Told of each state that is built.
 */
export function ledgerDefinition(onState: (state: LedgerState) => void, flaws: LedgerFlaws = {}): StatefulDefinition {
  const { rejectsEarly = false, falters = () => false, skipsByItself = false } = flaws;
  return defineActor({
    kind: 'stateful',
    name: 'ledger',
    init: ({ shard }): LedgerState => {
      const state: LedgerState = { shard, lists: new Map(), order: [] };
      onState(state);
      return state;
    },
    apply: (state, { key, tag, at, kind }: LedgerRecord): LedgerResult => {
      if (kind === 'poison') throw new TypeError(`${tag} is poison`);
      if (kind === 'shaky' && falters()) {
        if (skipsByItself) throw new CoppiceError('BAD_REQUEST', `${tag} faltered`);
        throw new TypeError(`${tag} faltered`);
      }
      const list = state.lists.get(key) ?? [];
      // Deciding on a state that never came to be would show here, on every copy.
      if (list.length !== at) throw new Error(`${tag} was decided for place ${at} of ${key}, which has ${list.length}`);
      list.push(tag);
      state.lists.set(key, list);
      state.order.push(tag);
      return { at };
    },
    checkpoint: ({ lists, order }) => {
      const bytes = new TextEncoder().encode(JSON.stringify({ lists: [...lists], order }));
      const lengths = new TextEncoder().encode(JSON.stringify([...lists].map(([, list]) => list.length % 4)));
      return {
        files: [
          { name: 'ledger', sizeBytes: bytes.length, read: () => bytes },
          // Comes to be the same again after a while, as a file of which nothing is known but its hash.
          { name: 'lengths', sizeBytes: lengths.length, read: () => lengths },
        ],
        release: () => {},
      };
    },
    restore: async (source, { shard }): Promise<LedgerState> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of source.read('ledger')) pieces.push(piece);
      const { lists, order }: Kept = JSON.parse(Buffer.concat(pieces).toString());
      const state: LedgerState = { shard, lists: new Map(lists), order };
      onState(state);
      return state;
    },
    endpoints: {
      put: command<LedgerState, LedgerCommand, LedgerRecord>({
        polling: { by: 'key' },
        decide: (state, { key, tag, expected, kind }, context) => {
          const before = context.pending(key)?.record.at;
          const length = before === undefined ? (state.lists.get(key)?.length ?? 0) : before + 1;
          if (expected !== undefined && expected !== length) {
            if (rejectsEarly) throw new CoppiceError('CONFLICT', `${key} has ${length}`);
            return reject('CONFLICT', `${key} has ${length}`);
          }
          return accept(key, { key, tag, at: length, ...(kind === undefined ? {} : { kind }) });
        },
      }),
      get: query<LedgerState, { key: string }, readonly string[]>({
        polling: { by: 'key' },
        handle: ({ lists }, { key }) => [...(lists.get(key) ?? [])],
      }),
      all: query<LedgerState, unknown, readonly string[]>({
        polling: 'all',
        reduce: 'concat',
        handle: ({ order }) => [...order],
      }),
    },
  });
}
