/** What every depot must do, whatever it is made of. Each implementation runs this suite over a place of its own. */
import { createHash } from 'node:crypto';
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TransferProgress } from '../../src/bus/depot.ts';
import { CoppiceError } from '../../src/errors.ts';
import { collect, type DepotContext, piecesOf, sameBytes, seededBytes } from '../support/depot/depot-context.ts';
import { failureOf } from '../support/failure.ts';

const MIB = 1024 * 1024;

/** Adds the tests of the contract to a suite. */
export function depotContract<C extends DepotContext>(test: Test<C>): void {
  const sizes = [0, 1, 47, 48, 49, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, 3_000_000];
  test('what was put is got, byte for byte, whatever its size', async ({ depot, other }) => {
    for (const size of sizes) {
      const [name, bytes] = [`sizes/${size}`, seededBytes(size, size + 1)];
      const put = await depot.put(name, bytes);
      assert.equal(put, { name, sizeBytes: size, sha256: createHash('sha256').update(bytes).digest('hex') });
      assert.ok(sameBytes(await collect(other.get(name)), bytes), `blob of ${size} bytes`);
      assert.equal(await other.stat(name), put);
    }
  });

  test('pieces of any size make the same blob', async ({ depot }) => {
    const bytes = seededBytes(1_300_000, 7);
    const { sha256 } = await depot.put('pieces/whole', bytes);
    const cuts = [[1_300_000], [65_536], [1, 0, 700_000, 3], [524_288], [524_287, 2], [99_991]];
    for (const [place, cut] of cuts.entries()) {
      const name = `pieces/${place}`;
      assert.is((await depot.put(name, piecesOf(bytes, ...cut))).sha256, sha256);
      assert.ok(sameBytes(await collect(depot.get(name)), bytes), `cut by ${cut.join(', ')}`);
    }
  });

  test('a name that is taken stays as it is', async ({ depot, other }) => {
    const first = await depot.put('once/manifest', seededBytes(10, 1));
    const failure = await failureOf(other.put('once/manifest', seededBytes(2 * MIB, 2)));
    assert.is(failure.code, 'CONFLICT');
    assert.is(failure.details?.['blob'], 'once/manifest');
    assert.equal(await depot.stat('once/manifest'), first);
  });

  test('of two writers of one name exactly one wins', async ({ depot, other, countUnfinished }) => {
    const before = await countUnfinished();
    for (let round = 0; round < 10; round += 1) {
      const name = `race/${round}`;
      const size = round % 2 === 0 ? 1_000 : 700_000;
      const [mine, theirs] = [seededBytes(size, round + 1), seededBytes(size, round + 100)];
      const ends = await Promise.allSettled([depot.put(name, piecesOf(mine, 1_000)), other.put(name, theirs)]);
      const winners = ends.flatMap((end, place) => (end.status === 'fulfilled' ? [place] : []));
      assert.is(winners.length, 1, `round ${round}`);
      const loser = ends.find((end) => end.status === 'rejected');
      assert.ok(loser?.reason instanceof CoppiceError && loser.reason.code === 'CONFLICT', String(loser?.reason));
      assert.ok(sameBytes(await collect(depot.get(name)), winners[0] === 0 ? mine : theirs));
    }
    assert.is(await countUnfinished(), before);
  });

  test('nothing is seen of an upload before its end, nor of one that was aborted', async (context) => {
    const { depot, other, countUnfinished } = context;
    const before = await countUnfinished();
    const abort = new AbortController();
    const bytes = seededBytes(12 * MIB, 3);
    let seen: unknown;
    async function* source(): AsyncGenerator<Uint8Array> {
      yield bytes;
      seen = [(await failureOf(other.stat('halfway/blob'))).code, await other.list('halfway/')];
      abort.abort(new Error('changed my mind'));
      await new Promise(() => {}); // hangs: the abort must end the upload all the same
    }
    const ended = depot.put('halfway/blob', source(), { signal: abort.signal });
    await assertRejects(ended, 'changed my mind');
    assert.equal(seen, ['NOT_FOUND', []]);
    assert.is((await failureOf(collect(other.get('halfway/blob')))).code, 'NOT_FOUND');
    assert.equal(await other.list('halfway/'), []);
    assert.is(await countUnfinished(), before);
    await other.put('halfway/blob', seededBytes(5, 5));
  });

  test('a source that fails ends the upload with its own error', async ({ depot, countUnfinished }) => {
    const before = await countUnfinished();
    async function* source(): AsyncGenerator<Uint8Array> {
      yield seededBytes(9 * MIB, 4);
      throw new Error('the disk is gone');
    }
    await assertRejects(depot.put('broken/source', source()), 'the disk is gone');
    assert.is((await failureOf(depot.stat('broken/source'))).code, 'NOT_FOUND');
    assert.is(await countUnfinished(), before);
  });

  test('a flipped byte is noticed on reading', async ({ depot, flipByte }) => {
    for (const size of [1, 100, 1_500_000]) {
      const name = `flipped/${size}`;
      await depot.put(name, seededBytes(size, 5));
      await flipByte(name);
      assert.is((await failureOf(collect(depot.get(name)))).code, 'CORRUPT_BLOB', `${size} bytes`);
    }
  });

  test('missing bytes are noticed on reading', async ({ depot, dropBytes }) => {
    for (const size of [1, 100, 1_500_000]) {
      const name = `cut/${size}`;
      await depot.put(name, seededBytes(size, 6));
      await dropBytes(name);
      assert.is((await failureOf(collect(depot.get(name)))).code, 'CORRUPT_BLOB', `${size} bytes`);
    }
  });

  test('names are listed by prefix, in order, whatever stands in them', async ({ depot, other }) => {
    const names = ['list/b', 'list/a/z', 'list/a', 'list/a.b=@-_/C', 'list/a/0', 'list/Z', 'listing', 'list/a=1@2.3'];
    for (const name of names) await depot.put(name, seededBytes(3, 1));
    const below = names.filter((name) => name.startsWith('list/')).sort();
    assert.equal(await other.list('list/'), below);
    assert.equal(await other.list('list'), [...below, 'listing']);
    assert.equal(await other.list('list/a/'), ['list/a/0', 'list/a/z']);
    assert.equal(await other.list('list/a/0'), ['list/a/0']);
    assert.equal(await other.list('list/nothing'), []);
    assert.ok((await other.list('')).length >= names.length);
  });

  test('a deleted blob is not found, deleting twice is harmless, and its name is free', async ({ depot, other }) => {
    await depot.put('gone/a', seededBytes(700_000, 1));
    await depot.put('gone/ab', seededBytes(5, 1));
    await other.delete('gone/a');
    await other.delete('gone/a');
    await depot.delete('gone/never');
    assert.is((await failureOf(collect(depot.get('gone/a')))).code, 'NOT_FOUND');
    assert.is((await failureOf(depot.stat('gone/a'))).code, 'NOT_FOUND');
    assert.equal(await depot.list('gone/'), ['gone/ab']);
    await depot.put('gone/a', seededBytes(3, 2));
    assert.ok(sameBytes(await collect(other.get('gone/a')), seededBytes(3, 2)));
  });

  const bad = [
    '',
    '/',
    'a//b',
    '/a',
    'a/',
    '.',
    '..',
    'a/../b',
    'a/.',
    '../../etc/passwd',
    'a b',
    'a\0',
    'ä',
    'a\\b',
    'a+blob',
    'a*',
    'a>',
  ];
  test('bad names are refused, and nothing is made of them', async ({ depot }) => {
    for (const name of [...bad, 'x'.repeat(201), 'x/'.repeat(300)]) {
      const bytes = seededBytes(1, 1);
      const attempts = [
        () => depot.put(name, bytes),
        () => collect(depot.get(name)),
        () => depot.stat(name),
        () => depot.delete(name),
      ];
      for (const attempt of attempts) assert.is((await failureOf(attempt())).code, 'INVALID_NAME', name);
    }
    assert.is((await failureOf(depot.list('a b'))).code, 'INVALID_NAME');
  });

  test('a blob is read by many at once', async ({ depot, other }) => {
    const bytes = seededBytes(2_500_000, 8);
    await depot.put('many/readers', bytes);
    const readers = Array.from({ length: 8 }, (_, turn) => collect((turn % 2 ? depot : other).get('many/readers')));
    for (const read of await Promise.all(readers)) assert.ok(sameBytes(read, bytes));
  });

  test('a reader that stops half-way leaves nothing open', async ({ depot }) => {
    await depot.put('half/read', seededBytes(12 * MIB, 9));
    let seen = 0;
    for await (const piece of depot.get('half/read')) {
      seen += piece.length;
      if (seen > MIB) break;
    }
    assert.ok(seen > MIB && seen < 12 * MIB);
  });

  test('progress is told in rising numbers up to the whole', async ({ depot }) => {
    const bytes = seededBytes(3_000_000, 10);
    const put: TransferProgress[] = [];
    const got: TransferProgress[] = [];
    await depot.put('progress/blob', bytes, { onProgress: (progress) => put.push(progress) });
    await collect(depot.get('progress/blob', { onProgress: (progress) => got.push(progress) }));
    for (const told of [put, got]) {
      const done = told.map(({ doneBytes }) => doneBytes);
      assert.equal(
        done.toSorted((a, b) => a - b),
        done,
      );
      assert.equal(told.at(-1), { doneBytes: 3_000_000, totalBytes: 3_000_000 });
    }
    assert.ok(got.length > 1);
  });

  test('a blob over the limit is neither stored nor read', async ({ depot, countUnfinished }) => {
    const before = await countUnfinished();
    const bytes = seededBytes(1_200_000, 11);
    const limit = { maxBytes: 1_199_999 };
    for (const source of [bytes, piecesOf(bytes, 100_000)])
      assert.is((await failureOf(depot.put('limited', source, limit))).code, 'PAYLOAD_TOO_LARGE');
    await depot.put('limited', piecesOf(bytes, 100_000), { maxBytes: 1_200_000 });
    assert.is((await failureOf(collect(depot.get('limited', limit)))).code, 'PAYLOAD_TOO_LARGE');
    assert.is(await countUnfinished(), before);
  });

  test('a deadline or an abort ends whatever is under way', async ({ depot }) => {
    async function* never(): AsyncGenerator<Uint8Array> {
      yield seededBytes(10, 1);
      await new Promise(() => {});
    }
    assert.is((await failureOf(depot.put('late/put', never(), { withinMs: 30 }))).code, 'DEADLINE_EXCEEDED');
    await depot.put('late/get', seededBytes(12 * MIB, 12));
    const abort = new AbortController();
    const readHalf = async (): Promise<void> => {
      for await (const piece of depot.get('late/get', { signal: abort.signal }))
        if (piece.length > 0) abort.abort(new Error('enough'));
    };
    await assertRejects(readHalf(), 'enough');
    const aborted = { signal: abort.signal };
    const attempts = [
      () => depot.put('late/a', seededBytes(1, 1), aborted),
      () => collect(depot.get('late/get', aborted)),
      () => depot.stat('late/get', aborted),
      () => depot.list('', aborted),
      () => depot.delete('late/get', aborted),
      () => depot.sweep(0, aborted),
    ];
    for (const attempt of attempts) await assertRejects(attempt(), 'enough');
    assert.equal(await depot.list('late/'), ['late/get']);
  });

  test('a sweep takes what dead uploads left, and nothing that is in use or young', async (context) => {
    const { depot, other, countUnfinished } = context;
    const bytes = seededBytes(9 * MIB, 13);
    await depot.put('swept/kept', bytes);
    const abort = new AbortController();
    async function* source(): AsyncGenerator<Uint8Array> {
      yield bytes;
      assert.ok((await countUnfinished()) >= 1);
      assert.is(await other.sweep(3_600_000), 0);
      assert.ok((await countUnfinished()) >= 1);
      assert.ok((await other.sweep(0)) >= 1);
      assert.is(await countUnfinished(), 0);
      yield bytes;
    }
    // an upload whose bytes were swept away under it must not pass for stored
    assert.ok((await failureOf(depot.put('swept/away', source(), { signal: abort.signal }))) instanceof CoppiceError);
    assert.is((await failureOf(depot.stat('swept/away'))).code, 'NOT_FOUND');
    assert.ok(sameBytes(await collect(other.get('swept/kept')), bytes));
  });
}

async function assertRejects(work: Promise<unknown>, message: string): Promise<void> {
  let failure: unknown;
  try {
    await work;
  } catch (error) {
    failure = error;
  }
  assert.ok(failure instanceof Error && failure.message === message, `expected "${message}", got ${String(failure)}`);
}
