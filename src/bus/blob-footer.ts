/**
 * How folders and S3 keep a blob: its bytes, then a footer of 48 bytes with its size and checksum. Being part of the
 * same file or object, the checksum is there exactly when the blob is, and a cut file has none.
 *
 * ```
 * offset  bytes  what
 *      0      8  `COPBLOB1`, in ASCII
 *      8      8  size of the blob without the footer, in bytes, little-endian
 *     16     32  SHA-256 of the blob without the footer
 * ```
 */
import { type BlobSource, type BlobStat, corruptBlob } from './depot.ts';
import type { Transfer } from './transfer.ts';

/** Length of the footer. */
export const FOOTER_BYTES = 48;

const MAGIC = new TextEncoder().encode('COPBLOB1');
const SIZE_AT = 8;
const DIGEST_AT = 16;

/** Writes the footer of a blob. */
export function encodeFooter(sizeBytes: number, digest: Uint8Array): Uint8Array {
  const footer = new Uint8Array(FOOTER_BYTES);
  footer.set(MAGIC);
  new DataView(footer.buffer).setBigUint64(SIZE_AT, BigInt(sizeBytes), true);
  footer.set(digest, DIGEST_AT);
  return footer;
}

/**
 * Reads the footer of a blob.
 *
 * @param footer The last bytes of what is stored: 48 of them, fewer only if there are no more.
 * @param storedBytes Length of what is stored, footer included.
 * @throws CoppiceError `CORRUPT_BLOB` if it is no footer, or of a blob of another size.
 */
export function decodeFooter(name: string, footer: Uint8Array, storedBytes: number): BlobStat {
  if (footer.length < FOOTER_BYTES) throw corruptBlob(name, `it has only ${storedBytes} bytes`);
  if (!MAGIC.every((byte, at) => footer[at] === byte)) throw corruptBlob(name, 'its end is missing');
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength);
  const sizeBytes = Number(view.getBigUint64(SIZE_AT, true));
  if (sizeBytes !== storedBytes - FOOTER_BYTES)
    throw corruptBlob(name, `it has ${storedBytes - FOOTER_BYTES} bytes instead of ${sizeBytes}`);
  return { name, sizeBytes, sha256: hexOf(footer.subarray(DIGEST_AT)) };
}

/** The bytes of a blob and then its footer. When the last piece is out, `transfer` has seen the whole blob. */
export async function* withFooter(source: BlobSource, transfer: Transfer): AsyncGenerator<Uint8Array> {
  for await (const piece of source instanceof Uint8Array ? [source] : source) {
    transfer.take(piece);
    yield piece;
  }
  yield encodeFooter(transfer.sizeBytes, transfer.digest());
}

/**
 * Hands out the bytes of a blob without the footer, and ends only if they are what the footer says.
 *
 * @param stored All of the blob and its footer, in pieces.
 * @param storedBytes How many bytes that should be.
 * @throws CoppiceError `CORRUPT_BLOB`.
 */
export async function* withoutFooter(
  blob: { readonly name: string; readonly storedBytes: number },
  stored: AsyncIterable<Uint8Array>,
  transfer: Transfer,
): AsyncGenerator<Uint8Array> {
  const { name, storedBytes } = blob;
  const sizeBytes = storedBytes - FOOTER_BYTES;
  const footer = new Uint8Array(FOOTER_BYTES);
  let seen = 0;
  for await (const piece of stored) {
    const bytes = piece.subarray(0, Math.max(0, sizeBytes - seen));
    const tail = piece.subarray(bytes.length);
    const at = seen + bytes.length - sizeBytes;
    seen += piece.length;
    if (seen > storedBytes) throw corruptBlob(name, `more than ${storedBytes} bytes came`);
    if (tail.length > 0) footer.set(tail, at);
    if (bytes.length === 0) continue;
    transfer.take(bytes);
    transfer.report(transfer.sizeBytes);
    yield bytes;
  }
  if (seen < storedBytes) throw corruptBlob(name, `only ${seen} of ${storedBytes} bytes came`);
  const { sha256 } = decodeFooter(name, sizeBytes < 0 ? new Uint8Array(0) : footer, storedBytes);
  if (hexOf(transfer.digest()) !== sha256) throw corruptBlob(name, 'its checksum is not that of its bytes');
}

/** Bytes as hexadecimal digits in lower case. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
