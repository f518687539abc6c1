/** What documents, ids, places and options must be; values of fields are checked where they are indexed. */
import { CoppiceError } from '../../errors.ts';
import type { EngineDocument } from '../engine.ts';
import { between, ensure, isCount, isFlag, isText, objectOf, recordOf, shown, wholeFrom } from './checks.ts';

/** Throws CoppiceError `BAD_REQUEST` for a document without an id, its numbers, or lists of values. */
export function checkDocument(document: EngineDocument): void {
  if (typeof document !== 'object' || document === null)
    throw bad(`a document must be an object, got ${shown(document)}`);
  const { id, fields, version, seqNo, primaryTerm, position } = document;
  checkId(id);
  checkNumber(id, 'version', version);
  checkNumber(id, 'seqNo', seqNo);
  checkNumber(id, 'primaryTerm', primaryTerm);
  checkNumber(id, 'position', position);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw bad(`document \`${id}\`: fields must be an object, got ${shown(fields)}`);
  for (const name in fields) {
    const values: unknown = fields[name];
    if (!Array.isArray(values))
      throw bad(`document \`${id}\`: field \`${name}\` must be a list of values, got ${shown(values)}`);
  }
}

/** Throws CoppiceError `BAD_REQUEST` for an id that is no string. */
export function checkId(id: unknown): void {
  if (typeof id !== 'string') throw bad(`the id of a document must be a string, got ${typeof id}`);
}

/** Throws CoppiceError `BAD_REQUEST` for what cannot be the ordinal of a document. */
export function checkOrdinal(ordinal: number, end: number): void {
  if (!Number.isSafeInteger(ordinal) || ordinal < 0 || ordinal >= end)
    throw bad(`no document has ordinal ${shown(ordinal)}`);
}

/**
 * The source of a document as JSON: what the caller has, or made of `source`.
 *
 * @throws CoppiceError `BAD_REQUEST` if it has none: it holds itself, nests too deep, or holds what JSON cannot express.
 */
export function sourceJson({ id, source, sourceJson: given }: EngineDocument): string {
  if (typeof given === 'string') return given;
  if (given !== undefined) throw bad(`document \`${id}\`: sourceJson must be a string, got ${shown(given)}`);
  let json: string | undefined;
  try {
    json = JSON.stringify(source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : shown(cause);
    throw new CoppiceError('BAD_REQUEST', `document \`${id}\`: the source is not JSON: ${reason}`, { cause });
  }
  if (json === undefined) throw bad(`document \`${id}\`: the source is not JSON: got ${shown(source)}`);
  return json;
}

const isField = objectOf(
  { type: isText },
  { analyzer: isText, searchAnalyzer: isText, positionIncrementGap: isCount, offsets: isFlag },
);

/** Throws CoppiceError `BAD_REQUEST` for what is no schema; whether types exist and agree is seen when fields are added. */
export function checkSchema(schema: unknown): void {
  const isSchema = recordOf((field) => (typeof field === 'string' ? undefined : isField(field)));
  ensure('schema', schema, isSchema);
}

/** Throws CoppiceError `BAD_REQUEST` for numbers that no engine can work with. */
export function checkOptions(options: Readonly<Record<string, unknown>>): void {
  const positive = between(1, Number.MAX_VALUE);
  const checks = {
    k1: between(0, Number.MAX_VALUE),
    b: between(0, 1),
    headDocuments: positive,
    headBytes: positive,
    mergeFactor: wholeFrom(2),
    maxSegmentBytes: positive,
    maxDeletedShare: between(0, 1),
    kernel: isFlag,
  };
  for (const [name, check] of Object.entries(checks))
    if (options[name] !== undefined) ensure(name, options[name], check);
}

/** Throws CoppiceError `BAD_REQUEST` unless it is a number of segments. */
export function checkSegmentCount(count: number): void {
  ensure('maxSegments', count, wholeFrom(0));
}

function checkNumber(id: string, name: string, value: number): void {
  if (!Number.isFinite(value)) throw bad(`document \`${id}\`: ${name} must be a number, got ${shown(value)}`);
}

function bad(message: string): CoppiceError {
  return new CoppiceError('BAD_REQUEST', message);
}
