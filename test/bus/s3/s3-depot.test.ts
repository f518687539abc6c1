/** The depot in S3 when things go wrong: lost answers, broken connections, servers that know less than S3. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { S3Settings } from '../../../src/bus/s3/s3-bucket.ts';
import { openS3Depot, PART_BYTES, type S3Depot } from '../../../src/bus/s3/s3-depot.ts';
import { systemEnv } from '../../../src/env.ts';
import { collect, piecesOf, sameBytes, seededBytes } from '../../support/depot/depot-context.ts';
import { FAKE, FakeS3 } from '../../support/depot/fake-s3.ts';
import { failureOf } from '../../support/failure.ts';

const { bucket, ...credentials } = FAKE;
const SMALL = 1_000;
const LARGE = 2 * PART_BYTES + 5;
const test = suite<{ fake: FakeS3; depot: S3Depot }>('bus/s3/s3-depot');

test.before.each(async (context) => {
  context.fake = await FakeS3.start();
  context.depot = await openS3Depot(systemEnv, settingsFor(context.fake));
});
test.after.each(async ({ fake, depot }) => {
  await depot.close();
  await fake.stop();
});

test('an object is the blob and its footer, in one request or in parts', async ({ depot, fake }) => {
  for (const size of [SMALL, PART_BYTES - 48, PART_BYTES - 47, LARGE]) {
    const bytes = seededBytes(size, size);
    await depot.put(`object/${size}`, piecesOf(bytes, 1_000_003));
    const { data } = fake.objects.get(`object/${size}`) ?? { data: Buffer.alloc(0) };
    assert.ok(sameBytes(data.subarray(0, size), bytes));
    assert.is(data.length, size + 48);
    assert.ok(sameBytes(await collect(depot.get(`object/${size}`)), bytes));
  }
});

test('a create whose answer was lost is known to be one’s own', async ({ depot, fake }) => {
  for (const size of [SMALL, LARGE]) {
    const bytes = seededBytes(size, 1);
    // of an upload in parts the answers about the parts are lost, too, and the last one
    fake.faults.lostAnswers = size === SMALL ? 1 : 2;
    await depot.put(`lost/${size}`, bytes);
    assert.is(fake.faults.lostAnswers, 0);
    assert.ok(sameBytes(await collect(depot.get(`lost/${size}`)), bytes));
    assert.is((await failureOf(depot.put(`lost/${size}`, bytes))).code, 'CONFLICT');
  }
});

test('when the last request of an upload in parts is answered to nobody, the blob is found', async ({
  depot,
  fake,
}) => {
  const bytes = seededBytes(LARGE, 2);
  await depot.put('last/answer', bytes, {
    onProgress: ({ doneBytes }) => {
      if (doneBytes === LARGE) fake.faults.lostAnswers = 1;
    },
  });
  assert.is(fake.faults.lostAnswers, 0);
  assert.ok(sameBytes(await collect(depot.get('last/answer')), bytes));
});

test('a server that is busy, or has another writer’s request under way, is asked again', async ({ depot, fake }) => {
  fake.faults.busy = 2;
  fake.faults.conflicts = 2;
  await depot.put('busy', seededBytes(SMALL, 3));
  assert.equal([fake.faults.busy, fake.faults.conflicts], [0, 0]);
});

test('a connection that breaks while a blob is read costs no more than the rest again', async ({ depot, fake }) => {
  const bytes = seededBytes(3_000_000, 4);
  await depot.put('broken', bytes);
  fake.faults.cutBodies = 4;
  assert.ok(sameBytes(await collect(depot.get('broken')), bytes));
  assert.is(fake.faults.cutBodies, 0);
});

test('a server that ignores conditions is refused, and taken if told so', async ({ fake }) => {
  fake.faults.ignoresConditions = true;
  const failure = await failureOf(openS3Depot(systemEnv, settingsFor(fake)));
  assert.is(failure.code, 'PREFLIGHT_FAILED');
  assert.match(failure.message, /ignores `If-None-Match`/);
  assert.is(fake.objects.size, 0);
  const depot = await openS3Depot(systemEnv, { ...settingsFor(fake), conditionalWrites: false });
  await depot.put('first', seededBytes(SMALL, 5));
  assert.is((await failureOf(depot.put('first', seededBytes(SMALL, 6)))).code, 'CONFLICT');
  assert.ok(sameBytes(await collect(depot.get('first')), seededBytes(SMALL, 5)));
  await depot.close();
});

test('what others keep in the bucket is not listed', async ({ depot, fake }) => {
  const foreign = { data: Buffer.from('x'), metadata: {}, etag: '"x"' };
  for (const key of ['a b', 'folder/', 'notes+old']) fake.objects.set(key, foreign);
  await depot.put('ours', seededBytes(SMALL, 1));
  assert.equal(await depot.list(''), ['ours']);
  fake.objects.set('theirs', foreign);
  assert.is((await failureOf(depot.stat('theirs'))).code, 'CORRUPT_BLOB');
  assert.is((await failureOf(collect(depot.get('theirs')))).code, 'CORRUPT_BLOB');
});

test('uploads that died are swept away, however many there are', async ({ depot, fake }) => {
  for (let place = 0; place < 7; place += 1)
    fake.uploads.set(`dead-${place}`, { key: `x/${place}`, metadata: {}, parts: new Map(), begun: new Date(0) });
  fake.uploads.set('young', { key: 'x/y', metadata: {}, parts: new Map(), begun: new Date() });
  assert.is(await depot.sweep(60_000), 7);
  assert.equal([...fake.uploads.keys()], ['young']);
});

test('what cannot work is refused with its reason', async ({ fake }) => {
  const wrongKey = { ...settingsFor(fake), credentials: { accessKeyId: 'WHO', secretAccessKey: 'x' } };
  assert.is((await failureOf(openS3Depot(systemEnv, wrongKey))).code, 'PREFLIGHT_FAILED');
  const wrongBucket = { ...settingsFor(fake), bucket: 'nowhere' };
  assert.is((await failureOf(openS3Depot(systemEnv, wrongBucket))).code, 'PREFLIGHT_FAILED');
  const nobodyThere = { ...settingsFor(fake), endpoint: 'http://127.0.0.1:1' };
  assert.is((await failureOf(openS3Depot(systemEnv, nobodyThere))).code, 'DISCONNECTED');
});

test('the SDK is loaded only by who opens a depot, and missed with advice', async () => {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  const src = join(import.meta.dirname, '..', '..', '..', 'src');
  const hook = `export async function resolve(name, context, next) {
    if (name.startsWith('@aws-sdk')) throw Object.assign(new Error('not installed'), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(name, context);
  }`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hook))});`;
  const program = `
    const { openS3Depot } = await import(${JSON.stringify(join(src, 'bus', 's3', `s3-depot.${extension}`))});
    const { systemEnv } = await import(${JSON.stringify(join(src, `env.${extension}`))});
    await openS3Depot(systemEnv, { bucket: 'x', prefix: '' }).catch((error) => console.log(error.code, error.message));`;
  const args = ['--import', dataUrl(register), '--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.match(stdout, /^PREFLIGHT_FAILED .*npm install @aws-sdk\/client-s3/);
});

test.run();

function settingsFor(fake: FakeS3): S3Settings {
  return { bucket, prefix: '', endpoint: fake.url, credentials };
}

function dataUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
