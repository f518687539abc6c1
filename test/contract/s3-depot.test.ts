/**
 * The contract of a depot, kept by the one in S3 against a fake of S3 (see there for what it checks and why it is a
 * fake).
 */
import { suite } from 'uvu';
import { openS3Depot } from '../../src/bus/s3/s3-depot.ts';
import { systemEnv } from '../../src/env.ts';
import type { DepotContext } from '../support/depot/depot-context.ts';
import { FAKE, FakeS3 } from '../support/depot/fake-s3.ts';
import { depotContract } from './depot-contract.ts';

type Context = DepotContext & { readonly fake: FakeS3 };

const test = suite<Context>('contract/s3-depot');
let boot: Promise<Context> | undefined;
test.before.each(async (context) => {
  boot ??= open();
  Object.assign(context, await boot);
});
test.after(async ({ depot, other, fake }) => {
  await depot?.close();
  await other?.close();
  await fake?.stop();
});
depotContract(test);
test.run();

async function open(): Promise<Context> {
  const fake = await FakeS3.start();
  const { bucket, ...credentials } = FAKE;
  const settings = { bucket, prefix: 'some/where', endpoint: fake.url, credentials };
  const objectOf = (name: string): { data: Buffer } => {
    const object = fake.objects.get(`some/where/${name}`);
    if (object === undefined) throw new Error(`no object ${name}`);
    return object;
  };
  return {
    fake,
    depot: await openS3Depot(systemEnv, settings),
    other: await openS3Depot(systemEnv, settings),
    flipByte: async (name) => {
      const { data } = objectOf(name);
      const at = Math.floor((data.length - 48) / 2);
      data[at] = (data[at] ?? 0) ^ 1;
    },
    dropBytes: async (name) => {
      const object = objectOf(name);
      object.data = object.data.subarray(0, object.data.length / 2);
    },
    countUnfinished: async () => fake.uploads.size,
  };
}
