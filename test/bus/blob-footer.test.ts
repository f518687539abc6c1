/** The footer of a stored blob: found whatever the pieces, and never taken for one when anything is off. */
import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeFooter, encodeFooter, FOOTER_BYTES, withoutFooter } from '../../src/bus/blob-footer.ts';
import { Transfer } from '../../src/bus/transfer.ts';
import { collect, piecesOf, sameBytes, seededBytes } from '../support/depot/depot-context.ts';
import { failureOf } from '../support/failure.ts';

const test = suite('bus/blob-footer');
const bytes = seededBytes(300, 1);
const stored = Buffer.concat([bytes, encodeFooter(300, createHash('sha256').update(bytes).digest())]);

test('the format is as documented', () => {
  assert.is(stored.length - bytes.length, FOOTER_BYTES);
  assert.is(stored.toString('latin1', 300, 308), 'COPBLOB1');
  assert.is(stored.readBigUInt64LE(308), 300n);
  assert.is(stored.toString('hex', 316), createHash('sha256').update(bytes).digest('hex'));
});

test('however the stored bytes are cut, the blob comes out', async () => {
  for (let size = 1; size <= stored.length; size += 1)
    assert.ok(sameBytes(await read(stored, stored.length, size), bytes), `pieces of ${size}`);
});

test('every bit counts, and every byte', async () => {
  for (let at = 0; at < stored.length; at += 1) {
    const damaged = Uint8Array.from(stored);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    assert.is((await failureOf(read(damaged, damaged.length, 100))).code, 'CORRUPT_BLOB', `bit of byte ${at}`);
    const cut = stored.subarray(0, at);
    assert.is((await failureOf(read(cut, at, 100))).code, 'CORRUPT_BLOB', `cut to ${at} bytes`);
    assert.is((await failureOf(read(cut, stored.length, 100))).code, 'CORRUPT_BLOB', `only ${at} bytes came`);
  }
  const longer = Buffer.concat([stored, Uint8Array.of(0)]);
  assert.is((await failureOf(read(longer, longer.length, 100))).code, 'CORRUPT_BLOB');
  assert.is((await failureOf(read(longer, stored.length, 349))).code, 'CORRUPT_BLOB');
});

test('a footer alone tells size and checksum', () => {
  assert.equal(decodeFooter('x', stored.subarray(300), 348), {
    name: 'x',
    sizeBytes: 300,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
});

test.run();

function read(data: Uint8Array, storedBytes: number, pieceBytes: number): Promise<Uint8Array> {
  const transfer = new Transfer('x', {}, undefined);
  return collect(withoutFooter({ name: 'x', storedBytes }, piecesOf(data, pieceBytes), transfer));
}
