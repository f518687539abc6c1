/** Snapshots over a real nats-server: taken under writes, restored elsewhere, shared, deleted. */
import * as assert from 'uvu/assert';
import type { StatefulDefinition } from '../../src/actor/definition.ts';
import { createGroup } from '../../src/cluster/groups.ts';
import { type CounterState, counterDefinition, keptCounterDefinition } from '../shard/support/counter.ts';
import { eventually } from '../support/eventually.ts';
import { startNats } from '../support/nats-server.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { blobsIn, contentOf, create, failure, filesAmong, fill, textOf, withWorld } from './support/snapshot-world.ts';

const test = natsSuite('snapshots/snapshots');

test('a restored index equals the one that was taken, and goes on from there', async ({ server }) => {
  await withWorld(server, async ({ client, depot }) => {
    await create(client, 'books');
    await fill(client, 'books', 0, 200);
    for (const n of [3, 50, 120]) await client.delete('books', `d${n}`);
    await client.request('update', 'books', { id: 'd7', doc: { year: 1900 } });
    await client.index('books', { id: 'extra', doc: { text: 'a field of its own', added: true } });
    const before = await contentOf(client, 'books');
    const { snapshot } = await client.createSnapshot('first', { depot });
    assert.is(snapshot.state, 'SUCCESS');
    assert.equal(snapshot.indices, ['books']);
    assert.equal(snapshot.shards, { total: 2, successful: 2, failed: 0 });
    await fill(client, 'books', 200, 220);
    await client.delete('books', 'd1');
    const restored = await client.restoreSnapshot('first', { depot, as: 'old-*', indices: 'b*' });
    assert.equal(restored, {
      snapshot: { snapshot: 'first', indices: ['old-books'], shards: { total: 2, successful: 2, failed: 0 } },
      shards_acknowledged: true,
    });
    assert.equal(await contentOf(client, 'old-books'), before);
    const mapping = await client.request('index-get', 'old-books');
    assert.match(JSON.stringify(mapping), /"added":\{"type":"boolean"\}/);
  });
});

test('versions and sequence numbers go on, and no condition of another life holds', async ({ server }) => {
  await withWorld(server, async ({ client, depot }) => {
    await create(client, 'books', 1);
    for (let n = 0; n < 5; n++) await client.index('books', { id: 'a', doc: { text: `${n}` } });
    const taken = await client.get('books', 'a');
    await client.createSnapshot('s', { depot });
    // The write that the snapshot does not have, and its condition.
    const lost = await client.index('books', { id: 'a', doc: { text: 'lost' } });
    await client.request('index-delete', 'books');
    await client.restoreSnapshot('s', { depot });
    const found = await client.get('books', 'a');
    assert.equal(found, taken);
    assert.equal([found._version, found._seq_no, found._primary_term], [5, 4, 1]);
    const next = await client.index('books', { id: 'a', doc: { text: 'next' } });
    assert.equal([next._version, next._seq_no], [6, 5]);
    assert.is(next._seq_no, lost._seq_no);
    assert.ok(next._primary_term > lost._primary_term);
    const stale = { id: 'a', doc: { text: 'stale' }, if_seq_no: lost._seq_no, if_primary_term: lost._primary_term };
    await failure(client.request('index', 'books', stale), 'CONFLICT');
    const fresh = { id: 'a', doc: { text: 'fresh' }, if_seq_no: next._seq_no, if_primary_term: next._primary_term };
    await client.request('index', 'books', fresh);
    // What is written after a restore comes after what was restored, where nothing else orders.
    await client.index('books', { id: 'b', doc: { text: 'fresh' } });
    const { hits } = await client.search('books', { query: { match: { text: 'fresh' } } });
    assert.equal(
      hits.hits.map(({ _id }) => _id),
      ['a', 'b'],
    );
  });
});

test('a snapshot under writes has, of each shard, all that was acknowledged before and a beginning of what came after', async ({
  server,
}) => {
  await withWorld(server, async ({ client }) => {
    await create(client, 'books');
    let [acknowledged, stop] = [0, false];
    const writing = (async () => {
      for (let n = 0; !stop; n++) {
        await client.index('books', { id: `w${n}`, doc: { text: textOf(n), n } });
        acknowledged = n + 1;
      }
      return acknowledged;
    })();
    await eventually(() => acknowledged > 50);
    const before = acknowledged;
    await client.createSnapshot('live');
    stop = true;
    const after = await writing;
    await client.restoreSnapshot('live', { as: 'copy' });
    const { hits } = await client.search('copy', { size: 0, track_total_hits: true });
    const present = hits.total?.value ?? 0;
    assert.ok(present >= before && present <= after, `${before} ≤ ${present} ≤ ${after}`);
    for (let n = 0; n < before; n++) assert.ok((await client.get('copy', `w${n}`)).found, `w${n}`);
  });
});

test('restored into another cluster on the same NATS, and on another one', async ({ server }) => {
  const far = await startNats();
  try {
    await withWorld(server, async (world) => {
      const { cluster, client, depot } = world;
      await create(client, 'books');
      await fill(client, 'books', 0, 100);
      const before = await contentOf(client, 'books');
      await client.createSnapshot('own');
      await client.createSnapshot('far', { depot });
      const near = await world.open();
      const bucket = `nats:${cluster.context.cluster}_depot`;
      await near.client.restoreSnapshot('own', { depot: bucket, replicas: 0 });
      assert.equal(await contentOf(near.client, 'books'), before);
      const other = await world.open({ server: far, leaves: 2 });
      await other.client.restoreSnapshot('far', { depot, as: 'moved', replicas: 1 });
      assert.equal(await contentOf(other.client, 'moved'), before);
      const isGreen = async (): Promise<boolean> =>
        JSON.stringify(await other.client.request('cluster-health', '_')).includes('"status":"green"');
      await eventually(isGreen, { withinMs: 15_000, what: 'the second copy restores' });
      await fill(other.client, 'moved', 100, 110);
      await other.client.createSnapshot('again', { depot });
      const { snapshots } = await client.snapshots({ depot });
      assert.equal(
        snapshots.map(({ snapshot, state, cluster: from }) => [snapshot, state, from]),
        [
          ['far', 'SUCCESS', cluster.context.cluster],
          ['again', 'SUCCESS', other.context.cluster],
        ],
      );
    });
  } finally {
    await far.stop();
  }
});

test('a second snapshot stores what is new, and a delete frees what no other needs', async ({ server }) => {
  await withWorld(server, async ({ client, folder, depot }) => {
    await create(client, 'books', 1);
    await fill(client, 'books', 0, 3_000);
    const { snapshot: first } = await client.createSnapshot('one', { depot });
    assert.is(first.copied.bytes, first.bytes);
    const { snapshot: same } = await client.createSnapshot('two', { depot });
    assert.is(same.bytes, first.bytes);
    assert.is(same.copied.bytes, 0, 'nothing has changed');
    await fill(client, 'books', 3_000, 3_050);
    const { snapshot: third } = await client.createSnapshot('three', { depot });
    assert.ok(third.copied.bytes > 0 && third.copied.bytes < first.bytes / 2, JSON.stringify(third));
    const stored = filesAmong(await blobsIn(folder)).length;
    const { freed } = await client.deleteSnapshot('one', { depot });
    assert.equal(freed, { files: 0, bytes: 0 }, 'every file is in `two`');
    assert.is(filesAmong(await blobsIn(folder)).length, stored);
    await client.restoreSnapshot('two', { depot, as: 'two' });
    await client.restoreSnapshot('three', { depot, as: 'three' });
    const countOf = async (index: string): Promise<unknown> => client.request('count', index);
    assert.match(JSON.stringify(await countOf('two')), /"count":3000,/);
    assert.match(JSON.stringify(await countOf('three')), /"count":3050,/);
    await client.deleteSnapshot('two', { depot });
    await client.deleteSnapshot('three', { depot });
    assert.equal(await blobsIn(folder), [], 'nothing is left');
    await failure(client.deleteSnapshot('three', { depot }), 'SNAPSHOT_NOT_FOUND');
    await failure(client.restoreSnapshot('three', { depot, as: 'x' }), 'SNAPSHOT_NOT_FOUND');
  });
});

test('groups of other actors are in it if they take checkpoints, and else told', async ({ server }) => {
  const actors = { 'group:counter': keptCounterDefinition, 'group:plain': { ...counterDefinition, name: 'plain' } };
  await withWorld(
    server,
    async ({ cluster, client, depot }) => {
      const { context } = cluster;
      const spec = { shards: 2, copies: 1, settings: null };
      await createGroup(context, {
        ...spec,
        name: 'counter',
        definition: keptCounterDefinition,
        requires: 'group:counter',
      });
      await createGroup(context, {
        ...spec,
        name: 'plain',
        definition: actors['group:plain'],
        requires: 'group:plain',
      });
      for (const key of ['a', 'b', 'c', 'a']) await client.call('counter', 'add', { key, by: 2 });
      await client.call('plain', 'add', { key: 'a' });
      const { snapshot } = await client.createSnapshot('s', { depot });
      assert.equal(snapshot.indices, ['counter']);
      assert.equal(snapshot.skipped, [{ index: 'plain', reason: 'its actor takes no checkpoints' }]);
      const error = await failure(client.createSnapshot('t', { depot, indices: ['plain'] }), 'BAD_REQUEST');
      assert.match(error.message, 'takes no checkpoints');
      await client.restoreSnapshot('s', { depot, as: 'counted' });
      assert.is(await client.call('counted', 'total'), 8);
      await client.call('counted', 'add', { key: 'a' });
      assert.is(await client.call('counted', 'total'), 9);
      assert.is(await client.call('counter', 'total'), 8);
    },
    { actors },
  );
});

test('a shard that fails is named: there is no snapshot, or a partial one if asked for, which is not restored', async ({
  server,
}) => {
  const broken: StatefulDefinition = {
    ...keptCounterDefinition,
    checkpoint: (state) => {
      const { counters } = state as CounterState;
      if (counters.has('poison')) throw new TypeError('checkpoint broke');
      return keptCounterDefinition.checkpoint?.(state) ?? { files: [], release: () => {} };
    },
  };
  await withWorld(
    server,
    async ({ cluster, client, folder, depot }) => {
      const { context } = cluster;
      const parts = { shards: 4, copies: 1, settings: null, requires: 'group:counter' };
      await createGroup(context, { ...parts, name: 'counter', definition: broken });
      for (const key of ['a', 'b', 'c', 'poison']) await client.call('counter', 'add', { key });
      const error = await failure(client.createSnapshot('s', { depot }), 'SNAPSHOT_FAILED');
      assert.match(
        error.message,
        /^snapshot `s` was not taken, since shards failed \(counter\/\d\): checkpoint broke$/,
      );
      assert.equal(filesAmong(await blobsIn(folder)), []);
      assert.is((await client.snapshots({ depot })).total, 0);
      const { snapshot } = await client.createSnapshot('s', { depot, partial: true });
      assert.equal([snapshot.state, snapshot.shards], ['PARTIAL', { total: 4, successful: 3, failed: 1 }]);
      assert.equal(
        snapshot.failures.map(({ index, reason }) => [index, reason]),
        [['counter', 'checkpoint broke']],
      );
      const refused = await failure(client.restoreSnapshot('s', { depot, as: 'x' }), 'SNAPSHOT_FAILED');
      assert.match(refused.message, /is partial: it lacks of `counter` the shards \d$/);
    },
    { actors: { 'group:counter': broken } },
  );
});

test('creates and deletes at once take nothing from each other', async ({ server }) => {
  await withWorld(server, async ({ client }) => {
    await create(client, 'books');
    for (let round = 0; round < 4; round++) {
      await fill(client, 'books', round * 50, round * 50 + 50);
      await client.createSnapshot(`old${round}`);
      const work = [client.createSnapshot(`a${round}`), client.createSnapshot(`b${round}`)];
      await Promise.all([...work, client.deleteSnapshot(`old${round}`)]);
    }
    const { snapshots } = await client.snapshots();
    assert.is(snapshots.length, 8);
    for (const { snapshot } of snapshots) {
      await client.restoreSnapshot(snapshot ?? '', { as: `of-${snapshot}` });
      const { count } = (await client.request('count', `of-${snapshot}`)) as { count: number };
      assert.is(count, 50 * (1 + Number(snapshot?.slice(1))), snapshot ?? '');
      await client.request('index-delete', `of-${snapshot}`);
    }
  });
});

test('a copy that finds no checkpoint of a restored index never takes it for an empty one', async ({ server }) => {
  await withWorld(
    server,
    async ({ cluster, client, depot }) => {
      await create(client, 'books', 1);
      await fill(client, 'books', 0, 20);
      await client.createSnapshot('s', { depot });
      await client.restoreSnapshot('s', { depot, as: 'copy' });
      const { context, leaves } = cluster;
      const group = context.view.group('copy');
      assert.ok(group !== undefined);
      const own = await leaves[0]?.context.depots?.open('nats:');
      for (const name of (await own?.list(`${group.generation}/`)) ?? []) await own?.delete(name);
      await own?.close();
      const led = context.membership.copiesOf(group).find(({ state }) => state === 'primary')?.leaf;
      await client.request('index-update', 'copy', { settings: { replicas: 1 } });
      type Step = { readonly leaf: string; readonly to: string; readonly cause: string };
      const steps = async (): Promise<readonly Step[]> => {
        const { transitions } = (await client.request('shard-history', 'copy', { shard: 0 })) as {
          transitions: Step[];
        };
        return transitions.filter(({ leaf }) => leaf !== led);
      };
      await eventually(async () => (await steps()).some(({ cause }) => cause === 'chain.broken'), {
        withinMs: 15_000,
        what: 'the second copy sees that it has nothing to go on',
      });
      assert.not.ok((await steps()).some(({ to }) => to === 'replica'));
    },
    { leaves: 2 },
  );
});

test('a restored index takes checkpoints of its own, from which copies come, and which go with it', async ({
  server,
}) => {
  await withWorld(
    server,
    async ({ cluster, client, depot }) => {
      await create(client, 'books', 1);
      await fill(client, 'books', 0, 100);
      await client.createSnapshot('s', { depot });
      await client.restoreSnapshot('s', { depot, as: 'copy' });
      await client.deleteSnapshot('s', { depot });
      const { context, leaves } = cluster;
      const group = context.view.group('copy');
      assert.ok(group !== undefined);
      const seqOf = (): number => context.membership.copiesOf(group)[0]?.checkpointSeq ?? 0;
      const first = await eventually(seqOf);
      const taken = new Set<number>();
      const goesOn = async (): Promise<boolean> => {
        await client.index('copy', { id: `more${taken.size}`, doc: { text: textOf(taken.size) } });
        if (seqOf() > first) taken.add(seqOf());
        return taken.size === 3;
      };
      await eventually(goesOn, { withinMs: 30_000, what: 'three more checkpoints: the restored one is retired' });
      assert.equal(
        leaves.flatMap(({ troubles }) => troubles),
        [],
      );
      const before = await contentOf(client, 'copy');
      await client.request('index-update', 'copy', { settings: { replicas: 1 } });
      const serves = (): number =>
        context.membership.copiesOf(group).filter(({ state }) => state === 'primary' || state === 'replica').length;
      await eventually(() => serves() === 2, { withinMs: 15_000, what: 'a second copy' });
      const led = context.membership.copiesOf(group).find(({ state }) => state === 'primary')?.leaf;
      leaves.find(({ name }) => name === led)?.proxy.cut();
      const leads = (): boolean =>
        context.membership.copiesOf(group).some(({ leaf, state }) => leaf !== led && state === 'primary');
      await eventually(leads, { withinMs: 15_000, what: 'the other one leads' });
      assert.equal(await contentOf(client, 'copy'), before);
      await client.request('index-delete', 'copy');
      const left = leaves.find(({ name }) => name !== led);
      const own = await left?.context.depots?.open('nats:');
      const isGone = async (): Promise<boolean> => (await own?.list(`${group.generation}/`))?.length === 0;
      await eventually(isGone, { withinMs: 10_000, what: 'its checkpoints go with it' });
      await own?.close();
    },
    { leaves: 2, schedule: { records: 20, minIntervalMs: 0 } },
  );
});

test.run();
