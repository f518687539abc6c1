/**
 * A service that knows nothing of Coppice: the `nats` package and plain JSON. Needs a running cluster (`make up`).
 * Run: NATS_URL=nats://127.0.0.1:4222 npx tsx examples/bare-nats.ts
 */
import { connect } from 'nats';

const nats = await connect({ servers: process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222' });
const ask = async <Answer>(action: string, body: object = {}): Promise<Answer> =>
  (await nats.request(`coppice.api.${action}.bare-books`, JSON.stringify(body), { timeout: 10_000 })).json<Answer>();

await ask('index-create', { settings: { shards: 2, replicas: 1 } });
await ask('index', { id: '1', doc: { title: 'The Old Man and the Sea', year: 1952 } });
const { token } = await ask<{ token: object }>('index', { id: '2', doc: { title: 'Moby-Dick; or, The Whale' } });
// The token makes sure that the copy that answers, whichever it is, has seen the write.
console.log(JSON.stringify(await ask('search', { query: { match: { title: 'whale' } }, after: token })));
console.log(JSON.stringify(await ask('serach')));
await ask('index-delete');
await nats.close();
