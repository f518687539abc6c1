/** A small stateful actor for stories about shards: named counters, with every kind of trouble that an actor can make. */
import { accept, command, defineActor, query, reject } from '../../../src/actor/define.ts';
import type { CheckpointFile, RestoreSource, StatefulDefinition } from '../../../src/actor/definition.ts';
import { CoppiceError } from '../../../src/errors.ts';

/** State of a shard: counters, and the order in which operations were applied. */
export type CounterState = { readonly counters: Map<string, number>; readonly applied: string[] };

/** What the log holds. */
export type CounterRecord = { readonly key: string; readonly by: number; readonly fail?: 'typed' | 'untyped' };

/** The shared document: names that some command has agreed. */
export type CounterShared = { readonly names: readonly string[] };

/** A command's body. */
export type CounterCommand = {
  readonly key: string;
  readonly by?: number;
  readonly fail?: 'typed' | 'untyped';
  readonly padding?: string;
  readonly name?: string;
};

const EMPTY: CounterShared = { names: [] };

/** The definition. */
export const counter = defineActor({
  kind: 'stateful',
  name: 'counter',
  init: (): CounterState => ({ counters: new Map(), applied: [] }),
  initShared: (): CounterShared => EMPTY,
  apply: (state, record: CounterRecord, { seqNo }) => {
    if (record.fail === 'typed') throw new CoppiceError('BAD_REQUEST', `poison ${record.key}`);
    if (record.fail === 'untyped') throw new TypeError('apply broke');
    const value = (state.counters.get(record.key) ?? 0) + record.by;
    state.counters.set(record.key, value);
    state.applied.push(record.key);
    return { value, seqNo };
  },
  stats: (state) => ({ docCount: state.counters.size, sizeBytes: 8 * state.counters.size }),
  endpoints: {
    add: command<CounterState, CounterCommand, CounterRecord, CounterShared>({
      polling: { by: 'key' },
      agree: (shared, { name }) =>
        name === undefined || shared.names.includes(name) ? undefined : { names: [...shared.names, name] },
      decide: (_, { key, by = 1, fail, padding }) => {
        const record = { key, by, ...(fail === undefined ? {} : { fail }) };
        return accept(key, padding === undefined ? record : { ...record, padding });
      },
    }),
    create: command<CounterState, CounterCommand, CounterRecord, CounterShared>({
      polling: { by: 'key' },
      decide: (state, { key, by = 1 }, context) =>
        context.pending(key) !== undefined || state.counters.has(key)
          ? reject('CONFLICT', `${key} exists`)
          : accept(key, { key, by }),
    }),
    crash: command<CounterState, CounterCommand, CounterRecord, CounterShared>({
      polling: { by: 'key' },
      decide: () => {
        throw new TypeError('decide broke');
      },
    }),
    get: query<CounterState, { key: string }, number>({
      polling: { by: 'key' },
      handle: ({ counters }, { key }) => counters.get(key) ?? 0,
    }),
    order: query<CounterState, unknown, readonly string[]>({
      polling: 'all',
      reduce: 'concat',
      handle: ({ applied }) => [...applied],
    }),
    total: query<CounterState, unknown, number>({
      polling: 'all',
      reduce: 'sum',
      handle: ({ counters }) => [...counters.values()].reduce((sum, value) => sum + value, 0),
    }),
    broken: query<CounterState, unknown, number>({
      polling: 'any',
      handle: () => {
        throw new TypeError('query broke');
      },
    }),
  },
});

/** The definition as the runtime sees it. */
export const counterDefinition: StatefulDefinition = counter;

/** The same with checkpoints: one file of counters, one of the order. */
export const keptCounterDefinition: StatefulDefinition = defineActor({
  ...counter,
  checkpoint: (state) => ({
    files: [
      fileOf('counters', [...state.counters]),
      fileOf('applied', state.applied),
      // Never changes, as most segments of an index do not.
      fileOf('constant', 'the same in all checkpoints'),
    ],
    release: () => {},
  }),
  restore: async (source) => {
    const counters: readonly [string, number][] = await valueOf(source, 'counters');
    const applied: string[] = await valueOf(source, 'applied');
    return { counters: new Map(counters), applied };
  },
});

function fileOf(name: string, value: unknown): CheckpointFile {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return { name, sizeBytes: bytes.length, read: () => bytes };
}

async function valueOf<Value>(source: RestoreSource, name: string): Promise<Value> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source.read(name)) pieces.push(piece);
  const value: Value = JSON.parse(Buffer.concat(pieces).toString());
  return value;
}
