/** The contract of a depot, kept by the one over a JetStream object store. */
import { suite } from 'uvu';
import type { ObjectDepot } from '../../src/bus/nats/object-depot.ts';
import type { DepotContext } from '../support/depot/depot-context.ts';
import { StoredObjects } from '../support/depot/stored-objects.ts';
import { startNats } from '../support/nats-server.ts';
import { connectTo } from '../support/nats-suite.ts';
import { depotContract } from './depot-contract.ts';

type Context = DepotContext & { readonly depot: ObjectDepot; readonly close: () => Promise<void> };

const test = suite<Context>('contract/object-depot');
let boot: Promise<Context> | undefined;
test.before.each(async (context) => {
  boot ??= open();
  Object.assign(context, await boot);
});
test.after(async ({ close }) => close?.());
depotContract(test);
test.run();

async function open(): Promise<Context> {
  const server = await startNats();
  const [bus, second] = [await connectTo(server), await connectTo(server)];
  const [depot, other] = [await bus.openDepot('contract'), await second.openDepot('contract')];
  const objects = new StoredObjects(bus, 'contract');
  return {
    depot,
    other,
    flipByte: (name) => objects.flipByte(name),
    dropBytes: (name) => objects.dropChunk(name),
    countUnfinished: () => objects.countUnfinished(),
    close: async () => {
      await bus.close();
      await second.close();
      await server.stop();
    },
  };
}
