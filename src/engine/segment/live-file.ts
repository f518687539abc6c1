/** Which documents of a segment are live, as a small file of its own: see docs/segment-format.md. */
import { crc32 } from 'node:zlib';
import type { Store } from '../store/store.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { corrupt, unsupported } from './corrupt.ts';
import type { LiveDocuments } from './live-documents.ts';
import { VERSION } from './sections.ts';

const LIVE_MAGIC = 0x65_76_69_6c;
/** Bytes before the bitmap, and behind it. */
const HEAD_BYTES = 20;
const TAIL_BYTES = 4;

/** Writes a file of live documents. `identity` is that of the segment. */
export function writeLiveFile(store: Store, name: string, live: LiveDocuments, identity: number): void {
  const out = new ByteWriter();
  for (const value of [LIVE_MAGIC, VERSION, identity, live.docCount, live.deletedCount]) out.u32(value);
  out.raw(new Uint8Array(live.words.buffer, live.words.byteOffset, live.words.byteLength));
  out.u32(crc32(out.bytes));
  const file = store.create(name);
  try {
    file.write(out.bytes);
    file.finish();
  } catch (error) {
    file.abort();
    throw error;
  }
}

/**
 * Reads a file of live documents.
 *
 * @returns The ordinals that are deleted there.
 * @throws CoppiceError `CORRUPT_SEGMENT` if it is damaged or of another segment.
 */
export function readLiveFile(
  store: Store,
  name: string,
  docCount: number,
  wordCount: number,
  identity: number,
): Uint32Array {
  const fail = (problem: string) => corrupt(name, 'live documents', problem);
  const bytes = readAll(store, name, HEAD_BYTES + 4 * wordCount + TAIL_BYTES, fail);
  const input = new ByteReader(bytes, fail);
  if (input.u32() !== LIVE_MAGIC) throw fail('this is no file of live documents');
  const version = input.u32();
  if (version !== VERSION) throw unsupported(name, version);
  const [owner, documents, deletedCount] = [input.u32(), input.u32(), input.u32()];
  const words = Uint32Array.from({ length: wordCount }, () => input.u32());
  if (input.u32() !== crc32(bytes.subarray(0, bytes.length - TAIL_BYTES))) throw fail('its checksum is wrong');
  if (owner !== identity || documents !== docCount) throw fail('it is of another segment');
  const deleted: number[] = [];
  words.forEach((word, i) => {
    const inside = Math.max(0, Math.min(32, docCount - 32 * i));
    if (inside < 32 && word >= 2 ** inside) throw fail('it has documents past the end');
    for (let bit = 0; bit < inside; bit++) if (((word >>> bit) & 1) === 0) deleted.push(32 * i + bit);
  });
  if (deleted.length !== deletedCount) throw fail(`${deleted.length} documents are deleted, not ${deletedCount}`);
  return Uint32Array.from(deleted);
}

function readAll(store: Store, name: string, length: number, fail: (problem: string) => Error): Uint8Array {
  const file = store.open(name);
  try {
    if (file.size !== length) throw fail(`it has ${file.size} bytes, not ${length}`);
    const bytes = new Uint8Array(length);
    file.read(0, bytes);
    return bytes;
  } finally {
    file.close();
  }
}
