/**
 * Cuts a stream of bytes into lines with their numbers, whatever the sizes of its chunks. Lines keep their bytes, so
 * that those which fail can be kept as they were.
 */

/** One line. `endByte` is the position after it, in bytes of the stream. */
export type Line = { readonly number: number; readonly bytes: Uint8Array; readonly endByte: number };

/** A longer line is cut here: no document may be that large, and memory must not depend on the input. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Yields the lines of a stream, without their ends. A line of more than `MAX_LINE_BYTES` comes cut to one byte more. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let number = 0;
  let position = 0;
  const keep = (bytes: Uint8Array): void => {
    const room = MAX_LINE_BYTES + 1 - pendingBytes;
    if (bytes.length === 0 || room <= 0) return;
    pending.push(bytes.subarray(0, room));
    pendingBytes += Math.min(room, bytes.length);
  };
  const take = (endByte: number): Line => {
    number += 1;
    const bytes = withoutReturn(pending.length === 1 && pending[0] !== undefined ? pending[0] : Buffer.concat(pending));
    pending = [];
    pendingBytes = 0;
    return { number, bytes, endByte };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      keep(chunk.subarray(start, end));
      start = end + 1;
      yield take(position + start);
    }
    keep(chunk.subarray(start));
    position += chunk.length;
  }
  if (pendingBytes > 0) yield take(position);
}

function withoutReturn(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
}
