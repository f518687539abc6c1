/** Records that take down every thread that applies them are found out, and skipped like those that throw. */
import * as assert from 'uvu/assert';
import type { WorkerLimits } from '../../src/host/worker-limits.ts';
import { asList, asRecord } from '../client/support/expect.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { slow } from '../support/slow.ts';
import { startFragileLeaves } from './support/fragile-leaves.ts';

const test = natsSuite('host/killer-records');
const BACK_MS = 60_000;
const KILLS: readonly (readonly [string, Partial<WorkerLimits>])[] = [
  ['exit', {}],
  ['loop', { stuckMs: 500 }],
  ['hoard', { heapMb: 48 }],
];

for (const [kill, limits] of KILLS) {
  test(`a record that kills its thread by \`${kill}\` is skipped after a few deaths, on every copy`, async ({
    server,
  }) => {
    slow(200_000);
    const leaves = await startFragileLeaves(server, { leaves: 2, shards: 1, workers: 1, limits });
    const { client, hosts, states } = leaves;
    assert.is(asRecord(await client.call('fragile', 'add', { key: 'k', by: 1 }))['result'], 1);
    const refused = failureOf(client.call('fragile', 'add', { key: 'k', by: 10, kill }, { deadlineMs: BACK_MS }));
    const serves = (): boolean => states().toSorted().join() === 'primary,replica';
    await eventually(() => hosts.every((host) => host.workers().deaths >= 3), { withinMs: BACK_MS });
    await eventually(serves, { withinMs: BACK_MS });
    assert.is((await refused).code, 'ACTOR_FAILED', 'who wrote it is told');
    assert.is(asRecord(await client.call('fragile', 'add', { key: 'k', by: 2 }))['result'], 3);
    for (const host of hosts) {
      await eventually(() => host.statuses()[0]?.skipped === 1, { withinMs: BACK_MS });
      assert.ok(host.workers().deaths <= 5, `${host.workers().deaths} deaths`);
    }
    const listed = asRecord(await client.request('skipped-operations', 'fragile', {}));
    const [operation] = asList(listed['operations']).map((one) => asRecord(one));
    assert.match(String(asRecord(operation?.['error'])['reason']), /worker \d+ .* while shard 0 of `fragile` applied/);
    await leaves.close();
  });
}

test.run();
