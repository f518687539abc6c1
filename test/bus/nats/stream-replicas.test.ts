/** How many copies JetStream keeps: told, learned from the registry, changed, and refused where there are too few servers. */
import * as assert from 'uvu/assert';
import { connectNats } from '../../../src/bus/nats/connect.ts';
import type { NatsBus } from '../../../src/bus/nats/nats-bus.ts';
import { Stream } from '../../../src/bus/nats/stream.ts';
import { setStreamReplicas } from '../../../src/bus/nats/stream-replicas.ts';
import { joinCluster } from '../../../src/cluster/context.ts';
import { systemEnv } from '../../../src/env.ts';
import { openCheckpoints } from '../../../src/host/open-checkpoints.ts';
import { bootedSuite } from '../../support/booted-suite.ts';
import { failureOf } from '../../support/failure.ts';
import { type NatsCluster, startNatsCluster } from '../../support/nats-cluster.ts';
import { startNats } from '../../support/nats-server.ts';
import { slow } from '../../support/slow.ts';

const start = async (): Promise<{ servers: NatsCluster }> => ({ servers: await startNatsCluster() });
const test = bootedSuite('bus/nats/stream-replicas', start, async ({ servers }) => servers.stop());

const STREAMS = ['KV_forest_registry', 'KV_forest_leaves', 'OBJ_forest_depot', 'forest_log_books_g1'];

test('what a cluster has in JetStream is kept as often as its registry, and that can be changed', async ({
  servers,
}) => {
  slow(90_000);
  const founder = await connectNats({ servers: servers.url, streamReplicas: 3 }, systemEnv);
  const other = await connectNats({ servers: servers.url }, systemEnv);
  try {
    const context = await joinCluster({ cluster: 'forest', bus: founder, env: systemEnv, report: () => {} });
    const owner = { bus: other, cluster: 'forest', env: systemEnv, report: () => {} };
    const checkpoints = openCheckpoints('nats:', owner);
    assert.equal(await checkpoints?.depot.list(''), []);
    const member = await joinCluster({ cluster: 'forest', bus: other, env: systemEnv, report: () => {} });
    await other.createLog({ stream: 'forest_log_books_g1', subjectPrefix: 'forest.log.books/g1' });
    assert.equal(await replicasOf(other), [3, 3, 3, 3]);
    await setStreamReplicas(other, 'forest', 1);
    assert.equal(await replicasOf(other), [1, 1, 1, 1]);
    await setStreamReplicas(other, 'forest', 3);
    assert.equal(await replicasOf(other), [3, 3, 3, 3]);
    await checkpoints?.depot.close();
    await member.close();
    await context.close();
  } finally {
    await other.close();
    await founder.close();
  }
});

test('more copies than servers are refused, when streams are made and when they are changed', async ({ servers }) => {
  slow(60_000);
  const single = await startNats();
  const bus = await connectNats({ servers: single.url, streamReplicas: 3 }, systemEnv);
  const many = await connectNats({ servers: servers.url }, systemEnv);
  try {
    const made = await failureOf(bus.openRegistry({ bucket: 'alone_registry' }));
    assert.is(made.code, 'PREFLIGHT_FAILED');
    assert.match(made.message, /as many nats-servers with JetStream must form a cluster/);
    const context = await joinCluster({ cluster: 'five', bus: many, env: systemEnv, report: () => {} });
    const changed = await failureOf(setStreamReplicas(many, 'five', 5));
    assert.is(changed.code, 'PREFLIGHT_FAILED');
    assert.match(changed.message, /cannot keep 5 copies of stream `KV_five_registry`/);
    await context.close();
  } finally {
    await many.close();
    await bus.close();
    await single.stop();
  }
});

test.run();

function replicasOf(bus: NatsBus): Promise<readonly number[]> {
  return Promise.all(STREAMS.map(async (name) => new Stream(bus.api, name).replicas()));
}
