/** What a loader reads: documents, or lines that hold none, with the place they stood at. */
import { type Line, MAX_LINE_BYTES } from './lines.ts';

/** A document to load, or why there is none. `share` is how much of the source has been read up to here. */
export type SourceItem = {
  readonly line: number;
  /** As it stood in the file. */
  readonly raw: Uint8Array;
  readonly share: number | undefined;
} & ({ readonly id: string | undefined; readonly doc: Readonly<Record<string, unknown>> } | { readonly error: string });

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Reads documents out of lines; blank lines are passed over.
 *
 * @param idField Field that holds the id; a document without it gets one.
 * @param sizeBytes Size of the whole source, where it is known.
 */
export async function* documentsOf(
  lines: AsyncIterable<Line>,
  idField: string,
  sizeBytes: number | undefined,
): AsyncGenerator<SourceItem> {
  for await (const line of lines) {
    const share = sizeBytes === undefined || sizeBytes === 0 ? undefined : Math.min(1, line.endByte / sizeBytes);
    const read = readLine(line.bytes, idField);
    if (read !== undefined) yield { line: line.number, raw: line.bytes, share, ...read };
  }
}

type Read =
  | { readonly id: string | undefined; readonly doc: Readonly<Record<string, unknown>> }
  | { readonly error: string };

/** Reads one line; undefined if it is blank. */
function readLine(bytes: Uint8Array, idField: string): Read | undefined {
  if (bytes.length > MAX_LINE_BYTES)
    return { error: `the line is longer than ${MAX_LINE_BYTES} bytes; only its beginning is kept` };
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return { error: 'the line is not UTF-8' };
  }
  return text.trim() === '' ? undefined : readDocument(text, idField);
}

function readDocument(text: string, idField: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { error: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { error: 'not a JSON object' };
  const doc: Readonly<Record<string, unknown>> = { ...value };
  const id = doc[idField];
  if (id === undefined || id === null) return { id: undefined, doc };
  if (typeof id === 'string' && id !== '') return { id, doc };
  if (typeof id === 'number' && Number.isFinite(id)) return { id: String(id), doc };
  return { error: `field \`${idField}\` is no id: expected a number or a text that is not empty` };
}
