/** Saved states of copies on a disk that crashes, rots and fills up. */
import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CheckpointFile } from '../../src/actor/definition.ts';
import { LOCAL_SCHEDULE } from '../../src/cluster/local-options.ts';
import { systemEnv } from '../../src/env.ts';
import { claimedHash } from '../../src/shard/local/held-file.ts';
import { loadSaved } from '../../src/shard/local/load-saved.ts';
import { LocalState } from '../../src/shard/local/local-state.ts';
import type { CapturedState } from '../../src/shard/shard-state.ts';
import { encodeLocalManifest } from '../../src/wire/local-format.ts';
import { failureOf } from '../support/failure.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { Seeded } from '../support/seeded.ts';

const test = suite('shard/local-files');

const GROUP = {
  name: 'books',
  generation: 'g1',
  kind: 'stateful' as const,
  actor: 'books',
  requires: 'group:books',
  copies: 1,
  slots: { version: 1, ranges: [] },
  endpoints: {},
  createdMs: 0,
};
const FOLDER = '/data/a/books.g1.0';
const SIGNAL = new AbortController().signal;

function open(disk: MemoryDisk, troubles: unknown[] = []): LocalState {
  return new LocalState({
    spec: { group: GROUP, shard: 0, leaf: 'a', incarnation: 'i' },
    local: { ...LOCAL_SCHEDULE, disk: disk.door(), folder: '/data' },
    env: systemEnv,
    onTrouble: (error) => troubles.push(error),
  });
}

function captured(seq: number, files: readonly CheckpointFile[]): CapturedState {
  const share = {
    generation: 'g1',
    shard: 0,
    seq,
    id: `id${seq}`,
    term: 1,
    nextSeqNo: seq,
    floor: 0,
    operations: [],
    checkpoints: [],
    checkpointRecordSeq: 0,
  };
  return { share, actor: { files, release: () => {} } };
}

function file(name: string, text: string): CheckpointFile {
  const bytes = new TextEncoder().encode(text);
  return { name, sizeBytes: bytes.length, read: () => bytes };
}

function put(state: LocalState, name: string, text: string): CheckpointFile {
  const writer = state.files.create(name);
  writer.write(new TextEncoder().encode(text));
  writer.finish();
  return { ...file(name, text), kept: true };
}

/** The texts of what was saved, by name; undefined if nothing was. */
async function saved(disk: MemoryDisk): Promise<Readonly<Record<string, string>> | undefined> {
  const state = open(disk);
  const manifest = state.manifest();
  if (manifest === undefined) return undefined;
  const { held, share } = await loadSaved(state, manifest, SIGNAL, () => {});
  const texts: Record<string, string> = { seq: String(share.seq) };
  const source = state.source(held);
  for (const { name } of source.files) {
    const pieces: Uint8Array[] = [];
    for await (const piece of source.read(name)) pieces.push(piece);
    texts[name] = Buffer.concat(pieces).toString();
  }
  return texts;
}

test('what is saved is found again, with files that the actor keeps and files that it hands over', async () => {
  const disk = new MemoryDisk();
  const state = open(disk);
  assert.is(state.manifest(), undefined);
  await state.save(captured(7, [put(state, 'segment-1', 'one'), file('search.json', '{}')]));
  assert.equal(await saved(disk), { seq: '7', 'segment-1': 'one', 'search.json': '{}' });
});

test('what the actor removes stays as long as the saved state names it, and goes with the next one', async () => {
  const disk = new MemoryDisk();
  const state = open(disk);
  await state.save(captured(1, [put(state, 'segment-1', 'one')]));
  state.files.remove('segment-1');
  assert.equal(state.files.names(), []);
  const two = put(state, 'segment-2', 'two');
  assert.equal(await saved(disk), { seq: '1', 'segment-1': 'one' });
  await state.save(captured(2, [two]));
  assert.equal(await saved(disk), { seq: '2', 'segment-2': 'two' });
  assert.is(disk.paths(`${FOLDER}/`).length, 3);
});

test('a file that is removed while it is being saved is saved all the same', async () => {
  const disk = new MemoryDisk();
  const state = open(disk);
  const saving = state.save(captured(1, [put(state, 'segment-1', 'one')]));
  state.files.remove('segment-1');
  await saving;
  assert.equal(await saved(disk), { seq: '1', 'segment-1': 'one' });
});

test('no name in a folder is ever used twice, over restarts either', async () => {
  const disk = new MemoryDisk();
  for (let life = 0; life < 3; life++) {
    const state = open(disk);
    for (let n = 0; n < 3; n++) {
      const kept = put(state, `segment-${n}`, 'the same bytes');
      await state.save(captured(life * 3 + n + 1, [kept]));
      state.files.remove(`segment-${n}`);
    }
  }
  const files = disk.renamed.filter((path) => claimedHash(path.slice(FOLDER.length + 1)) !== undefined);
  assert.is(files.length, 18);
  assert.is(new Set(files).size, files.length);
});

test('a crash at any moment leaves the state before or the one after, whole', async () => {
  const seeded = new Seeded(4711);
  const random = (): number => seeded.next();
  for (let round = 0; round < 300; round++) {
    const disk = new MemoryDisk();
    let syncs = 0;
    const crashAt = Math.floor(random() * 14);
    const door = disk.door(async () => {
      if (syncs++ === crashAt) door.close();
    });
    const state = new LocalState({
      spec: { group: GROUP, shard: 0, leaf: 'a', incarnation: 'i' },
      local: { ...LOCAL_SCHEDULE, disk: door, folder: '/data' },
      env: systemEnv,
      onTrouble: () => {},
    });
    let done = 0;
    try {
      for (let seq = 1; seq <= 3; seq++) {
        const kept = put(state, `segment-${seq}`, `text ${seq}`);
        await state.save(captured(seq, [kept, file('search.json', `{"seq":${seq}}`)]));
        done = seq;
        state.files.remove(`segment-${seq}`);
      }
    } catch (error) {
      assert.match(String(error), 'the process is dead');
    }
    disk.crash(random);
    const found = await saved(disk);
    const seq = Number(found?.['seq'] ?? 0);
    assert.ok(seq === done || seq === done + 1, `round ${round}: saved ${done}, found ${seq}`);
    if (seq > 0)
      assert.equal(found, { seq: `${seq}`, [`segment-${seq}`]: `text ${seq}`, 'search.json': `{"seq":${seq}}` });
  }
});

test('any flipped bit is noticed, in every kind of file', async () => {
  const disk = new MemoryDisk();
  const state = open(disk);
  await state.save(captured(7, [put(state, 'segment-1', 'one'), file('search.json', '{}')]));
  for (const path of disk.paths(`${FOLDER}/`)) {
    const { length } = disk.read(path) ?? [];
    for (let at = 0; at < (length ?? 0); at++) {
      disk.flipBit(path, at);
      const failure = await failureOf(saved(disk));
      assert.ok(['CORRUPT_BLOB', 'UNSUPPORTED_FORMAT'].includes(failure.code), `${path} at ${at}: ${failure.code}`);
      disk.flipBit(path, at);
    }
    const whole = disk.read(path);
    disk.damage(path, (bytes) => bytes.subarray(0, bytes.length - 1));
    assert.match((await failureOf(saved(disk))).code, /CORRUPT/);
    disk.damage(path, () => whole ?? new Uint8Array());
  }
  assert.is((await saved(disk))?.['seq'], '7');
});

test('a list of another format is refused with both numbers; one of another copy as damaged', async () => {
  const disk = new MemoryDisk();
  const state = open(disk);
  await state.save(captured(7, [file('f', 'x')]));
  const path = `${FOLDER}/state`;
  disk.damage(path, (bytes) => {
    bytes[8] = 9;
    return bytes;
  });
  const failure = await failureOf(saved(disk));
  assert.is(failure.code, 'UNSUPPORTED_FORMAT');
  assert.match(failure.message, 'format 9, and this version of Coppice reads format 1');
  const runtime = { name: 'r', file: 'f', sizeBytes: 1, sha256: 'a'.repeat(64) };
  const other = { group: 'books', generation: 'g2', shard: 0, seq: 1, id: 'x', term: 1, runtime, files: [] };
  disk.damage(path, () => encodeLocalManifest(other));
  assert.match((await failureOf(saved(disk))).message, 'of shard 0 of generation g2');
});

test('a full disk does not fail a write: the file goes on in memory, and comes to the disk when there is room', async () => {
  const disk = new MemoryDisk();
  const troubles: unknown[] = [];
  const state = open(disk, troubles);
  disk.quotaBytes = 300_000;
  const big = 'x'.repeat(500_000);
  const kept = put(state, 'segment-1', big);
  assert.is(troubles.length, 1);
  assert.is(state.files.spilledBytes, big.length);
  assert.is(disk.usedBytes, 0, 'what was half written gives its room back');
  const read = new Uint8Array(big.length);
  state.files.open('segment-1').read(0, read);
  assert.is(Buffer.from(read).toString(), big);
  assert.is((await failureOf(state.save(captured(1, [kept])))).code, 'STORAGE_FULL');
  disk.quotaBytes = 2_000_000;
  state.files.unspill();
  assert.is(state.files.spilledBytes, 0);
  await state.save(captured(1, [kept]));
  assert.is((await saved(disk))?.['segment-1'], big);
});

test('a file whose sync failed is written anew before it counts', async () => {
  const disk = new MemoryDisk();
  const state = open(disk);
  const kept = put(state, 'segment-1', 'one');
  const [first] = disk.paths(`${FOLDER}/`);
  disk.isBroken = true;
  assert.is((await failureOf(state.save(captured(1, [kept])))).code, 'STORAGE_FAILED');
  disk.isBroken = false;
  await state.save(captured(1, [kept]));
  assert.equal(await saved(disk), { seq: '1', 'segment-1': 'one' });
  assert.ok(first !== undefined && !disk.paths(`${FOLDER}/`).includes(first));
});

test('what is forgotten while it is being saved does not come back', async () => {
  const disk = new MemoryDisk();
  const state = open(disk);
  const saving = state.save(captured(1, [put(state, 'segment-1', 'one')]));
  state.forget();
  assert.is((await failureOf(saving)).code, 'CANCELLED');
  assert.is(await saved(disk), undefined);
});

test('files here are found by what they hold, not by what they are called', async () => {
  const disk = new MemoryDisk();
  const state = open(disk);
  await state.save(captured(1, [put(state, 'segment-1', 'one')]));
  const sha256 = createHash('sha256').update('one').digest('hex');
  const found = state.files.claims().find((one) => one.sha256 === sha256);
  assert.ok(found !== undefined);
  await state.check(found, 'segment-1', SIGNAL);
  const path = disk.paths(`${FOLDER}/${sha256}`)[0] ?? '';
  disk.flipBit(path);
  assert.is((await failureOf(state.check(found, 'segment-1', SIGNAL))).code, 'CORRUPT_BLOB');
  assert.is(found.sizeBytes, 3);
});

test.run();
