/** Opening a client: what it finds at once, and what it refuses to make. */
import * as assert from 'uvu/assert';
import { connectNats } from '../../src/bus/nats/connect.ts';
import { connect } from '../../src/client/connect.ts';
import { joinCluster } from '../../src/cluster/context.ts';
import { systemEnv } from '../../src/env.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { startNats } from '../support/nats-server.ts';
import { clusterSuite } from './support/cluster-suite.ts';
import { asList, asRecord } from './support/expect.ts';

const test = clusterSuite('client/connect', { leaves: 2 }, async ({ client }) => {
  await client.request('index-create', 'books', { settings: { shards: 2, replicas: 0 } });
  await client.index('books', { id: '1', doc: { title: 'Emma' } });
});

test('a client that has just joined knows every leaf and copy', async ({ cluster: { url } }) => {
  for (const action of ['cluster-state', 'cluster-health', 'indices']) {
    const fresh = await connect({ servers: url });
    const answer = await fresh.request(action, '_');
    await fresh.close();
    if (action === 'cluster-state')
      for (const leaf of asList(asRecord(answer)['leaves'])) assert.type(asRecord(leaf)['load'], 'number');
    if (action === 'cluster-health') assert.is(asRecord(answer)['status'], 'green');
    if (action === 'indices') assert.is(asRecord(asList(answer)[0])['docs'], 1);
  }
});

test('a cluster that nobody started is not begun by a client', async ({ cluster: { url, context } }) => {
  const refused = await failureOf(connect({ servers: url, cluster: 'copice' }));
  assert.is(refused.code, 'NOT_FOUND');
  assert.match(refused.message, /no cluster `copice`/);
  const again = await failureOf(context.bus.openRegistry({ bucket: 'copice_registry', create: false }));
  assert.is(again.code, 'NOT_FOUND');
});

test('what the server forbids is reported, and ends no process', async () => {
  const config = `authorization { users: [
    { user: all, password: p }
    { user: deaf, password: p, permissions: { subscribe: { deny: "coppice.pulse.>" } } }
  ] }`;
  const server = await startNats({ config });
  const bus = await connectNats({ servers: server.url, user: 'all', password: 'p' }, systemEnv);
  const context = await joinCluster({ cluster: 'coppice', bus, env: systemEnv, report: () => {} });
  const reported: unknown[] = [];
  const client = await connect({
    servers: server.url,
    user: 'deaf',
    password: 'p',
    report: (level, message, fields) => void reported.push([level, message, fields?.['subject']]),
  });
  await eventually(() => reported.length > 0);
  assert.equal(reported[0], ['error', 'message handler failed', 'coppice.pulse.*']);
  await client.close();
  await context.close();
  await bus.close();
  await server.stop();
});

test('a signal shared by many requests ends them all', async ({ client, cluster }) => {
  const abort = new AbortController();
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.name);
  process.on('warning', onWarning);
  const waiting = Array.from({ length: 40 }, async () =>
    failureOf(client.search('books', { after: { 0: 1_000_000 } }, { signal: abort.signal })),
  );
  await cluster.context.bus.flush();
  await cluster.context.bus.flush();
  abort.abort();
  for (const failure of await Promise.all(waiting)) assert.is(failure.code, 'CANCELLED');
  process.off('warning', onWarning);
  assert.equal(warnings, []);
});

test.run();
