/** The contract of a bus, kept by the simulated one. */
import { suite } from 'uvu';
import type { SimBus } from '../../src/bus/sim/sim-bus.ts';
import { SimWorld } from '../../src/bus/sim/sim-world.ts';
import { busContract } from './bus-contract.ts';
import { jetStreamContract } from './jetstream-contract.ts';

type Context = { bus: SimBus; other: SimBus };

const test = suite<Context>('contract/sim-bus');
let stopped = false;
let running: Promise<void> | undefined;
let buses: Context | undefined;
test.before.each((context) => {
  if (buses === undefined) {
    const world = new SimWorld({ seed: 1 });
    buses = { bus: world.connect(world.startNode('one')), other: world.connect(world.startNode('other')) };
    running = world.scheduler.run(Number.POSITIVE_INFINITY, () => stopped);
  }
  Object.assign(context, buses);
});
test.after(async () => {
  await buses?.bus.close();
  await buses?.other.close();
  stopped = true;
  await running;
});
busContract(test);
jetStreamContract(test);
test.run();
