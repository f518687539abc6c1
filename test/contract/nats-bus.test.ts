/** The contract of a bus, kept by the bus over NATS. */
import { suite } from 'uvu';
import type { NatsBus } from '../../src/bus/nats/nats-bus.ts';
import { startNats, type TestServer } from '../support/nats-server.ts';
import { connectTo } from '../support/nats-suite.ts';
import { busContract } from './bus-contract.ts';
import { jetStreamContract } from './jetstream-contract.ts';

type Context = { server: TestServer; bus: NatsBus; other: NatsBus };

const test = suite<Context>('contract/nats-bus');
let boot: Promise<Context> | undefined;
test.before.each(async (context) => {
  boot ??= startNats().then(async (server) => ({
    server,
    bus: await connectTo(server),
    other: await connectTo(server),
  }));
  Object.assign(context, await boot);
});
test.after(async ({ server, bus, other }) => {
  await bus?.close();
  await other?.close();
  await server?.stop();
});
busContract(test);
jetStreamContract(test);
test.run();
