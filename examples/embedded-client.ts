/**
 * A microservice that embeds the client. Its requests go straight to the shards: the client is a root itself, so no
 * other process stands between. Needs a running cluster (`make up`).
 * Run: NATS_URL=nats://127.0.0.1:4222 npx tsx examples/embedded-client.ts
 */
// From the installed package: import { connect, isCoppiceError } from 'coppice';
import { connect, isCoppiceError } from '../src/index.ts';

const coppice = await connect({ servers: process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222' });
try {
  await coppice.request('index-create', 'client-books', {
    settings: { shards: 2, replicas: 1 },
    mappings: { properties: { title: { type: 'text' }, year: { type: 'integer' } } },
  });
  await coppice.bulk('client-books', [
    { index: { _id: '1' } },
    { title: 'Moby-Dick; or, The Whale', year: 1851 },
    { index: { _id: '2' } },
    { title: 'The Old Man and the Sea', year: 1952 },
  ]);
  const { token } = await coppice.index('client-books', {
    id: '2',
    doc: { title: 'The Old Man and the Sea', year: 1952, pages: 127 },
  });
  const query = { bool: { must: { match: { title: 'sea whale' } }, filter: { range: { year: { gte: 1900 } } } } };
  // The token makes sure that the copy that answers, whichever it is, has seen the write.
  const { hits } = await coppice.search('client-books', { query }, { deadlineMs: 2_000, after: token });
  for (const { _id, _score, _source } of hits.hits) console.log(_id, _score, JSON.stringify(_source));
  await coppice.search('client-boks').catch((error: unknown) => {
    if (!isCoppiceError(error)) throw error;
    console.log(`${error.status} ${error.code}: ${error.message}`);
  });
} finally {
  await coppice.request('index-delete', 'client-books');
  await coppice.close();
}
