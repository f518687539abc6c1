/**
 * A service that hosts actor groups of its own, next to whatever else it does: a counter that survives the loss of
 * this process's copy, and a stateless function. Needs a NATS server with JetStream, and no other process of Coppice.
 * Run: NATS_URL=nats://127.0.0.1:4222 npx tsx examples/actor-group.ts
 */
// From the installed package: import { … } from 'coppice';
import {
  accept,
  type CommandResult,
  CoppiceError,
  command,
  defineActor,
  isCoppiceError,
  query,
  reject,
  serve,
} from '../src/index.ts';

type Stock = Map<string, number>;
type Change = { readonly key: string; readonly by: number };
type Level = { readonly key: string; readonly value: number };

const counter = defineActor({
  kind: 'stateful',
  name: 'counter',
  init: (): Stock => new Map(),
  apply: (stock, { key, value }: Level) => {
    stock.set(key, value);
    return { key, value };
  },
  endpoints: {
    add: command<Stock, Change, Level>({
      polling: { by: 'key' },
      parse: parseChange,
      decide: (stock, { key, by }, context) => {
        const before = context.pending(key)?.record.value ?? stock.get(key) ?? 0;
        if (before + by < 0) return reject('CONFLICT', `there are only ${before} ${key}`);
        return accept(key, { key, value: before + by });
      },
    }),
    value: query<Stock, { key: string }, number>({
      polling: { by: 'key' },
      handle: (stock, { key }) => stock.get(key) ?? 0,
    }),
    total: query<Stock, unknown, number>({
      polling: 'all',
      reduce: 'sum',
      handle: (stock) => [...stock.values()].reduce((sum, value) => sum + value, 0),
    }),
  },
});

const words = defineActor({
  kind: 'stateless',
  name: 'words',
  endpoints: {
    count: query<undefined, { text: string }, number>({
      polling: 'any',
      handle: (_, { text }) => text.split(/\s+/).filter((word) => word !== '').length,
    }),
  },
});

/** What no state could accept is thrown here: it is answered with 400 and does not reach the log. */
function parseChange(body: unknown): Change {
  if (typeof body === 'object' && body !== null && 'key' in body && 'by' in body) {
    const { key, by } = body;
    if (typeof key === 'string' && typeof by === 'number' && Number.isInteger(by)) return { key, by };
  }
  throw new CoppiceError('BAD_REQUEST', 'expected {"key": text, "by": whole number}');
}

const connection = { servers: process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222' };
const counters = await serve(counter, { connection, shards: 2, replicas: 2 });
const functions = await serve(words, { connection, replicas: 2 });
const { client } = counters;

await client.call('counter', 'add', { key: 'apples', by: 5 });
const { result, token } = (await client.call('counter', 'add', { key: 'pears', by: 2 })) as CommandResult;
console.log(JSON.stringify(result));
console.log(await client.call('counter', 'value', { key: 'pears' }, { after: token }));
console.log(await client.call('counter', 'total', {}, { after: token }));
await client.call('counter', 'add', { key: 'pears', by: -3 }).catch((error: unknown) => {
  if (!isCoppiceError(error)) throw error;
  console.log(`${error.status} ${error.code}: ${error.message}`);
});
console.log(await functions.client.call('words', 'count', { text: 'call me Ishmael' }));
await functions.close();
await counters.close();
