/** The link: known to be down, sends nothing while it is, and comes back for ever. */
import * as assert from 'uvu/assert';
import { Rpc } from '../../../src/bus/rpc.ts';
import { scatter } from '../../../src/bus/scatter.ts';
import { Deadline, systemEnv } from '../../../src/env.ts';
import { CoppiceError } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { failureOf } from '../../support/failure.ts';
import { connectTo, natsSuite } from '../../support/nats-suite.ts';
import { startProxy } from '../../support/tcp-proxy.ts';

const test = natsSuite('bus/nats/link');
const ignoreFault = (): void => {};

test('nothing is published while the link is down, and it comes back whenever the server does', async ({ server }) => {
  const proxy = await startProxy(server.port);
  const bus = await connectTo(proxy);
  const news: boolean[] = [];
  const stop = bus.link.onChange((up) => news.push(up));
  for (let round = 1; round <= 3; round += 1) {
    proxy.cut();
    await eventually(() => !bus.link.up);
    assert.throws(
      () => bus.publish('held.back', new Uint8Array(1)),
      (error: unknown) => error instanceof CoppiceError && error.code === 'DISCONNECTED',
    );
    assert.is((await failureOf(bus.flush())).code, 'DISCONNECTED');
    assert.is((await failureOf(bus.link.whenUp(20))).code, 'DISCONNECTED');
    const waiting = bus.link.whenUp(5_000);
    proxy.heal();
    await waiting;
    await bus.flush();
    assert.is(bus.link.reconnects, round);
  }
  stop();
  assert.equal(news, [false, true, false, true, false, true]);
  await bus.close();
  assert.is(bus.link.up, false);
  await proxy.close();
});

test('every message published either arrives or is refused, over many cuts', async ({ bus, server }) => {
  const proxy = await startProxy(server.port);
  const through = await connectTo(proxy);
  const arrived = new Set<number>();
  bus.subscribe('count', {}, ({ data }) => arrived.add(data[0] ?? 0));
  await bus.flush();
  const flushed: number[] = [];
  for (let place = 1; place <= 20; place += 1) {
    if (place % 5 === 0) proxy.cut();
    try {
      through.publish('count', Uint8Array.of(place));
      await through.flush();
      flushed.push(place);
    } catch (error) {
      assert.ok(error instanceof CoppiceError && error.code === 'DISCONNECTED', String(error));
      proxy.heal();
      await through.link.whenUp(5_000);
    }
  }
  assert.ok(flushed.length >= 15);
  await eventually(() => flushed.every((place) => arrived.has(place)));
  await through.close();
  await proxy.close();
});

test('a request under way when the link is lost fails at once', async ({ bus, server }) => {
  const proxy = await startProxy(server.port);
  const through = await connectTo(proxy);
  const rpc = new Rpc(through, systemEnv, ignoreFault);
  let asked = false;
  bus.subscribe('never', {}, () => (asked = true));
  await bus.flush();
  const failed = failureOf(rpc.request('never', {}, { deadlineMs: 30_000 }));
  await eventually(() => asked);
  proxy.cut();
  assert.is((await failed).code, 'DISCONNECTED');
  assert.is((await failureOf(rpc.request('never', {}))).code, 'DISCONNECTED');
  await through.close();
  await proxy.close();
});

test('a scatter under way is sent again when the link is back', async ({ bus, server }) => {
  const proxy = await startProxy(server.port);
  const through = await connectTo(proxy);
  const rpc = new Rpc(through, systemEnv, ignoreFault);
  const serving = new Rpc(bus, systemEnv, ignoreFault);
  let calls = 0;
  serving.serve({
    subject: 'resent',
    handler: () => ((calls += 1) === 1 ? new Promise(() => {}) : Promise.resolve('answered')),
  });
  await bus.flush();
  const options = { deadline: new Deadline(systemEnv.clock, 10_000), retries: 0, backoffMs: 10 };
  const gathered = scatter(rpc, [{ shard: 0, subject: 'resent', copies: () => [], body: {} }], options);
  await eventually(() => calls === 1);
  proxy.cut();
  proxy.heal();
  const [outcome] = await gathered;
  assert.ok(outcome?.ok === true && outcome.value === 'answered');
  await rpc.close();
  await through.close();
  await proxy.close();
});

test('subscriptions and servers survive a crash of the server', async ({ bus, server }) => {
  const rpc = new Rpc(bus, systemEnv, ignoreFault);
  rpc.serve({ subject: 'survivor', handler: async () => 'alive' });
  assert.is(await rpc.request('survivor', {}), 'alive');
  await server.kill();
  await eventually(() => !bus.link.up);
  await server.restart();
  await bus.link.whenUp(10_000);
  assert.is(await rpc.request('survivor', {}), 'alive');
  await rpc.close();
});

test('closing twice, or without a link, ends', async ({ server }) => {
  const proxy = await startProxy(server.port);
  const bus = await connectTo(proxy);
  proxy.cut();
  await eventually(() => !bus.link.up);
  await bus.close();
  await bus.close();
  assert.is((await failureOf(bus.link.whenUp(1_000))).code, 'DISCONNECTED');
  await proxy.close();
});

test('a handler that throws is reported and does not end the connection', async ({ server }) => {
  const faults: unknown[] = [];
  const { connectNats } = await import('../../../src/bus/nats/connect.ts');
  const bus = await connectNats({ servers: server.url, onFault: (error) => faults.push(error) }, systemEnv);
  let handled = 0;
  bus.subscribe('throws', {}, () => {
    handled += 1;
    throw new Error('a mistake');
  });
  bus.publish('throws', new Uint8Array(0));
  bus.publish('throws', new Uint8Array(0));
  await eventually(() => handled === 2);
  assert.is(faults.length, 2);
  assert.ok(bus.link.up);
  await bus.close();
});

test.run();
