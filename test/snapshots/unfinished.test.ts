/** Snapshots that come to nothing: deleted while they are taken, out of time, cut off. */
import * as assert from 'uvu/assert';
import { CoppiceError, isCoppiceError } from '../../src/errors.ts';
import { eventually } from '../support/eventually.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { blobsIn, create, failure, filesAmong, fill, withWorld } from './support/snapshot-world.ts';

const test = natsSuite('snapshots/unfinished');

test('a create that is deleted ends with an error, and leaves nothing', async ({ server }) => {
  await withWorld(server, async ({ client, folder, depot }) => {
    await create(client, 'books', 1);
    await fill(client, 'books', 0, 3_000);
    const seen: string[] = [];
    const slow = client.createSnapshot(
      's',
      { depot, max_bytes_per_sec: 20_000 },
      { onProgress: ({ phase }) => seen.push(phase) },
    );
    const outcome = slow.then(
      () => undefined,
      (error: unknown) => error,
    );
    await eventually(async () => filesAmong(await blobsIn(folder)).length > 0, { withinMs: 10_000 });
    const [running] = (await client.snapshots({ depot })).snapshots;
    assert.is(running?.state, 'IN_PROGRESS');
    assert.ok(seen.includes('storing'));
    await failure(client.restoreSnapshot('s', { depot, as: 'x' }), 'SNAPSHOT_NOT_FOUND');
    await client.deleteSnapshot('s', { depot });
    assert.equal((await client.snapshots({ depot })).snapshots, []);
    const error = await outcome;
    assert.ok(isCoppiceError(error, 'SNAPSHOT_FAILED'), String(error));
    // Its name is free, and what it stored after it was given up goes with the next sweep.
    const { snapshot } = await client.createSnapshot('s', { depot });
    assert.is(snapshot.state, 'SUCCESS');
    await client.deleteSnapshot('s', { depot });
    const left = await blobsIn(folder);
    assert.ok(left.length === 1 && left[0]?.endsWith('/outcome'), `only the mark is left: ${left.join()}`);
  });
});

test('a deadline ends a create in good order', async ({ server }) => {
  await withWorld(server, async ({ client, folder, depot }) => {
    await create(client, 'books', 1);
    await fill(client, 'books', 0, 3_000);
    await failure(
      client.createSnapshot('s', { depot, max_bytes_per_sec: 1_000 }, { deadlineMs: 1_500 }),
      'DEADLINE_EXCEEDED',
    );
    const isClear = async (): Promise<boolean> =>
      (await client.snapshots({ depot })).total === 0 && filesAmong(await blobsIn(folder)).length === 0;
    await eventually(isClear, { withinMs: 10_000, what: 'it clears up' });
  });
});

test('a leaf that is cut off can complete nothing that was given up for it', async ({ server }) => {
  await withWorld(server, async ({ cluster, client, depot, folder }) => {
    await create(client, 'books', 1);
    await fill(client, 'books', 0, 2_000);
    const only = cluster.leaves[0];
    const slow = client.createSnapshot('s', { depot, max_bytes_per_sec: 10_000 });
    const outcome = slow.then(
      () => undefined,
      (error: unknown) => error,
    );
    await eventually(async () => filesAmong(await blobsIn(folder)).length > 0, { withinMs: 10_000 });
    only?.proxy.cut();
    await eventually(() => only?.context.bus.link.up === false);
    only?.proxy.heal();
    await eventually(() => only?.context.bus.link.up === true, { withinMs: 10_000 });
    await client.deleteSnapshot('s', { depot });
    assert.ok((await outcome) instanceof CoppiceError);
    assert.equal((await client.snapshots({ depot })).snapshots, []);
  });
});

test.run();
