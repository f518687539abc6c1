/** Group commits are bounded in time, in records and in bytes; the first bound reached ends a batch. */
import * as assert from 'uvu/assert';
import { COMMIT_LIMITS, type CommitLimits, commitLimits } from '../../src/cluster/commit-limits.ts';
import { joinCluster } from '../../src/cluster/context.ts';
import { systemEnv } from '../../src/env.ts';
import { failureOf } from '../support/failure.ts';
import { connectTo, natsSuite } from '../support/nats-suite.ts';
import { batches, newReign } from './support/reign.ts';

const test = natsSuite('shard/commit-limits');
const IDS = ['o1', 'o2', 'o3', 'o4', 'o5', 'o6', 'o7'];

test('a batch has at most so many records', async ({ bus }) => {
  const { log, submit } = await newReign(bus, { changes: { limits: limits({ records: 3 }) } });
  await Promise.all(IDS.map(async (id) => submit(id, { key: 'k' })));
  assert.equal(batches(log), [['o1', 'o2', 'o3'], ['o4', 'o5', 'o6'], ['o7']]);
});

test('a batch ends with the command that takes it over so many bytes', async ({ bus }) => {
  const { log, submit } = await newReign(bus, { changes: { limits: limits({ bytes: 1_500 }) } });
  await Promise.all(IDS.map(async (id) => submit(id, { key: 'k', padding: 'x'.repeat(1_000) })));
  assert.equal(batches(log), [['o1', 'o2'], ['o3', 'o4'], ['o5', 'o6'], ['o7']]);
});

test('a batch that has been open for long enough does not wait for what is being decided', async ({ bus }) => {
  let nowMs = 0;
  const slowClock = { ...systemEnv.clock, nowMs: () => (nowMs += 10) };
  const batchesWith = async (ms: number): Promise<readonly (readonly string[])[]> => {
    const env = { ...systemEnv, clock: slowClock };
    const { log, submit } = await newReign(bus, { changes: { env, limits: limits({ ms }) } });
    await Promise.all(IDS.map(async (id) => submit(id, { key: 'k' })));
    return batches(log);
  };
  assert.equal(await batchesWith(10), [['o1'], IDS.slice(1)], 'the rest waits for the append, and goes together');
  assert.equal(await batchesWith(1_000), [IDS]);
});

test('bounds have defaults and ranges, and a cluster is not joined with others', async ({ server }) => {
  assert.equal(commitLimits(), { ms: 5, records: 4_096, bytes: 196_608 });
  assert.equal(commitLimits({ ms: 0 }).ms, 0);
  for (const [name, { min, max }] of Object.entries(COMMIT_LIMITS))
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN])
      assert.throws(() => commitLimits({ [name]: value }), new RegExp(`commit\\.${name}: expected a whole number`));
  const bus = await connectTo(server);
  const joined = joinCluster({ cluster: 'limits', bus, env: systemEnv, report: () => {}, commit: { records: 0 } });
  const { code, message } = await failureOf(joined);
  assert.is(code, 'BAD_REQUEST');
  assert.is(message, 'commit.records: expected a whole number from 1 to 20000, got 0');
  await bus.close();
});

test.run();

function limits(given: Partial<CommitLimits>): CommitLimits {
  return commitLimits({ ms: 1_000, ...given });
}
