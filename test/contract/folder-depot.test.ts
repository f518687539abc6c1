/** The contract of a depot, kept by the one in a folder. */
import { mkdtemp, open, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { openFolderDepot } from '../../src/bus/folder/folder-depot.ts';
import { systemEnv } from '../../src/env.ts';
import type { DepotContext } from '../support/depot/depot-context.ts';
import { depotContract } from './depot-contract.ts';

type Context = DepotContext & { readonly folder: string };

const test = suite<Context>('contract/folder-depot');
let boot: Promise<Context> | undefined;
test.before.each(async (context) => {
  boot ??= prepare();
  Object.assign(context, await boot);
});
test.after(async ({ folder }) => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});
depotContract(test);
test.run();

async function prepare(): Promise<Context> {
  const folder = await mkdtemp(join(tmpdir(), 'coppice-depot-'));
  const pathOf = (name: string): string => join(folder, `${name}+blob`);
  return {
    folder,
    depot: await openFolderDepot(systemEnv, folder),
    other: await openFolderDepot(systemEnv, folder),
    flipByte: async (name) => {
      const file = await open(pathOf(name), 'r+');
      const at = Math.floor(((await file.stat()).size - 48) / 2);
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, at);
      await file.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, at);
      await file.close();
    },
    dropBytes: async (name) => {
      const file = await open(pathOf(name), 'r');
      const { size } = await file.stat();
      await file.close();
      await truncate(pathOf(name), Math.floor(size / 2));
    },
    countUnfinished: async () => (await readdir(join(folder, '+unfinished'))).length,
  };
}
