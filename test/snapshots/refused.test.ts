/** Snapshots that are damaged or of another format, and requests that are wrong: refused, and nothing half made stays. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { natsSuite } from '../support/nats-suite.ts';
import { blobsIn, create, failure, filesAmong, fill, flipBit, traces, withWorld } from './support/snapshot-world.ts';

const test = natsSuite('snapshots/refused');

test('a damaged or missing file is named, and nothing half made stays', async ({ server }) => {
  await withWorld(server, async ({ cluster, client, folder, depot }) => {
    await create(client, 'books');
    await fill(client, 'books', 0, 100);
    await client.createSnapshot('s', { depot });
    const before = await traces(cluster);
    const pristine = await mkdtemp(join(tmpdir(), 'pristine-'));
    await cp(folder, pristine, { recursive: true });
    for (const name of filesAmong(await blobsIn(folder))) {
      for (const harm of [flipBit, async (where: string, blob: string) => rm(join(where, `${blob}+blob`))]) {
        await harm(folder, name);
        const error = await failure(client.restoreSnapshot('s', { depot, as: 'x' }), 'CORRUPT_BLOB');
        assert.ok(error.message.includes(name), `${error.message} names ${name}`);
        assert.equal(await traces(cluster), before);
        await cp(pristine, folder, { recursive: true });
      }
    }
    const outcome = (await blobsIn(folder)).find((name) => name.endsWith('/outcome')) ?? '';
    await flipBit(folder, outcome);
    await failure(client.restoreSnapshot('s', { depot, as: 'x' }), 'CORRUPT_BLOB');
    assert.is((await client.snapshots({ depot })).snapshots[0]?.state, 'UNREADABLE');
    await client.deleteSnapshot('s', { depot });
    assert.equal(await blobsIn(folder), []);
    await rm(pristine, { recursive: true });
  });
});

test('a snapshot of an unknown format is refused, shown, and left alone', async ({ server }) => {
  await withWorld(server, async ({ cluster, client, depot }) => {
    await create(client, 'books', 1);
    await client.createSnapshot('old', { depot });
    const opened = await cluster.leaves[0]?.context.depots?.open(depot);
    const announced = { v: 1, id: 'future', name: 'new', cluster: 'c', clusterId: 'x', startedMs: 0 };
    const put = async (name: string, value: unknown): Promise<unknown> =>
      opened?.put(name, new TextEncoder().encode(JSON.stringify(value)));
    await put('snapshots/creates/future', announced);
    await put('snapshots/names/new', { v: 1, id: 'future' });
    await put('snapshots/future/outcome', { v: 2, kind: 'snapshot', files: [] });
    for (const work of [client.restoreSnapshot('new', { depot, as: 'x' }), client.deleteSnapshot('new', { depot })]) {
      const error = await failure(work, 'UNSUPPORTED_FORMAT');
      assert.match(error.message, 'snapshot format 2, and this version of Coppice reads format 1');
    }
    assert.equal(
      (await client.snapshots({ depot })).snapshots.map(({ snapshot, state }) => [snapshot, state]),
      [
        ['new', 'UNREADABLE'],
        ['old', 'SUCCESS'],
      ],
    );
    const { freed } = await client.deleteSnapshot('old', { depot });
    assert.is(freed.blocked_by, 'new', 'files that it may need stay');
    await opened?.close();
  });
});

test('names that are taken, wrong names and wrong depots are refused', async ({ server }) => {
  await withWorld(server, async ({ cluster, client, folder, depot }) => {
    await create(client, 'books', 1);
    await create(client, 'logs', 1);
    await client.createSnapshot('s', { depot });
    await failure(client.createSnapshot('s', { depot }), 'ALREADY_EXISTS');
    const before = await traces(cluster);
    await failure(client.restoreSnapshot('s', { depot }), 'ALREADY_EXISTS');
    await failure(client.restoreSnapshot('s', { depot, as: 'both' }), 'BAD_REQUEST');
    await failure(client.restoreSnapshot('s', { depot, as: 'x', indices: 'absent' }), 'GROUP_NOT_FOUND');
    await failure(client.restoreSnapshot('s', { depot, as: 'UPPER-*' }), 'INVALID_NAME');
    assert.equal(await traces(cluster), before);
    await failure(client.createSnapshot('t', { depot, indices: 'absent' }), 'GROUP_NOT_FOUND');
    await failure(client.createSnapshot('t', { depot, indices: ['none*'] }), 'GROUP_NOT_FOUND');
    for (const name of ['UPPER', 'a/b', '', '..', 'a b']) await failure(client.createSnapshot(name), 'INVALID_NAME');
    await failure(client.createSnapshot('_'), 'BAD_REQUEST');
    for (const wrong of ['ftp://x', 'folder', 'file:///x?y', 's3://']) {
      await failure(client.createSnapshot('t', { depot: wrong }), 'BAD_REQUEST');
      await failure(client.snapshots({ depot: wrong }), 'BAD_REQUEST');
    }
    await writeFile(join(folder, 'a-file'), '');
    await failure(client.createSnapshot('t', { depot: `${depot}/a-file/below` }), 'PREFLIGHT_FAILED');
    await failure(client.request('snapshot-create', 't', { wait_for_completion: false }), 'PARSING_FAILED');
    await failure(client.request('snapshot-restore', 's', { replicas: 10 }), 'PARSING_FAILED');
    await failure(client.request('snapshot-create', 't', { max_bytes_per_sec: 0 }), 'PARSING_FAILED');
    assert.equal(
      (await client.snapshots({ depot })).snapshots.map(({ snapshot }) => snapshot),
      ['s'],
    );
  });
});

test.run();
