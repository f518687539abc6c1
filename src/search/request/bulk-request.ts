/** The body of `bulk`: action lines and documents to a list of writes, each with its own error if it has one. */
import { CoppiceError } from '../../errors.ts';
import { checkId } from '../document.ts';
import { ObjectReader } from '../object-reader.ts';
import { compact, elementPath, isPlainObject, nameAt, pathError, shapeError, unknownNameError } from '../shape.ts';
import { readTimeoutMs } from './common.ts';
import { readContent, readControl, readWaitFor, type WaitFor, type WriteDraft, type WriteOp } from './write-request.ts';

/** One item: a write, or the reason why it is none. `index` is what the item names, else the subject's. */
export type BulkItem = { readonly op: WriteOp; readonly index?: string; readonly id?: string } & (
  | { readonly draft: WriteDraft }
  | { readonly error: CoppiceError }
);

/** A bulk request; items in the order of the body. */
export type BulkRequest = {
  readonly items: readonly BulkItem[];
  readonly timeoutMs?: number;
  readonly waitFor?: WaitFor;
};

/** Most operations of one request. */
export const BULK_LIMITS = { operations: 100_000 } as const;

const META_KEYS = [
  '_id',
  '_index',
  'id',
  'routing',
  'if_seq_no',
  'if_primary_term',
  'retry_on_conflict',
  'require_alias',
  'version',
  'version_type',
];
const META_LATER = ['dynamic_templates', 'pipeline', '_type'];
const UPDATE_KEYS = ['doc', 'upsert', 'doc_as_upsert', 'detect_noop'];
const UPDATE_LATER = ['_source', 'script', 'scripted_upsert', 'lang', 'params'];
const OPS: readonly WriteOp[] = ['index', 'create', 'update', 'delete'];

/**
 * Reads a bulk body: `{"operations":[{"index":{"_id":"1"}},{"title":"…"},{"delete":{"_id":"2"}}]}`.
 *
 * @param index The index of the subject; an item that names another one is refused. Without it each item names its own.
 * @throws CoppiceError `PARSING_FAILED` for a list that cannot be divided into operations; what is wrong with one
 * operation alone is an error of its item.
 */
export function parseBulk(body: unknown, index?: string): BulkRequest {
  const reader = ObjectReader.open(body, '', {
    known: ['operations', 'timeout', 'refresh', 'index', 'wait_for'],
    later: ['pipeline', 'wait_for_active_shards'],
  });
  const operations = reader.required('operations', 'a list of action lines and documents');
  if (!Array.isArray(operations)) throw shapeError('operations', 'a list of action lines and documents', operations);
  if (operations.length === 0)
    throw pathError('operations', 'expected at least one operation, got none', 'at least one operation');
  const lines: readonly unknown[] = operations;
  const items: BulkItem[] = [];
  for (let at = 0; at < lines.length; at += items.at(-1)?.op === 'delete' ? 1 : 2)
    items.push(readItem(lines, at, index));
  if (items.length > BULK_LIMITS.operations)
    throw new CoppiceError(
      'PAYLOAD_TOO_LARGE',
      `bulk of ${items.length} operations, at most ${BULK_LIMITS.operations} are allowed`,
    );
  return compact({ items, timeoutMs: readTimeoutMs(reader), waitFor: readWaitFor(reader) });
}

function readItem(lines: readonly unknown[], at: number, subjectIndex: string | undefined): BulkItem {
  const path = elementPath('operations', at);
  const { op, meta } = readAction(lines[at], path);
  const reader = ObjectReader.open(meta, `${path}.${op}`, { known: META_KEYS, later: META_LATER });
  const index = reader.has('_index')
    ? nameAt(reader.value('_index'), reader.at('_index'), 'the name of an index')
    : subjectIndex;
  if (op !== 'delete' && at + 1 >= lines.length)
    throw pathError(path, `[${op}] is the last line, expected a document after it`, 'a document');
  const idKey = reader.has('_id') ? '_id' : 'id';
  const rawId = reader.value(idKey);
  const named = compact({
    op,
    index,
    id: typeof rawId === 'string' || typeof rawId === 'number' ? String(rawId) : undefined,
  });
  try {
    checkIndex(index, subjectIndex, path);
    return {
      ...named,
      draft: readDraft({
        op,
        reader,
        id: rawId === null ? undefined : rawId,
        content: lines[at + 1],
        contentPath: elementPath('operations', at + 1),
      }),
    };
  } catch (error) {
    if (error instanceof CoppiceError) return { ...named, error };
    throw error;
  }
}

function readAction(line: unknown, path: string): { op: WriteOp; meta: unknown } {
  if (!isPlainObject(line)) throw shapeError(path, 'an action line such as {"index":{"_id":"1"}}', line);
  const [name, other] = Object.keys(line);
  if (name === undefined || other !== undefined)
    throw pathError(
      path,
      `expected one action, got ${name === undefined ? 'none' : `[${name.slice(0, 60)}] and [${String(other).slice(0, 60)}]`}`,
      `one of [${OPS.join(', ')}]`,
    );
  const op = OPS.find((candidate) => candidate === name);
  if (op === undefined) throw unknownNameError({ path, what: 'action', name }, { known: OPS });
  return { op, meta: line[op] };
}

function checkIndex(index: string | undefined, subjectIndex: string | undefined, path: string): void {
  if (index === undefined) throw new CoppiceError('BAD_REQUEST', `${path}: an index is missing: give [_index]`);
  if (subjectIndex !== undefined && index !== subjectIndex)
    throw new CoppiceError(
      'BAD_REQUEST',
      `${path}: [_index] names [${index}], but the request is for [${subjectIndex}]`,
    );
}

type RawItem = {
  readonly op: WriteOp;
  readonly reader: ObjectReader;
  readonly id: unknown;
  readonly content: unknown;
  readonly contentPath: string;
};

function readDraft({ op, reader, id, content, contentPath }: RawItem): WriteDraft {
  if (id === undefined && (op === 'update' || op === 'delete'))
    throw pathError(reader.at('_id'), 'expected the id of a document, got nothing', 'the id of a document');
  const base = compact({ op, id: id === undefined ? undefined : checkId(id), ...readControl(op, reader) });
  if (op === 'delete') return base;
  const body = op === 'update' ? content : { doc: content ?? null };
  return {
    ...base,
    ...readContent(
      op,
      ObjectReader.open(
        body,
        contentPath,
        op === 'update' ? { known: UPDATE_KEYS, later: UPDATE_LATER } : { known: ['doc'] },
      ),
    ),
  };
}
