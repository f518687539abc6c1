/** The services API: found by the client's own discovery, with statistics that count errors. */
import * as assert from 'uvu/assert';
import type { ServiceDescription } from '../../src/bus/bus.ts';
import { Rpc } from '../../src/bus/rpc.ts';
import { systemEnv } from '../../src/env.ts';
import { CoppiceError } from '../../src/errors.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('bus/discovery');
const endpoint = { name: 'search', subject: 't.api.search.*', queue: 'root', metadata: { example: '{}' } };

test('a service answers PING, INFO and STATS, and its endpoints', async ({ bus }) => {
  const rpc = new Rpc(bus, systemEnv, () => {});
  const responder = rpc.responder({
    handler: async ({ body }) => {
      if (body === 'bad') throw new CoppiceError('BAD_REQUEST', 'bad indeed');
      return body;
    },
  });
  const service = await bus.service({
    ...description('coppice'),
    endpoints: [{ ...endpoint, onMessage: responder.onMessage }],
  });
  assert.is(await rpc.request('t.api.search.books', 'good'), 'good');
  assert.is((await failureOf(rpc.request('t.api.search.books', 'bad'))).code, 'BAD_REQUEST');
  const client = bus.nats.services.client();
  const [ping] = await collect(await client.ping('coppice'));
  assert.is(ping?.version, '1.2.3');
  assert.is(ping?.type, 'io.nats.micro.v1.ping_response');
  const [info] = await collect(await client.info('coppice', ping?.id));
  assert.is(info?.description, 'search');
  assert.equal(info?.endpoints, [
    { name: 'search', subject: 't.api.search.*', queue_group: 'root', metadata: { example: '{}' } },
  ]);
  const [stats] = await collect(await client.stats('coppice'));
  const [counted] = stats?.endpoints ?? [];
  assert.is(counted?.num_requests, 2);
  assert.is(counted?.num_errors, 1);
  assert.is(counted?.last_error, 'bad indeed');
  assert.ok((counted?.processing_time ?? 0) > 0);
  await service.close();
  await service.close();
  assert.is((await failureOf(rpc.request('$SRV.PING.coppice', undefined))).code, 'NO_RESPONDERS');
  await rpc.close();
});

test('instances of one service share its requests and answer discovery each', async ({ bus }) => {
  const services = await Promise.all([1, 2].map(() => bus.service(description('twice'))));
  const pings = await collect(await bus.nats.services.client().ping('twice'));
  assert.is(new Set(pings.map(({ id }) => id)).size, 2);
  for (const service of services) await service.close();
});

test('names and versions that break the rules are refused', async ({ bus }) => {
  assert.is((await failureOf(bus.service(description('a.b')))).code, 'INVALID_NAME');
  assert.is((await failureOf(bus.service({ ...description('a'), version: '1' }))).code, 'INVALID_NAME');
});

test.run();

function description(name: string): ServiceDescription {
  return { name, version: '1.2.3', description: 'search', metadata: {}, endpoints: [] };
}

async function collect<T>(found: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of found) all.push(each);
  return all;
}
