/** The contract of a bus, kept by the simulated one, whatever its server looks at first. */
import { suite } from 'uvu';
import type { SimBus } from '../../src/bus/sim/sim-bus.ts';
import { SimWorld } from '../../src/bus/sim/sim-world.ts';
import { busContract } from './bus-contract.ts';
import { jetStreamContract } from './jetstream-contract.ts';

type Context = { bus: SimBus; other: SimBus };

for (const looksAtIdFirst of [false, true]) contractSuite(looksAtIdFirst);

function contractSuite(looksAtIdFirst: boolean): void {
  const test = suite<Context>(`contract/sim-bus, ${looksAtIdFirst ? 'ids' : 'fences'} first`);
  let stopped = false;
  let running: Promise<void> | undefined;
  let buses: Context | undefined;
  test.before.each((context) => {
    if (buses === undefined) {
      const world = new SimWorld({ seed: 1 });
      world.faults.looksAtIdFirst = looksAtIdFirst;
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
}
